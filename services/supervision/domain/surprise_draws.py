"""随机抽取 for a surprise re-check (回马枪): population first, then a seed, by two persons."""

from collections.abc import Sequence
from typing import Self

from shared.contracts.supervision import PopulationFrozen, SurpriseDrawn
from shared.contracts.surprise_draw import ALGORITHM, selection
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor
from shared.kernel.errors import RefusedError


class PopulationTooSmallError(RefusedError):
    code = "population-too-small"
    title = "Nothing is left to chance, or a member stands twice"


class DrawnAlreadyError(RefusedError):
    code = "drawn-already"
    title = "One population is drawn from once"


class SameHandDrawsError(RefusedError):
    """Who fixed the population could choose a seed that suits it."""

    code = "same-hand-draws"
    title = "Another person than the one who froze the population draws"


class SurpriseDraw(Aggregate):
    """One draw under its number (R177)."""

    KIND = "surprise-draw"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.population: list[str] = []
        self.size = 0
        self.frozen_by = ""
        self.is_drawn = False

    def freeze(self, actor: Actor, population: Sequence[str], size: int) -> Self:
        """Fix out of whom so many will be drawn; raises PopulationTooSmallError."""
        members = sorted(set(population))
        if len(members) < len(population) or size >= len(members):
            raise PopulationTooSmallError(f"{size} out of {len(members)}", draw_no=self.key)
        self.record(
            PopulationFrozen(
                draw_no=self.key, population=members, size=size, frozen_by=actor.person_ref
            )
        )
        return self

    def draw(self, actor: Actor, seed: str, seed_source: str) -> None:
        """Let the seed select; raises DrawnAlreadyError, SameHandDrawsError."""
        if self.is_drawn:
            raise DrawnAlreadyError("the selection stands", draw_no=self.key)
        if actor.person_ref == self.frozen_by:
            raise SameHandDrawsError("frozen by the same person", draw_no=self.key)
        self.record(
            SurpriseDrawn(
                draw_no=self.key,
                algorithm=ALGORITHM,
                seed=seed,
                seed_source=seed_source,
                selection=selection(seed, self.population, self.size),
                drawn_by=actor.person_ref,
            )
        )

    @applies(PopulationFrozen)
    def _frozen(self, event: PopulationFrozen) -> None:
        self.population, self.size = event.population, event.size
        self.frozen_by = event.frozen_by

    @applies(SurpriseDrawn)
    def _drawn(self, _: SurpriseDrawn) -> None:
        self.is_drawn = True
