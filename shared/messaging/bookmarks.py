"""Which offsets may be committed: everything below them is finished."""

from collections.abc import Hashable, Mapping

from aiokafka import TopicPartition


class Bookmarks:
    """How far each partition has been handled, and what holds it back."""

    def __init__(self) -> None:
        self._reached: dict[TopicPartition, int] = {}
        self._held: dict[Hashable, tuple[TopicPartition, int]] = {}
        self._committed: dict[TopicPartition, int] = {}

    def reached(self, place: TopicPartition, offset: int) -> None:
        """Everything below this offset is finished or held."""
        self._reached[place] = offset

    def reached_in(self, place: TopicPartition) -> int | None:
        """Return how far the partition has been handled, None when nothing came yet."""
        return self._reached.get(place)

    def hold(self, key: Hashable, place: TopicPartition, offset: int) -> None:
        """What stands at this offset is not finished until `key` is released."""
        known = self._held.get(key)
        if known is None or offset < known[1]:
            self._held[key] = (place, offset)

    def release(self, key: Hashable) -> None:
        self._held.pop(key, None)

    def to_commit(self) -> dict[TopicPartition, int]:
        """Return the lowest unfinished offset of each partition where it has moved."""
        lowest = dict(self._reached)
        for place, offset in self._held.values():
            if place in lowest:
                lowest[place] = min(lowest[place], offset)
        return {p: offset for p, offset in lowest.items() if self._committed.get(p) != offset}

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._committed.update(offsets)

    def clear(self) -> None:
        self._reached.clear()
        self._held.clear()
        self._committed.clear()
