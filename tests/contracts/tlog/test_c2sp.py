"""The published vectors of the formats that the sealed logs are written in."""

import base64

import pytest

from shared.tlog import merkle
from shared.tlog.cosignatures import message
from shared.tlog.notes import Note, NoteError, VerifierKey, verified
from shared.tlog.proofs import RecordProof
from shared.tlog.tiles import Tile, hash_tiles, tiles_of

pytestmark = pytest.mark.req("R340")

# The eight inputs, the roots and the proofs are those of certificate-transparency, the reference
# implementation of RFC 6962, section 2.1: cpp/merkletree/merkle_tree_test.cc there, also in
# the package testonly of transparency-dev/merkle.
INPUTS = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCY = {
    (2, 8): INCLUSION[0, 8][1:],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        *INCLUSION[5, 8][1:],
    ],
}
LEAVES = [merkle.leaf_hash(bytes.fromhex(text)) for text in INPUTS]


def read(height: int, number: int) -> bytes:
    return merkle.root_of(LEAVES[number << height : number + 1 << height])


class TestRfc6962:
    @pytest.mark.parametrize("size", range(9))
    def test_root(self, size: int) -> None:
        assert merkle.root_of(LEAVES[:size]).hex() == ROOTS[size]

    @pytest.mark.parametrize(("index", "size"), INCLUSION)
    def test_inclusion(self, index: int, size: int) -> None:
        proof = merkle.inclusion_proof(read, index, size)
        assert [one.hex() for one in proof] == INCLUSION[index, size]
        root = bytes.fromhex(ROOTS[size])
        assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)

    @pytest.mark.parametrize(("old", "new"), CONSISTENCY)
    def test_consistency(self, old: int, new: int) -> None:
        proof = merkle.consistency_proof(read, old, new)
        assert [one.hex() for one in proof] == CONSISTENCY[old, new]
        roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
        assert merkle.verify_consistency(old, new, proof, *roots)


# c2sp.org/signed-note (version 1, section "Example") and golang.org/x/mod/sumdb/note, note_test.go.
NOTES = [
    (
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        (
            "This is an example message.\n\n"
            "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2"
            "ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
        ),
    ),
    (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        (
            "If you think cryptography is the answer to your problem,\nthen you don't know what "
            "your problem is.\n\n"
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
            "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        ),
    ),
]


@pytest.mark.parametrize(("vkey", "note"), NOTES)
class TestSignedNote:
    def test_verifies(self, vkey: str, note: str) -> None:
        key = VerifierKey.parse(vkey)
        assert str(key) == vkey
        assert verified(note.encode(), [key]).text == note.partition("\n\n")[0] + "\n"

    def test_is_written_as_it_was_read(self, vkey: str, note: str) -> None:
        assert Note.parse(note.encode()).encode() == note.encode()

    def test_of_another_text_does_not_verify(self, vkey: str, note: str) -> None:
        forged = note.replace("is", "was", 1)
        with pytest.raises(NoteError, match="does not verify"):
            verified(forged.encode(), [VerifierKey.parse(vkey)])


# c2sp.org/tlog-tiles: the number 1234067 is written x001/x234/067 (as in golang.org/x/mod/sumdb/
# tlog), and section "Partial Tiles" lists the tiles of a tree of 70,000 and of 256.
@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(4, 1234067), "tile/4/x001/x234/067"),
        (Tile(4, 1234067, 1), "tile/4/x001/x234/067.p/1"),
        (Tile(-1, 1000, 112), "tile/entries/x001/000.p/112"),
        (Tile(63, 999, 255), "tile/63/999.p/255"),
    ],
)
def test_the_path_of_a_tile(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


def test_the_tiles_of_a_tree_of_70000() -> None:
    tiles = list(hash_tiles(70_000))
    by_level = [[tile.width for tile in tiles if tile.level == level] for level in range(3)]
    assert by_level == [[256] * 273 + [112], [256, 17], [1]]
    assert len(list(tiles_of(70_000, -1))) == 274


def test_the_tiles_of_a_tree_of_256() -> None:
    assert list(hash_tiles(256)) == [Tile(0, 0), Tile(1, 0, 1)]


# c2sp.org/tlog-cosignature, section "Ed25519 signed message".
def test_what_a_witness_signs() -> None:
    body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert message(body, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


# c2sp.org/tlog-proof: the layout of its example, with its index and hashes.
def test_a_proof_of_a_record() -> None:
    path = [
        "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=",
        "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=",
        "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=",
        "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=",
        "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=",
    ]
    checkpoint = "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n"
    lines = ["c2sp.org/tlog-proof@v1", "extra YWdl", "index 73894", *path, "", checkpoint]
    raw = "\n".join(lines).encode()
    proof = RecordProof.parse(raw)
    assert (proof.index, proof.extra, proof.checkpoint) == (73894, b"age", checkpoint.encode())
    assert [base64.b64encode(one).decode() for one in proof.path] == path
    assert proof.encode() == raw
