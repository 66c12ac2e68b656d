"""What one record says to those that follow it, found without knowing any other record (V4).

A whole entry bundle is checked alone: its records parse, are canonical, have a right envelope and
the id of their place. What needs the order of the log (chains, causes, states) comes after, from
the rows that are made here. Rows travel between processes (readers.py).
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.reducers.life_cycles import LIFE_CYCLES, PAIR_COUNTS
from shared.verifier.bundle import MAX_ENTRIES, Bundle, split
from shared.verifier.envelope import read
from shared.verifier.errors import BrokenError
from shared.verifier.merkle import BUNDLE, HASH_SIZE, leaf_hash, subtree_root
from shared.verifier.records import record_id
from shared.verifier.sealed import Mentions, mentions_in

_MOVES = [move for moves in LIFE_CYCLES.values() for move in moves.values()]
_DECIDING = [name for move in _MOVES for name, _ in move.when]
REPLAYED = frozenset(("cycle", *PAIR_COUNTS.values(), *(move.field for move in _MOVES), *_DECIDING))
"""The facts that a replay looks at; the others count by their digest alone."""


class Row(NamedTuple):
    """A record that is right by itself.

    `digest` is SHA-256 of its bytes, which the next one of the stream names as `prev`;
    `has_own_id`: its id is that of its place; `facts` is SHA-256 of all facts, `told` those that
    are looked at (all of them in records about the log itself).
    """

    stream: str
    version: int
    prev: str
    digest: str
    id: str
    has_own_id: bool
    cause: str
    type: str
    facts: bytes
    told: dict[str, Any]
    mentions: Mentions | None


_ROW = len(Row._fields)


class Fault(NamedTuple):
    """A record that is wrong by itself."""

    code: str
    message: str


@dataclass
class Entries:
    """An entry bundle, checked by itself; `top` is the root over its leaves if it is a full one."""

    size: int = 0
    rows: list[Row | Fault] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    top: bytes = b""
    broken: Fault | None = None

    def __getstate__(self) -> tuple[Any, ...]:
        """Travel light: plain tuples, and all hashes in one piece."""
        rows = [tuple(row) for row in self.rows]
        return self.size, rows, b"".join(self.leaves), self.top, self.broken

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.size, rows, hashes, self.top, self.broken = state
        self.rows = [Row._make(row) if len(row) == _ROW else Fault._make(row) for row in rows]
        self.leaves = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]


@dataclass(frozen=True)
class Expected:
    """What is known of all records beforehand; it can be sent to another process."""

    tenant: str = ""
    attached: frozenset[str] = frozenset()


def read_entries(
    bundle: Bundle, expected: Expected, service: str, name: str, width: int
) -> Entries:
    """Return what one entry bundle holds; nothing is raised."""
    try:
        packed = bundle.read(name, MAX_ENTRIES)
        records = list(split(packed))
        if len(records) != width:
            raise BrokenError("record-count", f"{name} holds {len(records)} records")
    except BrokenError as error:
        return Entries(broken=Fault(error.code, error.message))
    leaves = [leaf_hash(raw) for raw in records]
    rows = [row_of(raw, expected, service) for raw in records]
    top = subtree_root(leaves) if width == BUNDLE else b""
    return Entries(len(packed), rows, leaves, top)


def row_of(raw: bytes, expected: Expected, service: str) -> Row | Fault:
    """Return what a record says to those that follow it, or what is wrong with it."""
    try:
        record = read(raw, service, expected.tenant)
    except BrokenError as error:
        return Fault(error.code, error.message)
    stream, version, event_type, facts = record.stream, record.version, record.type, record.facts
    is_of_log = event_type.startswith("log.")
    return Row(
        stream,
        version,
        record.prev,
        hashlib.sha256(raw).hexdigest(),
        record.id,
        record.id == record_id(service, stream, version),
        record.cause,
        event_type,
        hashlib.sha256(record.written).digest(),
        facts if is_of_log else {name: facts[name] for name in REPLAYED & facts.keys()},
        mentions_in(record, expected.attached),
    )
