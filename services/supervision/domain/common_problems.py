"""共性问题: the office proposes, the committee confirms (A24); an own result is still needed."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from shared.contracts.base import Decision
from shared.contracts.supervision import CommonProblemConfirmed, CommonProblemProposed
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError

CONFIRMING_FORUM = "committee"


class NotCommonError(RefusedError):
    """A problem of one unit is not common to several."""

    code = "not-common"
    title = "A common problem stands in two units at least"


class NotConfirmableError(RefusedError):
    code = "not-confirmable"
    title = "The committee confirms a proposal once"


class NotConfirmedError(RefusedError):
    code = "not-confirmed"
    title = "The common problem is not confirmed"


class CommonProblem(Aggregate):
    """One common problem under its number."""

    KIND = "common-problem"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.is_confirmed = False

    def propose(self, title: str, unit_of: Mapping[str, str]) -> Self:
        """Propose it; `unit_of` names the unit of each member problem."""
        units = sorted(set(unit_of.values()))
        if len(units) < 2:
            raise NotCommonError("all of them stand in one unit", common_no=self.key)
        self.record(
            CommonProblemProposed(
                common_no=self.key, title=title, problem_nos=sorted(unit_of), units=units
            )
        )
        return self

    def confirm(self, decision: Decision, today: date) -> None:
        """Confirm it, by a decision of the committee."""
        if self.is_confirmed:
            raise NotConfirmableError("it is confirmed", common_no=self.key)
        if decision.forum != CONFIRMING_FORUM or decision.decided_on > today:
            raise NotConfirmableError("no decision of the committee", common_no=self.key)
        self.record(
            CommonProblemConfirmed(common_no=self.key, confirmed_on=today, decision=decision)
        )

    def require_confirmed(self) -> None:
        """Raises NotConfirmedError."""
        if not self.is_confirmed:
            raise NotConfirmedError("it is only proposed", common_no=self.key)

    @applies(CommonProblemProposed)
    def _proposed(self, _: CommonProblemProposed) -> None:
        self.is_confirmed = False

    @applies(CommonProblemConfirmed)
    def _confirmed(self, _: CommonProblemConfirmed) -> None:
        self.is_confirmed = True
