"""Trees of every small size: appended, read from tiles, proved and verified, all the same root."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import merkle
from shared.tlog.merkle import Frontier
from shared.tlog.tiles import Tile, TileError, TileHashes, decode_bundle, encode_bundle, width_at

MOST = 600
LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(MOST)]
sizes = st.integers(0, MOST)


@cache
def tiles() -> dict[tuple[int, int], bytes]:
    """The tiles as a sealer makes them: from the subtrees that each append completes."""
    made: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    for index, leaf in enumerate(LEAVES):
        for height, ended in enumerate(frontier.append(leaf)):
            if height % 8 == 0:
                place = (height // 8, index >> height >> 8)
                made[place] = made.get(place, b"") + ended
    return made


def fetch(tile: Tile) -> bytes:
    return tiles()[tile.level, tile.number][: tile.width * 32]


@cache
def root(size: int) -> bytes:
    return merkle.root_of(LEAVES[:size])


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


@given(sizes)
def test_the_frontier_the_tiles_and_the_leaves_have_one_root(size: int) -> None:
    read = TileHashes(fetch, size)
    assert merkle.tree_root(read, size) == Frontier.at(read, size).root() == root(size)


@given(sizes, sizes)
def test_a_kept_frontier_goes_on(some: int, more: int) -> None:
    old, new = sorted((some, more))
    kept = Frontier.at(TileHashes(fetch, old), old)
    frontier = Frontier.from_bytes(kept.size, kept.to_bytes())
    for leaf in LEAVES[old:new]:
        frontier.append(leaf)
    assert (frontier.root(), frontier.size) == (root(new), new)


@given(st.integers(1, MOST), st.data())
def test_every_leaf_is_proved(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(TileHashes(fetch, size), index, size)
    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root(size))
    assert not merkle.verify_inclusion(LEAVES[index - 1], index, size, proof, root(size)) or (
        size == 1
    )
    assert not merkle.verify_inclusion(LEAVES[index], index, size, [*proof, root(1)], root(size))
    assert not merkle.verify_inclusion(LEAVES[index], size, size, proof, root(size))
    for at in range(len(proof)):
        forged = [*proof[:at], flipped(proof[at]), *proof[at + 1 :]]
        assert not merkle.verify_inclusion(LEAVES[index], index, size, forged, root(size))
        assert not merkle.verify_inclusion(LEAVES[index], index, size, proof[:at], root(size))


@given(sizes, sizes)
def test_every_growth_is_proved(some: int, more: int) -> None:
    old, new = sorted((some, more))
    proof = merkle.consistency_proof(TileHashes(fetch, new), old, new)
    assert merkle.verify_consistency(old, new, proof, root(old), root(new))
    assert not merkle.verify_consistency(old, new, [*proof, root(1)], root(old), root(new))
    assert not merkle.verify_consistency(old, new, proof, flipped(root(old)), root(new))
    for at in range(len(proof)):
        forged = [*proof[:at], flipped(proof[at]), *proof[at + 1 :]]
        assert not merkle.verify_consistency(old, new, forged, root(old), root(new))
        assert not merkle.verify_consistency(old, new, proof[:at], root(old), root(new))


def test_a_tree_does_not_shrink() -> None:
    assert not merkle.verify_consistency(2, 1, [], root(2), root(1))
    with pytest.raises(ValueError, match="grow"):
        merkle.consistency_proof(TileHashes(fetch, 2), 2, 1)


def test_a_leaf_outside_the_tree_has_no_proof() -> None:
    with pytest.raises(ValueError, match="leaf 5"):
        merkle.inclusion_proof(TileHashes(fetch, 5), 5, 5)


@pytest.mark.parametrize(("size", "raw"), [(1, b""), (2, b"x" * 64), (1, b"x" * 31), (-1, b"")])
def test_a_frontier_of_another_size_is_refused(size: int, raw: bytes) -> None:
    with pytest.raises(ValueError, match="compact range"):
        Frontier.from_bytes(size, raw)


@pytest.mark.parametrize(
    "path",
    [
        "tile/00/000", "tile/64/000", "tile/0/00", "tile/0/x000/000", "tile/0/x001", "tile/0/1",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/-1/000", "tile/entries/",
        "/tile/0/000", "tile/0/000/", "tile/0/٠٠٠", "tile/0/x001/x234/067\n",
    ],
)  # fmt: skip
def test_a_tile_has_one_path(path: str) -> None:
    with pytest.raises(TileError):
        Tile.parse(path)


@given(st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_a_path_names_its_tile(level: int, number: int, width: int) -> None:
    assert Tile.parse(Tile(level, number, width).path) == Tile(level, number, width)


def test_a_tile_ends_where_the_tree_ends() -> None:
    assert [width_at(0, number, 300) for number in range(3)] == [256, 44, 0]
    assert [width_at(1, 0, 255), width_at(1, 0, 256)] == [0, 1]


def test_a_short_tile_is_noticed() -> None:
    with pytest.raises(TileError, match="width"):
        merkle.tree_root(TileHashes(lambda tile: fetch(tile)[:-32], 5), 5)


@given(st.lists(st.binary(max_size=70), max_size=256))
def test_a_bundle_gives_its_records_back(records: list[bytes]) -> None:
    raw = encode_bundle(records)
    assert decode_bundle(raw) == records


@pytest.mark.parametrize("raw", [b"\x00", b"\x00\x02a", b"\x00\x00" * 257])
def test_a_broken_bundle_is_refused(raw: bytes) -> None:
    with pytest.raises(TileError):
        decode_bundle(raw)


def test_a_bundle_holds_no_oversized_record() -> None:
    with pytest.raises(TileError, match="65535"):
        encode_bundle([b"x" * 65_536])


@pytest.mark.parametrize("size", [0, 1, 3, 7, 8, 255, 256, 300])
@pytest.mark.parametrize("more", [0, 1, 2, 5, 256, 700])
def test_many_leaves_at_once_are_as_good_as_one_after_the_other(size: int, more: int) -> None:
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(size + more)]
    slow, ended = Frontier(), dict[int, list[bytes]]()
    for index, leaf in enumerate(leaves):
        for height, subtree in enumerate(slow.append(leaf)):
            if index >= size:
                ended.setdefault(height, []).append(subtree)
    quick = Frontier()
    quick.extend(leaves[:size])
    rows = quick.extend(leaves[size:])
    assert (quick.size, quick.nodes, quick.root()) == (slow.size, slow.nodes, slow.root())
    assert rows == [ended[height] for height in range(len(ended))]
