"""Reads entry bundles record by record."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.export.verification.findings import BrokenError, Sealed
from shared.export.verification.records import Fields, id_at, read
from shared.export.verification.surroundings import Surroundings
from shared.export.verification.zipped import LARGEST_ENTRIES, Bundle
from shared.reducers.life_cycles import LIFE_CYCLES, PAIR_COUNTS
from shared.tlog.merkle import leaf_hash
from shared.tlog.tiles import Tile, TileError, decode_bundle

Entry = tuple[str, Tile]
Wrong = tuple[str, str]
"""Code and message."""


class Item(NamedTuple):
    """One record that is right by itself, as the check of the whole log needs it.

    `facts`: those that a replay looks at; in records about the log itself, all.
    """

    stream: str
    version: int
    prev: str
    digest: str
    id: str
    is_at_its_place: bool
    causation: str
    type: str
    facts: Fields
    facts_digest: bytes
    sealed: Sealed | None


@dataclass
class Part:
    """One entry bundle, or why it cannot be read."""

    weight: int = 0
    leaves: list[bytes] = field(default_factory=list)
    items: list[Item | Wrong] = field(default_factory=list)
    wrong: Wrong | None = None


def parts(
    bundle: Bundle, around: Surroundings, service: str, entries: Sequence[Entry]
) -> Iterator[Part]:
    """Yield what these entry bundles hold, in order; nothing is raised."""
    for entry in entries:
        yield _read(bundle, around, service, entry)


def _read(bundle: Bundle, around: Surroundings, service: str, entry: Entry) -> Part:
    name, tile = entry
    try:
        packed = bundle.read(name, LARGEST_ENTRIES)
        records = decode_bundle(packed)
    except BrokenError as error:
        return Part(wrong=(error.code, error.message))
    except TileError as error:
        return Part(wrong=("entries-cut", error.detail))
    if len(records) != tile.width:
        return Part(wrong=("record-count", f"{tile.path} holds {len(records)} records"))
    leaves = [leaf_hash(raw) for raw in records]
    return Part(len(packed), leaves, [item_of(raw, service, around) for raw in records])


def item_of(raw: bytes, service: str, around: Surroundings) -> Item | Wrong:
    """Return a record as the whole log's check needs it, or what is wrong with it alone."""
    try:
        told = read(raw, service, around.tenant)
    except BrokenError as error:
        return error.code, error.message
    return Item(
        told.stream,
        told.version,
        told.prev,
        hashlib.sha256(raw).hexdigest(),
        told.id,
        told.id == id_at(service, told.stream, told.version),
        told.causation,
        told.type,
        told.facts if told.type.startswith("log.") else _looked_at(told.facts),
        hashlib.sha256(told.written).digest(),
        around.sealed_in(told),
    )


def _replayed_facts() -> frozenset[str]:
    moves = [move for table in LIFE_CYCLES.values() for move in table.values()]
    fields = {move.field for move in moves} | {name for move in moves for name, _ in move.when}
    return frozenset(fields | set(PAIR_COUNTS.values()) | {"cycle"})


_REPLAYED = _replayed_facts()


def _looked_at(data: Fields) -> Fields:
    return {name: data[name] for name in data.keys() & _REPLAYED}
