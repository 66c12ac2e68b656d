"""Replay (V7): the recorded state roots, computed again from the records."""

import re
from collections.abc import Iterable
from sys import intern
from typing import Any

from shared.reducers import REDUCER, Replay, StateMap
from shared.verifier.errors import BrokenError
from shared.verifier.records import facts_digest

STATE_RECORDED = "log.state-recorded"
_MARK = b'"type":"log.state-recorded"'
_ROOT = re.compile(r"[0-9a-f]{64}")


def may_record_a_state(raw: bytes) -> bool:
    """Return whether these bytes can hold a `log.state-recorded` event."""
    return _MARK in raw


def recorded_size(record: dict[str, Any]) -> int:
    """Return the number of leaves that a recorded state covers; raises BrokenError."""
    size, root = record["data"].get("size"), record["data"].get("state_root")
    is_root = isinstance(root, str) and _ROOT.fullmatch(root)
    if type(size) is not int or size < 0 or not is_root:
        raise BrokenError("not-a-state", "a recorded state lacks its size or its root")
    return size


class States:
    """All streams of one log on their way, and the roots at the sizes that were recorded."""

    def __init__(self, wanted: Iterable[int]) -> None:
        self._wanted = sorted(dict.fromkeys(wanted), reverse=True)
        self._streams: dict[str, Replay] = {}
        self._changed: dict[str, Replay] = {}
        self._map = StateMap()
        self._roots: dict[int, tuple[str, int]] = {}
        self.compared: list[int] = []

    def take(self, index: int, raw: bytes, record: dict[str, Any], head: bytes) -> None:
        """Take the record at this index; raises BrokenError when it has no sense as an event."""
        self.reach(index)
        stream, record["type"] = record["stream"], intern(record["type"])
        replay = self._streams.get(stream)
        if replay is None:
            replay = self._streams[stream] = Replay(record["service"], stream)
        self._changed[stream] = replay
        try:
            replay.take(record, head, facts_digest(raw, record))
        except (TypeError, ValueError, OverflowError):
            raise BrokenError("not-replayable", f"{stream} cannot be replayed") from None

    def reach(self, size: int) -> None:
        """Compute the root if a state was recorded at this size."""
        if self._wanted and self._wanted[-1] <= size:
            wanted = self._wanted.pop()
            for stream, replay in self._changed.items():
                self._map.put(stream, replay.version, replay.head.hex(), replay.digest())
            self._changed.clear()
            self._roots[wanted] = (self._map.root().hex(), len(self._map))

    def compare(self, record: dict[str, Any], index: int) -> None:
        """Compare a recorded state with what was computed; raises BrokenError."""
        size = recorded_size(record)
        if size > index:
            raise BrokenError("state-of-the-future", f"a state of size {size} stands at {index}")
        root, heads = self._roots.get(size, ("", 0))
        if record["data"]["state_root"] != root or record["data"].get("heads") != heads:
            raise BrokenError("state-differs", f"at size {size} the records give another state")
        self.compared.append(size)


def require_reducer(record: dict[str, Any], trusted: tuple[str, ...], pinned: str) -> bool:
    """Return whether this verifier has the reducers that made a state; raises BrokenError.

    They must be those of the trust note and those that the auditor asked for, where there are any.
    """
    named = record["data"].get("reducer")
    digest = named.get("digest", "") if isinstance(named, dict) else ""
    if (trusted and digest not in trusted) or (pinned and digest != pinned):
        raise BrokenError("reducer-not-trusted", "a state was made by reducers nobody vouches for")
    return bool(digest == REDUCER["digest"])
