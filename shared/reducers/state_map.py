"""All streams of one log as one Merkle tree (RFC 9162), its leaves sorted by stream id."""

import hashlib
from collections.abc import Mapping

from shared.reducers.canonical import canonical, leaf_hash, node_hash


def map_leaf(stream: str, version: int, head: str, digest: str) -> bytes:
    """Return the leaf hash of a stream; `head` and `digest` in hexadecimal."""
    return leaf_hash(canonical([stream, version, head, digest]))


def state_root(heads: Mapping[str, tuple[int, str, str]]) -> bytes:
    """Return the root over (version, head leaf hash, state digest) of each stream."""
    streams = StateMap()
    for stream, (version, head, digest) in heads.items():
        streams.put(stream, version, head, digest)
    return streams.root()


class StateMap:
    """The tree over all streams; a changed stream costs one leaf, a root one pass of hashing."""

    def __init__(self) -> None:
        self._leaves: dict[str, bytes] = {}
        self._sorted: list[str] = []

    def __len__(self) -> int:
        return len(self._leaves)

    def put(self, stream: str, version: int, head: str, digest: str) -> None:
        """Set where a stream stands."""
        if stream not in self._leaves:
            self._sorted.append(stream)
        self._leaves[stream] = map_leaf(stream, version, head, digest)

    def root(self) -> bytes:
        """Return the root; that of no stream at all is SHA-256 of nothing."""
        level = self._level()
        while len(level) > 1:
            level = _above(level)
        return level[0] if level else hashlib.sha256(b"").digest()

    def path(self, stream: str) -> tuple[int, list[bytes]]:
        """Return the place of a stream among the leaves and its inclusion proof."""
        level = self._level()
        index = place = self._sorted.index(stream)
        siblings = []
        while len(level) > 1:
            if place ^ 1 < len(level):
                siblings.append(level[place ^ 1])
            level, place = _above(level), place >> 1
        return index, siblings

    def _level(self) -> list[bytes]:
        self._sorted.sort()
        return [self._leaves[stream] for stream in self._sorted]


def _above(level: list[bytes]) -> list[bytes]:
    """Return the next level: pairs joined, a last single node carried up."""
    joined = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return joined + level[len(joined) * 2 :]
