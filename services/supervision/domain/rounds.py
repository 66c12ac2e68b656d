"""What supervision does about a round or a change of principal: 一轮一评估, urging of handovers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from services.supervision.domain.case import CaseNotOpenError, SupervisionCase
from services.supervision.domain.instruments import LEADING_GROUP, require_decision
from shared.contracts.base import Decision
from shared.contracts.supervision import (
    CircularIssued,
    HandoverUrged,
    RoundCompletionNoted,
    RoundDuty,
    RoundEvaluated,
    RoundListedOverdue,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError


@dataclass(frozen=True)
class Circular:
    """A circular: its number, its document, the units it praises and those it blames."""

    circular_no: str
    digest: str
    good_units: list[str] = field(default_factory=list)
    poor_units: list[str] = field(default_factory=list)


class OtherRoundError(RefusedError):
    code = "other-round"
    title = "A case belongs to another round, or stands twice"


class NotAPrincipalOfTheUnitError(RefusedError):
    code = "not-a-principal-of-the-unit"
    title = "Only a present or former principal of the unit hands over"


class NothingToHandOverError(RefusedError):
    code = "nothing-to-hand-over"
    title = "No problem of the case is open"


class RoundDutyDoneError(RefusedError):
    code = "round-duty-done"
    title = "A round has one evaluation and one circular"


class NotEvaluatedError(RefusedError):
    code = "not-evaluated"
    title = "The round is evaluated before its circular is issued"


class NotOverdueError(RefusedError):
    code = "not-overdue"
    title = "Nothing about the round is overdue, or it is listed already"


class RoundEvaluation(Aggregate):
    """What is owed about one round: one evaluation, one circular (一轮一评估, 一轮一通报, R209)."""

    KIND = "round-evaluation"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.completed_on: date | None = None
        self.case_nos: list[str] = []
        self.circular_no = ""
        self.listed: list[RoundDuty] = []

    def note_completion(self, completed_on: date) -> Self:
        """Take note that the round is fed back, once."""
        if self.completed_on is None:
            self.record(RoundCompletionNoted(round_no=self.key, completed_on=completed_on))
        return self

    def evaluate(self, cases: Sequence[SupervisionCase], report: str, today: date) -> Self:
        """Record the evaluation over cases of this round, once."""
        if self.case_nos:
            raise RoundDutyDoneError("it is evaluated", round_no=self.key)
        numbers = [case.key for case in cases]
        if not numbers or len(set(numbers)) < len(numbers):
            raise OtherRoundError("name each case once", round_no=self.key)
        for case in cases:
            case.require_opened()
            if case.round_no != self.key:
                raise OtherRoundError("of another round", case_no=case.key)
        self.record(
            RoundEvaluated(round_no=self.key, case_nos=numbers, evaluated_on=today, report=report)
        )
        return self

    def issue_circular(self, circular: Circular, decision: Decision, today: date) -> None:
        """Issue the circular of the evaluated round, once, by the leading group (R194)."""
        if not self.case_nos:
            raise NotEvaluatedError("it is not evaluated", round_no=self.key)
        if self.circular_no:
            raise RoundDutyDoneError("its circular is issued", round_no=self.key)
        require_decision(decision, today, LEADING_GROUP)
        self.record(
            CircularIssued(round_no=self.key, issued_on=today, decision=decision, **vars(circular))
        )

    def list_overdue(self, due: date, today: date) -> None:
        """Put what the round still lacks on the overdue list once `due` has passed (A20)."""
        lacks = self.lacking
        if self.completed_on is None or today <= due or not lacks or lacks == self.listed:
            raise NotOverdueError(f"due by {due}", round_no=self.key)
        self.record(RoundListedOverdue(round_no=self.key, due=due, lacks=lacks))

    @property
    def lacking(self) -> list[RoundDuty]:
        """What is still owed about the round."""
        owed = {RoundDuty.EVALUATION: self.case_nos, RoundDuty.CIRCULAR: self.circular_no}
        return [duty for duty, done in owed.items() if not done]

    @applies(RoundCompletionNoted)
    def _completion_noted(self, event: RoundCompletionNoted) -> None:
        self.completed_on = event.completed_on

    @applies(RoundEvaluated)
    def _evaluated(self, event: RoundEvaluated) -> None:
        self.case_nos = event.case_nos

    @applies(CircularIssued)
    def _circular_issued(self, event: CircularIssued) -> None:
        self.circular_no = event.circular_no

    @applies(RoundListedOverdue)
    def _listed_overdue(self, event: RoundListedOverdue) -> None:
        self.listed = event.lacks


class HandoverUrging(Aggregate):
    """All urges to hand over in one case; the same principal may be urged again (R142)."""

    KIND = "handover-urging"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.urges = 0

    def urge(
        self, case: SupervisionCase, principal: str, principals: set[str], today: date
    ) -> Self:
        """Urge a principal of the unit, present or former, while problems are open."""
        if not case.is_opened:
            raise CaseNotOpenError("nothing was fed back", case_no=case.key)
        if case.is_closed or set(case.problem_nos) <= case.settled:
            raise NothingToHandOverError("everything is settled", case_no=case.key)
        if principal not in principals:
            raise NotAPrincipalOfTheUnitError("never led the unit", case_no=case.key)
        self.record(
            HandoverUrged(
                case_no=self.key,
                unit=case.unit,
                principal=principal,
                urge=self.urges + 1,
                urged_on=today,
            )
        )
        return self

    @applies(HandoverUrged)
    def _urged(self, event: HandoverUrged) -> None:
        self.urges = event.urge
