"""Tells the whole sample: the city is founded, then round after round, case beside case."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.cli.sample import closing, feeding_back, rectifying
from shared.cli.sample.city import City, Problem, Round
from shared.cli.sample.founding import each, found_city, steps
from shared.cli.sample.player import Player
from shared.kernel.clock import Clock

Told = Callable[[str, int], None]


@dataclass(frozen=True)
class Story:
    """`told` hears, for every step, in which act it was."""

    player: Player
    city: City
    clock: Clock
    told: Told

    def acts(self) -> dict[str, int]:
        """Return the acts in order, each with its number of steps."""
        cases, problems = len(self.city.cases), len(self.city.problems)
        return {
            "founding the city": steps(self.city),
            "finding problems": cases,
            "feeding back": cases,
            "planning": cases,
            "rectifying, supervising, closing": problems,
        }

    def tell(self) -> None:
        """Play everything through the public interfaces; raises what the services refuse."""
        threads = self.city.scale.threads
        found_city(self.player, self.city, threads, lambda: self.told("founding the city", 1))
        for round_ in self.city.rounds:
            self._tell_round(round_)

    def _tell_round(self, round_: Round) -> None:
        feeding_back.open_round(self.player, round_)
        self._act("finding problems", feeding_back.find_problems, round_)
        self._act("feeding back", feeding_back.issue_feedback, round_)
        self._act("planning", rectifying.plan_case, round_)
        each(
            lambda case: feeding_back.settle_leads(self.player, case),
            round_.cases,
            self.city.scale.threads,
        )
        cases = {case.no: case for case in round_.cases}

        def played(problem: Problem) -> None:
            closing.play(self.player, cases[problem.case_no], problem, self.clock)
            self.told("rectifying, supervising, closing", 1)

        problems = [problem for case in round_.cases for problem in case.problems]
        last = [problem for problem in problems if problem.fate.is_last]
        each(
            played,
            [problem for problem in problems if not problem.fate.is_last],
            self.city.scale.threads,
        )
        each(played, last, self.city.scale.threads)

    def _act(self, name: str, act: Callable[..., None], round_: Round) -> None:
        def played(case: object) -> None:
            act(self.player, case)
            self.told(name, 1)

        each(played, round_.cases, self.city.scale.threads)
