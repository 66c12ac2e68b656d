"""Replay (V7): the recorded state roots, computed again from the records."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from sys import intern
from typing import Any

from shared.reducers import REDUCER, Replay, StateMap
from shared.verifier.errors import BrokenError
from shared.verifier.rows import Row

STATE_RECORDED = "log.state-recorded"
HELD_BACK = 16_384
"""How many records the replay may stay behind: a state is told a little after the records that
it covers, and the replay must not have passed them by then."""

_ROOT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Recorded:
    """What a `log.state-recorded` event says, and where it stands."""

    index: int
    size: int
    root: str
    heads: Any


def recorded_state(index: int, told: dict[str, Any]) -> Recorded:
    """Return what a recorded state says; raises BrokenError."""
    size, root = told.get("size"), told.get("state_root")
    is_root = isinstance(root, str) and _ROOT.fullmatch(root)
    if type(size) is not int or size < 0 or not is_root:
        raise BrokenError("not-a-state", "a recorded state lacks its size or its root")
    return Recorded(index, size, str(root), told.get("heads"))


def follow(replay: Replay, row: Row, head: bytes) -> None:
    """Take a stream's next record; raises BrokenError when it has no sense as an event."""
    try:
        record = {"type": intern(row.type), "version": row.version, "data": row.told}
        replay.take(record, head, row.facts)
    except (TypeError, ValueError, OverflowError):
        raise BrokenError("not-replayable", f"{row.stream} cannot be replayed") from None


class States:
    """All streams of one log on their way, and the roots at the sizes that were recorded.

    Records wait to be replayed until it is known that no state was recorded before them, or
    until too many wait. `wanted` are sizes known beforehand, at which the replay stops anyway.
    """

    def __init__(self, service: str, wanted: Iterable[int] = ()) -> None:
        self._service = service
        self._wanted = sorted(set(wanted), reverse=True)
        self._waiting: deque[tuple[int, Row, bytes]] = deque()
        self._size = 0
        self._streams: dict[str, Replay] = {}
        self._changed: dict[str, Replay] = {}
        self._map = StateMap()
        self._roots: dict[int, tuple[str, int]] = {}

    def take(self, index: int, row: Row, head: bytes) -> None:
        """Let the record at this index wait for its replay."""
        self._waiting.append((index, row, head))

    def catch_up(self) -> Iterator[tuple[int, BrokenError]]:
        """Replay what has waited long enough; yield what cannot be replayed, with its index."""
        if len(self._waiting) > HELD_BACK:
            yield from self.advance(self._waiting[-HELD_BACK][0])

    def reach(self, size: int) -> Iterator[tuple[int, BrokenError]]:
        """Compute the root at this size, unless the replay has passed it."""
        if size >= self._size and size not in self._roots:
            yield from self.advance(size)
            self._compute(size)

    def has_passed(self, size: int) -> bool:
        """Return whether it is too late to compute the root at this size."""
        return size not in self._roots and size < self._size

    def compare(self, recorded: Recorded) -> None:
        """Compare a recorded state with what was computed; raises BrokenError."""
        at = recorded.size
        if self._roots.get(at) != (recorded.root, recorded.heads):
            raise BrokenError("state-differs", f"at size {at} the records give another state")

    def advance(self, size: int) -> Iterator[tuple[int, BrokenError]]:
        """Replay the records that stand before this size; yield what cannot be replayed."""
        while self._wanted and self._wanted[-1] < size:
            yield from self.reach(self._wanted.pop())
        while self._waiting and self._waiting[0][0] < size:
            index, row, head = self._waiting.popleft()
            try:
                self._replay(row, head)
            except BrokenError as error:
                yield index, error
        self._size = max(self._size, size)

    def _replay(self, row: Row, head: bytes) -> None:
        replay = self._streams.get(row.stream)
        if replay is None:
            replay = self._streams[row.stream] = Replay(self._service, row.stream)
        self._changed[row.stream] = replay
        follow(replay, row, head)

    def _compute(self, size: int) -> None:
        for stream, replay in self._changed.items():
            self._map.put(stream, replay.version, replay.head.hex(), replay.digest())
        self._changed.clear()
        self._roots[size] = (self._map.root().hex(), len(self._map))


def require_reducer(told: dict[str, Any], trusted: tuple[str, ...], pinned: str) -> bool:
    """Return whether this verifier has the reducers that made a state; raises BrokenError.

    They must be those of the trust note and those that the auditor asked for, where there are any.
    """
    named = told.get("reducer")
    digest = named.get("digest", "") if isinstance(named, dict) else ""
    if (trusted and digest not in trusted) or (pinned and digest != pinned):
        raise BrokenError("reducer-not-trusted", "a state was made by reducers nobody vouches for")
    return bool(digest == REDUCER["digest"])
