"""One stream on its way through its records: small enough that a million events fit in memory."""

import hashlib
from typing import Any

from shared.reducers.canonical import canonical
from shared.reducers.life_cycles import HAS_CYCLES, LIFE_CYCLES, PAIR_COUNTS, Move

_NO_MOVES: dict[str, Move] = {}
_VERSION_BYTES = 8


class Replay:
    """Where a stream stands: life-cycle state, cycle, pairs, version, head, latest facts.

    Of the latest facts of each event type only version and SHA-256 are kept.
    """

    __slots__ = ("_facts", "_moves", "cycle", "head", "kind", "pairs", "service", "state",
                 "stream", "version")  # fmt: skip

    def __init__(self, service: str, stream: str) -> None:
        self.service, self.stream = service, stream
        self.kind = stream.partition("/")[0]
        self.version, self.head = 0, b""
        self.state, self.pairs = "", 0
        self.cycle = HAS_CYCLES.get((service, self.kind), 0)
        self._moves = LIFE_CYCLES.get((service, self.kind), _NO_MOVES)
        self._facts: dict[str, bytes] = {}

    def take(self, record: dict[str, Any], head: bytes, facts: bytes) -> None:
        """Take the stream's next record; `head` is its leaf hash, `facts` SHA-256 of its data."""
        event_type, data = record["type"], record["data"]
        self.version, self.head = record["version"], head
        self._facts[event_type] = self.version.to_bytes(_VERSION_BYTES, "big") + facts
        if self.cycle:
            self._count(event_type, data)
        move = self._moves.get(event_type)
        if move is not None:
            self.state = _state_after(self.state, move, data)

    def _count(self, event_type: str, data: dict[str, Any]) -> None:
        cycle = data.get("cycle", 0)
        if cycle > self.cycle:
            self.cycle, self.pairs = cycle, 0
        counted_in = PAIR_COUNTS.get(event_type)
        if counted_in is not None:
            self.pairs = data.get(counted_in, self.pairs)

    def digest(self) -> str:
        """Return the state digest: SHA-256 over what `summary` says."""
        return hashlib.sha256(canonical(self.summary())).hexdigest()

    def summary(self) -> dict[str, Any]:
        """Return the state with the SHA-256 of the facts in the place of the facts."""
        return {
            "service": self.service,
            "kind": self.kind,
            "stream": self.stream,
            "version": self.version,
            "head": self.head.hex(),
            "state": self.state,
            "cycle": self.cycle,
            "pairs": self.pairs,
            "facts": [_fact_line(name, self._facts[name]) for name in sorted(self._facts)],
        }


def _fact_line(event_type: str, latest: bytes) -> list[Any]:
    version = int.from_bytes(latest[:_VERSION_BYTES], "big")
    return [event_type, version, latest[_VERSION_BYTES:].hex()]


def _state_after(state: str, move: Move, data: dict[str, Any]) -> str:
    if move.only_from and state not in move.only_from:
        return state
    if move.field:
        named: str = data.get(move.field, state)
        return named
    if move.when and not any(data.get(name) == value for name, value in move.when):
        return move.otherwise
    return move.to
