"""INV-19: one evaluation and one circular for each round (一轮一评估, 一轮一通报)."""

from datetime import date, datetime, timedelta

from services.audit.domain.due_dates import DueDates
from services.audit.domain.invariants.base import Invariant, Scope, Violation
from services.audit.domain.known import Known
from services.audit.domain.moment import business_date
from shared.kernel.periods import civil_date

FED_BACK = "feedback.round-fed-back"
EVALUATED = "supervision.round-evaluated"
CIRCULATED = "supervision.circular-issued"
LISTED = "supervision.round-listed-overdue"
ROUND_TYPES = (FED_BACK, EVALUATED, CIRCULATED, LISTED)
DUTIES = {"EVALUATION": EVALUATED, "CIRCULAR": CIRCULATED}
PERIOD = "round_evaluation_within"
DAYS_TO_LIST = timedelta(days=1)
"""The overdue list is written on the day after the due date: a round misses it from then on."""


class RoundIsEvaluatedAndCirculated(Invariant):
    """Due by the policy in force when the round was fed back (A20); nothing is owed before."""

    ID = "INV-19"
    SENTENCE = "Every completed round has one evaluation and one circular, or is listed overdue."
    SCOPE = Scope.ROUND

    def __init__(self) -> None:
        super().__init__()
        self._due_dates = DueDates()
        self._told: dict[str, dict[str, list[Known]]] = {}
        self._last: datetime | None = None

    def feed(self, one: Known) -> None:
        self._due_dates.feed(one)
        self._last = max(self._last or one.at, one.at)
        if one.type in ROUND_TYPES:
            of_round = self._told.setdefault(one.data["round_no"], {})
            of_round.setdefault(one.type, []).append(one)
            if one.type == FED_BACK:
                self.examine()

    def violations(self) -> list[Violation]:
        found = []
        for round_no, told in self._told.items():
            found += [self._twice(round_no, told, duty) for duty in DUTIES if _is_twice(told, duty)]
            if missed := self._missed(told):
                what = f"not listed overdue though it lacks {', '.join(missed)}"
                found.append(self._violation(round_no, what, *told.get(FED_BACK, ())))
        return found

    def _twice(self, round_no: str, told: dict[str, list[Known]], duty: str) -> Violation:
        return self._violation(round_no, f"{duty} was done twice", *told[DUTIES[duty]])

    def _missed(self, told: dict[str, list[Known]]) -> list[str]:
        """Return what is overdue and stands on no list."""
        due = self._due(told)
        if due is None or self._today <= due + DAYS_TO_LIST:
            return []
        listed = {duty for one in told.get(LISTED, ()) for duty in one.data["lacks"]}
        return [duty for duty, done in DUTIES.items() if done not in told and duty not in listed]

    def _due(self, told: dict[str, list[Known]]) -> date | None:
        if FED_BACK not in told:
            return None
        return self._due_dates.due(PERIOD, business_date(told[FED_BACK][0]))

    @property
    def _today(self) -> date:
        instant = self.at or self._last
        return civil_date(instant) if instant else date.min

    def _violation(self, round_no: str, what: str, *shown: Known) -> Violation:
        return Violation(self.ID, round_no, what, tuple(one.id for one in shown))


def _is_twice(told: dict[str, list[Known]], duty: str) -> bool:
    return len(told.get(DUTIES[duty], ())) > 1
