"""Where each problem stood, and since when: the steps of its life, told by its events."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from services.audit.domain.known import Known
from services.audit.domain.life_cycle import STATE_TYPES, LifeCycle
from services.audit.domain.moment import business_date
from services.audit.domain.statistics.problems import ISSUED
from services.audit.domain.statistics.views import View

SETTLED = frozenset({"P3w", "P15", "P16", "P18"})
AGES = ((90, "000-090"), (180, "091-180"), (365, "181-365"))


@dataclass(frozen=True)
class Step:
    """A state, from the fact that led to it until the next one's day (None: it lasts)."""

    state: str
    fact: Known
    until: date | None = None

    @property
    def since(self) -> date:
        return business_date(self.fact)

    def days(self, today: date) -> int:
        """Return how many days the state lasted, or lasts until today."""
        return ((self.until or today) - self.since).days


@dataclass(frozen=True)
class Chain:
    """One issued problem with its steps so far."""

    problem_no: str
    issued: Known
    steps: tuple[Step, ...]
    cycle: int

    @property
    def now(self) -> Step:
        return self.steps[-1]

    @property
    def is_open(self) -> bool:
        """Whether it is neither closed nor withdrawn."""
        return self.now.state not in SETTLED

    @property
    def evidence(self) -> tuple[Known, ...]:
        return (self.issued,) if self.now.fact is self.issued else (self.issued, self.now.fact)

    def age(self, today: date) -> int:
        """Return the days since it was issued."""
        return (today - business_date(self.issued)).days

    def dims(self, view: View) -> dict[str, str]:
        """Return where it belongs, its number, its state and its age band."""
        return view.place(self.issued) | {
            "problem": self.problem_no,
            "state": self.now.state,
            "age": age_band(self.age(view.today)),
        }


def age_band(days: int) -> str:
    return next((name for most, name in AGES if days <= most), "366-")


def chains(view: View) -> Iterator[Chain]:
    """Yield the chain of every problem issued in scope."""
    facts = _facts_by_problem(view)
    for issued in view.of(ISSUED):
        number = issued.data["problem_no"]
        life = LifeCycle()
        steps = tuple(_steps(life, facts[number]))
        yield Chain(number, issued, steps or (Step("P3", issued),), life.cycle)


def _steps(life: LifeCycle, facts: Iterable[Known]) -> list[Step]:
    """Return the steps from the issue on; a withdrawal ends them for good."""
    steps: list[Step] = []
    for fact in facts:
        before = life.state
        life.feed(fact)
        if life.state != before and life.state not in ("P0", "P1", "P2"):
            if steps:
                steps[-1] = Step(steps[-1].state, steps[-1].fact, business_date(fact))
            steps.append(Step(life.state, fact))
        if life.state == "P3w":
            break
    return steps


def _facts_by_problem(view: View) -> defaultdict[str, list[Known]]:
    found: defaultdict[str, list[Known]] = defaultdict(list)
    of_case: defaultdict[str, list[str]] = defaultdict(list)
    for number, case_no in view.case_of_problem.items():
        of_case[case_no].append(number)
    for fact in view.all(*STATE_TYPES):
        for number in _problems_of(fact, of_case):
            found[number].append(fact)
    return found


def _problems_of(fact: Known, of_case: dict[str, list[str]]) -> list[str]:
    if "problem_no" in fact.data:
        return [fact.data["problem_no"]]
    if "problems" in fact.data:
        return [problem["problem_no"] for problem in fact.data["problems"]]
    return of_case.get(fact.data.get("case_no", ""), [])
