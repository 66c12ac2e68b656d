"""Where each stream of a log stands: versions, the hash of the record before, causes."""

from shared.export.verification.findings import BrokenError
from shared.export.verification.reading import Item


class Streams:
    """Follows the streams of a log. `is_whole`: the first record of each must be here."""

    def __init__(self, *, is_whole: bool = True) -> None:
        self._is_whole = is_whole
        self._last: dict[str, tuple[int, str]] = {}
        self._causes: set[bytes] = set()

    def follow(self, item: Item) -> None:
        """Take the next record of a stream; raises BrokenError when it does not follow."""
        stream, version = item.stream, item.version
        known = self._last.get(stream)
        self._last[stream] = (version, item.digest)
        if known is None:
            if self._is_whole and (version, item.prev) != (1, ""):
                raise BrokenError("chain-start", f"{stream} begins with version {version}")
        elif version != known[0] + 1:
            raise BrokenError("chain-version", f"{stream} goes from {known[0]} to {version}")
        elif item.prev != known[1]:
            raise BrokenError("chain-prev", f"{stream} version {version} follows another record")
        if not item.is_at_its_place:
            raise BrokenError("wrong-id", f"{stream} version {version} has another record's id")
        self._follow_cause(item)

    def _follow_cause(self, item: Item) -> None:
        """An id has one place: named as a cause before, its record stands after its effect."""
        if item.id.encode() in self._causes:
            raise BrokenError("cause-later", f"{item.stream}: its effect stands before it")
        if item.causation:
            self._causes.add(item.causation.encode())
