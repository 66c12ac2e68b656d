"""The chain of each stream: versions without a gap, each record naming the one before (V4)."""

from shared.verifier.errors import BrokenError
from shared.verifier.rows import Row


class Chains:
    """Where every stream of one log stands, and which events were named as causes."""

    def __init__(self, *, from_the_beginning: bool = True) -> None:
        self._tails: dict[str, tuple[int, str]] = {}
        self._is_whole = from_the_beginning
        self._causes: set[str] = set()

    def take(self, row: Row) -> None:
        """Take a stream's next record; raises BrokenError when it does not follow."""
        stream, version = row.stream, row.version
        before = self._tails.get(stream)
        self._tails[stream] = (version, row.digest)
        if before is None:
            if self._is_whole and (version != 1 or row.prev):
                raise BrokenError("chain-start", f"{stream} begins with version {version}")
        elif version != before[0] + 1:
            raise BrokenError("chain-version", f"{stream} goes from {before[0]} to {version}")
        elif row.prev != before[1]:
            raise BrokenError("chain-prev", f"{stream} version {version} follows another record")
        if not row.has_own_id:
            raise BrokenError("wrong-id", f"{stream} version {version} has another record's id")
        self._take_cause(row)

    def _take_cause(self, row: Row) -> None:
        """A cause of the same log stands before its effect; one of another log is not looked up.

        No place has two records, so an id that was named before it came came too late.
        """
        if row.id in self._causes:
            raise BrokenError("cause-later", f"{row.stream}: an effect stands before it")
        if row.cause:
            self._causes.add(row.cause)
