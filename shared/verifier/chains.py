"""The chain of each stream: versions without a gap, each record naming the one before (V4)."""

import hashlib
from typing import Any

from shared.verifier.errors import BrokenError
from shared.verifier.records import record_id


class Chains:
    """Where every stream of one log stands, and which events were told as causes."""

    def __init__(self, *, from_the_beginning: bool = True) -> None:
        self._tails: dict[str, tuple[int, bytes]] = {}
        self._is_whole = from_the_beginning
        self._ids: set[int] = set()
        self._awaited: set[int] = set()

    def take(self, raw: bytes, record: dict[str, Any]) -> None:
        """Take a stream's next record; raises BrokenError when it does not follow."""
        stream, version = record["stream"], record["version"]
        before = self._tails.get(stream)
        self._tails[stream] = (version, hashlib.sha256(raw).digest())
        self._require_follows(before, record)
        if record["id"] != record_id(record["service"], stream, version):
            raise BrokenError("wrong-id", f"{stream} version {version} has another record's id")
        self._require_cause(record)

    def _require_follows(self, before: tuple[int, bytes] | None, record: dict[str, Any]) -> None:
        stream, version, prev = record["stream"], record["version"], record["prev"]
        if before is None:
            if self._is_whole and (version != 1 or prev):
                raise BrokenError("chain-start", f"{stream} begins with version {version}")
            return
        if version != before[0] + 1:
            raise BrokenError("chain-version", f"{stream} goes from {before[0]} to {version}")
        if prev != before[1].hex():
            raise BrokenError("chain-prev", f"{stream} version {version} follows another record")

    def _require_cause(self, record: dict[str, Any]) -> None:
        """A cause of the same log stands before its effect; one of another log is not looked up."""
        own = _short(record["id"])
        self._ids.add(own)
        if own in self._awaited:
            raise BrokenError("cause-later", f"{record['stream']}: an effect stands before it")
        if record["causation"]:
            cause = _short(record["causation"])
            if cause not in self._ids:
                self._awaited.add(cause)


def _short(event_id: str) -> int:
    """Sixty-odd bits of an id: enough to find it again, small enough for a million."""
    try:
        return int(event_id[:8] + event_id[9:13] + event_id[-3:], 16)
    except ValueError:
        return -1
