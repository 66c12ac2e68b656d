"""INV-11: the five lists (五份清单) as they are stored are those that the events add up to."""

from services.audit.domain.five_lists import FiveListsOfACase
from services.audit.domain.invariants.base import Invariant
from services.audit.domain.known import Known

STATED = "rectification.five-lists-stated"


class StoredListsAgree(Invariant):
    """Rectification states its stored lists at a position; they are counted again up to there."""

    ID = "INV-11"
    SENTENCE = "The five lists recomputed from events equal the stored projections."

    def __init__(self) -> None:
        super().__init__()
        self._told: list[Known] = []

    def feed(self, one: Known) -> None:
        if one.type == STATED:
            self._stated(one)
        elif one.source == "rectification":
            self._told.append(one)

    def _stated(self, one: Known) -> None:
        self.examine()
        again = FiveListsOfACase.of(self._told, one.data["position"]).digests()
        differing = [name for name, digest in again.items() if one.data["digests"][name] != digest]
        if differing:
            what = f"stored otherwise than the events tell: {', '.join(differing)}"
            self.broken(one.data["case_no"], what, *self._shown(one), one)

    def _shown(self, stated: Known) -> list[Known]:
        """Return the last event that the stored lists claim to contain."""
        counted = [one for one in self._told if one.position <= stated.data["position"]]
        return sorted(counted, key=lambda one: one.position)[-1:]
