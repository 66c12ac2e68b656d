"""What supervision does about a round or a change of principal: 一轮一评估, urging of handovers."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from services.supervision.domain.case import CaseNotOpenError, SupervisionCase
from shared.contracts.supervision import HandoverUrged, RoundEvaluated
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError


class OtherRoundError(RefusedError):
    code = "other-round"
    title = "A case belongs to another round, or stands twice"


class NotAPrincipalOfTheUnitError(RefusedError):
    code = "not-a-principal-of-the-unit"
    title = "Only a present or former principal of the unit hands over"


class NothingToHandOverError(RefusedError):
    code = "nothing-to-hand-over"
    title = "No problem of the case is open"


class RoundEvaluation(Aggregate):
    """The evaluation of one round, once (R209)."""

    KIND = "round-evaluation"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.case_nos: list[str] = []

    def evaluate(self, cases: Sequence[SupervisionCase], report: str, today: date) -> Self:
        """Record the evaluation over cases of this round."""
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

    @applies(RoundEvaluated)
    def _evaluated(self, event: RoundEvaluated) -> None:
        self.case_nos = event.case_nos


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
