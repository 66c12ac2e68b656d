"""Trees against the definitions of RFC 9162 and the eight-leaf vector of RFC 6962."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reducers import StateMap, map_leaf
from shared.verifier.merkle import Frontier, is_consistent, is_included, leaf_hash
from tests.attacks.make_bundle import (
    compact_range,
    consistency_path,
    inclusion_path,
    leaf,
    tree_root,
)

VECTOR = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves_of(count: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


def test_the_vector_of_rfc_6962() -> None:
    frontier = Frontier()
    for raw, root in zip(VECTOR, ROOTS, strict=True):
        frontier.extend([leaf_hash(raw)])
        assert frontier.root().hex() == root
    assert Frontier().root() == hashlib.sha256(b"").digest()


@given(st.lists(st.integers(0, 300), max_size=6))
def test_any_way_of_growing_gives_the_root_of_the_definition(steps: list[int]) -> None:
    leaves, frontier = leaves_of(sum(steps)), Frontier()
    for step in steps:
        frontier.extend(leaves[frontier.size : frontier.size + step])
    assert frontier.root() == tree_root(leaves)


@given(st.integers(0, 600), st.integers(0, 300))
def test_goes_on_from_a_compact_range(start: int, more: int) -> None:
    leaves = leaves_of(start + more)
    frontier = Frontier(start, compact_range(start, leaves))
    frontier.extend(leaves[start:])
    assert frontier.root() == tree_root(leaves)


def test_a_range_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="compact range"):
        Frontier(3, [b""])


@given(st.integers(1, 70).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_inclusion(case: tuple[int, int]) -> None:
    size, index = case
    leaves = leaves_of(size)
    path, root = inclusion_path(index, leaves), tree_root(leaves)
    assert is_included(leaves[index], index, size, path, root)
    assert not is_included(b"x" * 32, index, size, path, root)
    assert not is_included(leaves[index], index, size, [*path, root], root)
    assert not is_included(leaves[index], size, size, path, root)
    if path:
        assert not is_included(leaves[index], index, size, path[:-1], root)
        assert not is_included(leaves[index], index ^ 1, size, path, root)


@given(st.integers(1, 70).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))))
def test_consistency(case: tuple[int, int]) -> None:
    new, old = case
    leaves = leaves_of(new)
    proof = consistency_path(old, leaves)
    roots = tree_root(leaves[:old]), tree_root(leaves)
    assert is_consistent(old, new, proof, *roots)
    assert not is_consistent(old, new, proof, b"x" * 32, roots[1])
    assert not is_consistent(old, new, proof, roots[0], b"x" * 32)
    assert not is_consistent(old, new, [*proof, roots[1]], *roots)
    assert not is_consistent(new + 1, new, proof, *roots)


@given(st.sets(st.text("abc云", min_size=1, max_size=4), min_size=1, max_size=20))
def test_the_reducers_prove_a_streams_place(streams: set[str]) -> None:
    states = StateMap()
    for stream in streams:
        states.put(stream, 1, "00", "11")
    for stream in streams:
        index, path = states.path(stream)
        found = map_leaf(stream, 1, "00", "11")
        assert is_included(found, index, len(streams), path, states.root())


def test_leaves_are_hashed_alike() -> None:
    assert leaf_hash(b"abc") == leaf(b"abc")
