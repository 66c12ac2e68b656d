"""Merkle trees (RFC 9162): the growing root, and the checks of inclusion and consistency."""

import hashlib
from collections.abc import Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
BUNDLE = 256
_sha256 = hashlib.sha256


def leaf_hash(raw: bytes) -> bytes:
    """Return the hash of a leaf."""
    return _sha256(b"\x00" + raw).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """The compact range of a growing tree: its complete subtrees, the largest first."""

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """Raises ValueError when these are not as many hashes as a tree of this size has."""
        if len(nodes) != size.bit_count():
            raise ValueError("not the compact range of a tree of this size")
        self.size, self._nodes = size, list(nodes)

    def extend(self, leaves: Sequence[bytes], top: bytes = b"") -> None:
        """Take in the next leaf hashes; a whole bundle of 256 at its own place goes fast.

        `top` is the root over exactly these leaves, if it is known.
        """
        if len(leaves) == BUNDLE and self.size % BUNDLE == 0:
            self._push(top or subtree_root(leaves), self.size // BUNDLE)
            self.size += BUNDLE
            return
        for leaf in leaves:
            self._push(leaf, self.size)
            self.size += 1

    def _push(self, node: bytes, number: int) -> None:
        while number & 1:
            node = node_hash(self._nodes.pop(), node)
            number >>= 1
        self._nodes.append(node)

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        if not self._nodes:
            return EMPTY_ROOT
        root = self._nodes[-1]
        for node in self._nodes[-2::-1]:
            root = node_hash(node, root)
        return root


def subtree_root(level: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of leaf hashes."""
    while len(level) > 1:
        level = [
            _sha256(b"\x01" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=True)
        ]
    return level[0]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether the leaf stands at this index of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
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


def is_consistent(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Return whether the tree of `new` leaves begins with that of `old` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and old_root == (new_root if old else EMPTY_ROOT)
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
