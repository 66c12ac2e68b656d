"""Merkle trees (RFC 9162): hashes, the compact range, proofs and their verification.

A complete subtree is named by its height and its number: `(0, 5)` is the sixth leaf, `(8, 0)` the
root over the first 256 leaves. Proofs are built from any reader of such hashes.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

HASH_SIZE = 32
MAX_PROOF = 63
EMPTY_ROOT = hashlib.sha256(b"").digest()

ReadHash = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree of this height with this number."""


def leaf_hash(record: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The compact range of a growing tree: the complete subtrees that make it up, largest first."""

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """Raises ValueError when the number of hashes is not that of a tree of this size."""
        if size < 0 or len(nodes) != size.bit_count() or any(len(n) != HASH_SIZE for n in nodes):
            raise ValueError("not the compact range of a tree of this size")
        self.size = size
        self.nodes = list(nodes)

    def append(self, leaf: bytes) -> list[bytes]:
        """Take in a leaf's hash; return the complete subtrees that end with it, by height."""
        ending, nodes, size = [leaf], self.nodes, self.size
        while size & 1:
            leaf = node_hash(nodes.pop(), leaf)
            ending.append(leaf)
            size >>= 1
        nodes.append(leaf)
        self.size += 1
        return ending

    def extend(self, leaves: Sequence[bytes]) -> list[list[bytes]]:
        """Take in many leaves' hashes; return the complete subtrees that end with them, by height.

        The same as appending one after the other, height by height: several times as fast.
        """
        rows, row, waiting, left = [], list(leaves), list(self.nodes), []
        while row:
            rows.append(row)
            pairs = [waiting.pop(), *row] if self.size >> len(rows) - 1 & 1 else row
            if len(pairs) & 1:
                left.append(pairs[-1])
            row = [
                hashlib.sha256(b"\x01" + one + other).digest()
                for one, other in zip(pairs[::2], pairs[1::2], strict=False)
            ]
        self.nodes = waiting + left[::-1]
        self.size += len(leaves)
        return rows

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        return _folded(self.nodes)

    def copy(self) -> "Frontier":
        """Return the same range, to go on from independently."""
        return Frontier(self.size, self.nodes)

    def to_bytes(self) -> bytes:
        """Return the hashes one after the other; the size is kept beside them."""
        return b"".join(self.nodes)

    @classmethod
    def from_bytes(cls, size: int, raw: bytes) -> "Frontier":
        """Return the range that `to_bytes` gave; raises ValueError."""
        return cls(size, [raw[at : at + HASH_SIZE] for at in range(0, len(raw), HASH_SIZE)])

    @classmethod
    def at(cls, read: ReadHash, size: int) -> "Frontier":
        """Return the range of the tree when it had this size."""
        return cls(size, [read(height, number) for height, number in _subtrees(0, size)])


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaf hashes."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def tree_root(read: ReadHash, size: int) -> bytes:
    """Return the root of the tree when it had this size."""
    return _range_root(read, 0, size)


def inclusion_proof(read: ReadHash, index: int, size: int) -> list[bytes]:
    """Return the path from this leaf up to the root; raises ValueError when it is not in there."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return [_range_root(read, *side) for side in reversed(path)]


def consistency_proof(read: ReadHash, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with that of `old`.

    Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree does not grow from {old} to {new}")
    if old in (0, new):
        return []
    return [_range_root(read, start, end) for start, end in _consistency_ranges(old, new)]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Return whether the leaf stands at this index of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes([leaf, root, *proof]):
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Return whether the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or not _are_hashes([old_root, new_root, *proof]):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if old == new:
        return not proof and old_root == new_root
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    return bool(path) and _both_roots(old, new, path) == (old_root, new_root)


def _both_roots(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        at, last = at >> 1, last >> 1
    return (first, second) if last == 0 else None


def _consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    sides, start, end, is_whole = [], 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            sides.append((middle, end))
            end = middle
        else:
            sides.append((start, middle))
            start, is_whole = middle, False
    first = [] if is_whole else [(start, end)]
    return first + sides[::-1]


def _range_root(read: ReadHash, start: int, end: int) -> bytes:
    """Return the root over the leaves from `start`; it must be a subtree of the whole tree."""
    return _folded([read(height, number) for height, number in _subtrees(start, end)])


def _subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the complete subtrees that make up an aligned range, from the left."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def _folded(nodes: Sequence[bytes]) -> bytes:
    if not nodes:
        return EMPTY_ROOT
    folded = nodes[-1]
    for node in nodes[-2::-1]:
        folded = node_hash(node, folded)
    return folded


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
