"""Notices that a partition has been filled anew: then it is read from its beginning again.

Every record says which filling of its topic it belongs to. A bookmark made in another one points
to nowhere in particular; the inbox skips what has been consumed before.
"""

from shared.messaging.inbox import Inbox


class Generations:
    """The generation of each partition that is being read, and those met in this reading."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._stored: dict[tuple[str, int], str] = {}
        self._met: dict[tuple[str, int], set[str]] = {}

    def is_known(self, source: str, partition: int, generation: str, offset: int) -> bool:
        """Return whether reading may go on; False asks for a reading from the beginning.

        It is asked for once for each generation: fillings of two relays may stand mixed.
        """
        place = source, partition
        if place not in self._stored:
            self._stored[place] = self._inbox.generation(source, partition)
        met = self._met.setdefault(place, set())
        if generation == self._stored[place] or generation in met:
            return True
        is_first_met = not met
        met.add(generation)
        if offset == 0 and is_first_met:
            self.remember(source, partition, generation)
        return offset == 0

    def remember(self, source: str, partition: int, generation: str) -> None:
        """The partition is being read from its beginning in this generation."""
        self._inbox.remember_generation(source, partition, generation)
        self._stored[source, partition] = generation

    def clear(self) -> None:
        self._stored.clear()
        self._met.clear()
