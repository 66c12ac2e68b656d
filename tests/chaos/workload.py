"""The workload: teams of users play one inspection round after another, until told to stop."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shared.cli.sample import closing, feeding_back, rectifying
from shared.cli.sample.city import Case, City, Fate, Problem, Round, Scale, invent
from shared.cli.sample.founding import each, found_city
from shared.cli.sample.player import StoryStuckError
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import DubanError
from tests.chaos.users import JournalingPlayer

TEAMS = 2
THREADS = 4
UNITS_IN_A_ROUND = 2
PROBLEMS_IN_A_ROUND = 6
FATES = (
    Fate.REOPENED, Fate.CLOSED, Fate.RETURNED, Fate.CLOSED, Fate.FAILED_SECOND, Fate.SHAM,
    Fate.CLOSED, Fate.STAYS_EVALUATED, Fate.CLOSED, Fate.STAYS_RECTIFYING,
)  # fmt: skip


def city_of(rounds: int, seed: int) -> City:
    """Return a city with as many rounds as may be played, of the same small size each."""
    scale = Scale(
        "chaos",
        rounds,
        rounds * UNITS_IN_A_ROUND,
        rounds * PROBLEMS_IN_A_ROUND,
        rounds,
        THREADS,
        0.0,
        FATES,
    )
    return invent(scale, seed)


@dataclass
class Workload:
    """Plays the city's rounds; `broken` names the stories that did not go as they should.

    What a player waits for without end, and any refusal that no story expects, is such a break:
    people do nothing wrong here, so a refusal means that something was lost or done twice.
    """

    player: JournalingPlayer
    city: City
    clock: Clock = field(default_factory=SystemClock)
    stopping: threading.Event = field(default_factory=threading.Event)
    told: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    _next: int = 0
    _changes: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Found the city, then play rounds until told to stop or all are played."""
        if not self._goes_well("the founding", self._found):
            return
        with ThreadPoolExecutor(TEAMS, thread_name_prefix="team") as teams:
            for team in [teams.submit(self._play_rounds) for _ in range(TEAMS)]:
                team.result()

    def _found(self) -> None:
        found_city(self.player, self.city, THREADS, lambda: self._tell("founded"))

    def _play_rounds(self) -> None:
        while (round_ := self._draw()) and not self.stopping.is_set():
            self._goes_well(round_.no, lambda round_=round_: self._play(round_))  # type: ignore[misc]  # binds now
            self._tell("rounds")

    def _draw(self) -> Round | None:
        with self._changes:
            found = self.city.rounds[self._next : self._next + 1]
            self._next += 1
        return found[0] if found else None

    def _play(self, round_: Round) -> None:
        feeding_back.open_round(self.player, round_)
        for act in (feeding_back.find_problems, feeding_back.issue_feedback, rectifying.plan_case):
            each(lambda case, act=act: act(self.player, case), round_.cases, THREADS)  # type: ignore[misc]  # binds now
        each(lambda case: feeding_back.settle_leads(self.player, case), round_.cases, THREADS)
        first = [(case, p) for case in round_.cases for p in case.problems if not p.fate.is_last]
        last = [(case, p) for case in round_.cases for p in case.problems if p.fate.is_last]
        self._close_all(first)
        self._close_all(last)

    def _close_all(self, problems: Sequence[tuple[Case, Problem]]) -> None:
        each(lambda one: self._close(*one), problems, THREADS)

    def _close(self, case: Case, problem: Problem) -> None:
        if self.stopping.is_set():
            return
        played = self._goes_well(
            problem.no, lambda: closing.play(self.player, case, problem, self.clock)
        )
        if played:
            self._tell("problems")

    def _goes_well(self, what: str, play: Callable[[], None]) -> bool:
        try:
            play()
        except StoryStuckError as error:
            self._breaks(what, f"stuck: {error.detail}")
        except DubanError as error:
            self._breaks(what, f"refused: {error.code}: {error.detail}")
        else:
            return True
        return False

    def _breaks(self, what: str, why: str) -> None:
        with self._changes:
            self.broken.append(f"{what}: {why} [{time.strftime('%H:%M:%S')}]")

    def _tell(self, what: str) -> None:
        with self._changes:
            self.told[what] += 1
