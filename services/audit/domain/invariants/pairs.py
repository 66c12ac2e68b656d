"""INV-01 … INV-03: supervision and evaluation come in pairs, in order, by the right hands."""

from services.audit.domain.invariants.base import Invariant
from services.audit.domain.known import Known
from services.audit.domain.unit_history import UnitHistory

STARTED = "supervision.supervision-started"
COMPLETED = "supervision.supervision-completed"
EVALUATED = "supervision.evaluation-finalised"
WAIVED = "supervision.second-round-waived"
CLOSED = "supervision.problem-closed"
NEEDED_PAIRS = 2

PairKey = tuple[str, int, int]


def pair_of(one: Known) -> PairKey:
    """Return problem, cycle and n of a record about a pair."""
    return (one.data["problem_no"], one.data["cycle"], one.data["n"])


class TwoPairsBeforeClosing(Invariant):
    """A problem is closed after two completed pairs of its cycle, or after a waiver."""

    ID = "INV-01"
    SENTENCE = "No problem is closed with fewer than 2 completed pairs in its cycle, unless waived."

    def __init__(self) -> None:
        super().__init__()
        self._supervised: dict[PairKey, Known] = {}
        self._pairs: dict[tuple[str, int], list[Known]] = {}
        self._waived: set[tuple[str, int]] = set()

    def feed(self, one: Known) -> None:
        if one.type == COMPLETED:
            self._supervised[pair_of(one)] = one
        elif one.type == EVALUATED and pair_of(one) in self._supervised:
            self._pairs.setdefault(pair_of(one)[:2], []).append(one)
        elif one.type == WAIVED:
            self._waived.add((one.data["problem_no"], one.data["cycle"]))
        elif one.type == CLOSED:
            self._closed(one)

    def _closed(self, one: Known) -> None:
        self.examine()
        key = (one.data["problem_no"], one.data["cycle"])
        pairs = self._pairs.get(key, [])
        if len(pairs) < NEEDED_PAIRS and key not in self._waived:
            what = f"closed in cycle {key[1]} after {len(pairs)} completed pairs"
            self.broken(key[0], what, *pairs, one)


class PairsInOrder(Invariant):
    """Pair n: supervision, then evaluation, and only then pair n + 1."""

    ID = "INV-02"
    SENTENCE = "Evaluation n comes after supervision n and before supervision n + 1."

    def __init__(self) -> None:
        super().__init__()
        self._completed: set[PairKey] = set()
        self._evaluated: set[PairKey] = set()

    def feed(self, one: Known) -> None:
        if one.type == COMPLETED:
            self._completed.add(pair_of(one))
        elif one.type == EVALUATED:
            self.examine()
            self._evaluated.add(pair_of(one))
            if pair_of(one) not in self._completed:
                self.broken(one.data["problem_no"], "evaluated before supervision was done", one)
        elif one.type == STARTED:
            self._started(one)

    def _started(self, one: Known) -> None:
        self.examine()
        problem_no, cycle, n = pair_of(one)
        if n > 1 and (problem_no, cycle, n - 1) not in self._evaluated:
            self.broken(problem_no, f"supervision {n} began before evaluation {n - 1}", one)


class SecondPairByLinkedOffice(Invariant):
    """Who executes pair 2 and later ones is the office linked to the unit at that time."""

    ID = "INV-03"
    SENTENCE = "Pair 2 and later ones are executed by the office linked to the unit at that time."

    def __init__(self) -> None:
        super().__init__()
        self._unit = UnitHistory()
        self._fed_back: Known | None = None

    def feed(self, one: Known) -> None:
        self._unit.feed(one)
        if one.type == "feedback.feedback-issued":
            self._fed_back = one
        elif one.type == STARTED and one.data["n"] > 1:
            self._started(one)

    def _started(self, one: Known) -> None:
        self.examine()
        linked, shown = self._unit.linked("office", one.at), self._unit.links_shown("office")
        if linked is None and self._fed_back is not None:
            linked, shown = self._fed_back.data["linked_office"], [self._fed_back.id]
        if one.data["executor_org"] != linked:
            what = f"executed by {one.data['executor_org']}, linked was {linked or 'nobody'}"
            self.broken(one.data["problem_no"], what, *shown, one)
