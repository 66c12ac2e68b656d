"""Tiles and entry bundles (c2sp.org/tlog-tiles): how a log is cut into files that never change.

A tile holds up to 256 hashes of complete subtrees of one height; a partial one is the beginning
of the full one. An entry bundle holds up to 256 records, each after its length.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shared.kernel.errors import ContractError
from shared.tlog.merkle import HASH_SIZE, node_hash

WIDTH = 256
HEIGHT = 8
ENTRIES = -1
"""The level of entry bundles."""

MAX_LEVEL = 63
MAX_RECORD = 65_535

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


class TileError(ContractError):
    code = "tile-broken"
    title = "A tile or its path breaks the format"


@dataclass(frozen=True)
class Tile:
    """Names a tile: `width` below 256 makes it a partial one."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return its place below the log's address, such as `tile/0/x001/234.p/17`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_grouped(self.number)}{partial}"

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Return the tile with this path; raises TileError unless it is the one written form."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise TileError("not the path of a tile")
        level = ENTRIES if found["level"] == "entries" else int(found["level"])
        number = int(found["number"].replace("x", "").replace("/", ""))
        tile = cls(level, number, int(found["width"] or WIDTH))
        if tile.path != path or level > MAX_LEVEL:
            raise TileError("not the path of a tile")
        return tile


def _grouped(number: int) -> str:
    text = str(number)
    text = text.zfill(-(-len(text) // 3) * 3)
    groups = [text[at : at + 3] for at in range(0, len(text), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def width_at(level: int, number: int, size: int) -> int:
    """Return how many entries this tile has in a tree of this size, 0 when there is none."""
    count = size >> (HEIGHT * max(level, 0))
    return max(0, min(WIDTH, count - number * WIDTH))


def tiles_of(size: int, level: int) -> Iterator[Tile]:
    """Yield the tiles (or entry bundles) of one level of a tree of this size, in order."""
    count = size >> (HEIGHT * max(level, 0))
    for number in range(-(-count // WIDTH)):
        yield Tile(level, number, width_at(level, number, size))


def hash_tiles(size: int) -> Iterator[Tile]:
    """Yield all tiles of hashes of a tree of this size, level by level."""
    level = 0
    while size >> (HEIGHT * level):
        yield from tiles_of(size, level)
        level += 1


def encode_bundle(records: Sequence[bytes]) -> bytes:
    """Return the records, each after its length (two bytes, big-endian)."""
    if any(len(record) > MAX_RECORD for record in records):
        raise TileError(f"a record has more than {MAX_RECORD} bytes")
    return b"".join(len(record).to_bytes(2, "big") + record for record in records)


def decode_bundle(raw: bytes) -> list[bytes]:
    """Return the records of a bundle; raises TileError when it is cut or too long."""
    records, at = [], 0
    while at < len(raw):
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        if at > len(raw) or start > len(raw):
            raise TileError("an entry bundle is cut")
        records.append(raw[start:at])
    if len(records) > WIDTH:
        raise TileError(f"an entry bundle has more than {WIDTH} records")
    return records


class TileHashes:
    """Reads hashes of subtrees out of tiles; each tile is fetched once.

    It can be passed wherever a `merkle.ReadHash` is wanted. Raises TileError when a tile does not
    have the width that the size of the tree asks for.
    """

    def __init__(self, fetch: Callable[[Tile], bytes], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._known: dict[tuple[int, int], bytes] = {}

    def __call__(self, height: int, number: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        first, last = number << above, (number + 1 << above) - 1
        data = self._tile(level, first // WIDTH)
        hashes = [_hash_at(data, at % WIDTH) for at in range(first, last + 1)]
        while len(hashes) > 1:
            hashes = [node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
        return hashes[0]

    def _tile(self, level: int, number: int) -> bytes:
        if (level, number) not in self._known:
            width = width_at(level, number, self._size)
            data = self._fetch(Tile(level, number, width)) if width else b""
            if len(data) != width * HASH_SIZE:
                raise TileError("a tile has another width than the tree", level=level, tile=number)
            self._known[level, number] = data
        return self._known[level, number]


def _hash_at(data: bytes, at: int) -> bytes:
    found = data[at * HASH_SIZE : (at + 1) * HASH_SIZE]
    if len(found) != HASH_SIZE:
        raise TileError("a hash lies outside the tree")
    return found
