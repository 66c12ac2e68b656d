"""INV-21, INV-22: a plan of coverage sums up, a draw selects what its seed selects."""

from services.audit.domain.invariants.base import Invariant, Scope
from services.audit.domain.known import Known
from shared.contracts.surprise_draw import ALGORITHM, selection

PLANNED = "feedback.coverage-plan-adopted"
FROZEN = "supervision.population-frozen"
DRAWN = "supervision.surprise-drawn"


class CoverageSumsUp(Invariant):
    """Checked on every edition of every term's plan (R035)."""

    ID = "INV-21"
    SENTENCE = "The sum of the coverage categories equals the plan's total."
    SCOPE = Scope.PLAN

    def feed(self, one: Known) -> None:
        if one.type != PLANNED:
            return
        self.examine()
        categories = one.data["categories"]
        planned = sum(category["organisations"] for category in categories)
        if planned != one.data["total"]:
            what = f"the categories sum up to {planned}, the plan says {one.data['total']}"
            self.broken(one.data["term"], what, one)
        if len({category["category"] for category in categories}) < len(categories):
            self.broken(one.data["term"], "a category stands twice", one)


class DrawReplays(Invariant):
    """The population was frozen first, by another person, and the seed gives the selection."""

    ID = "INV-22"
    SENTENCE = "A random draw replays to the same selection from its seed and frozen population."
    SCOPE = Scope.DRAW

    def __init__(self) -> None:
        super().__init__()
        self._frozen: dict[str, list[Known]] = {}
        self._drawn: dict[str, Known] = {}

    def feed(self, one: Known) -> None:
        if one.type == FROZEN:
            self._frozen.setdefault(one.data["draw_no"], []).append(one)
        elif one.type == DRAWN:
            self.examine()
            draw_no = one.data["draw_no"]
            if what := self._wrong(one):
                earlier = [self._drawn[draw_no]] if draw_no in self._drawn else []
                self.broken(draw_no, what, *self._frozen.get(draw_no, ()), *earlier, one)
            self._drawn[draw_no] = one

    def _wrong(self, drawn: Known) -> str:
        """Return what is wrong with a draw, "" when it replays."""
        data = drawn.data
        frozen = self._frozen.get(data["draw_no"], [])
        if len(frozen) != 1:
            return f"drawn from {len(frozen)} frozen populations"
        if data["draw_no"] in self._drawn:
            return "drawn twice from one population"
        if data["drawn_by"] == frozen[0].data["frozen_by"]:
            return "drawn by the person who froze the population"
        if data["algorithm"] != ALGORITHM:
            return f"drawn by an algorithm that is not known: {data['algorithm']}"
        again = selection(data["seed"], frozen[0].data["population"], frozen[0].data["size"])
        return "" if again == data["selection"] else "the seed selects others"
