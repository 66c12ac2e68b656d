"""The five lists as the store holds them, put on record so that anybody can count them again."""

from collections.abc import Mapping
from typing import Self

from shared.contracts.rectification import FiveListsStated
from shared.eventstore.aggregate import Aggregate, applies


class StatedLists(Aggregate):
    """The stream `five-lists/<case_no>`: beside the case, since stating changes nothing of it."""

    KIND = "five-lists"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.position = 0

    def state(self, position: int, entries: int, digests: Mapping[str, str]) -> Self:
        """State what the lists were when the log was projected up to this position."""
        self.record(
            FiveListsStated(
                case_no=self.key, position=position, entries=entries, digests=dict(digests)
            )
        )
        return self

    @applies(FiveListsStated)
    def _stated(self, event: FiveListsStated) -> None:
        self.position = event.position
