"""A witness over HTTP (c2sp.org/tlog-witness): what it answers, and what it never signs."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from shared.kernel.clock import SettableClock
from shared.tlog.checkpoints import Checkpoint, signed
from shared.tlog.cosignatures import cosignatures
from shared.tlog.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, root_of
from shared.tlog.notes import Note, Signature
from shared.tlog.proofs import encode_hashes
from shared.tlog.tiles import Tile, TileHashes
from shared.tlog.witness import SIZE, FileMemory, Witness, request
from shared.tlog.witness_http import LARGEST_REQUEST, witness_app
from tests.integration.http.small_service import served
from tests.support.signers import WordSigner, witness_signer

ORIGIN = "log.example/yunlan"
LOG = WordSigner(ORIGIN)
WITNESS = witness_signer("upper.example/w1")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEAVES = [leaf_hash(b"%d" % number) for number in range(20)]
FORKED = [*LEAVES[:4], leaf_hash(b"another"), *LEAVES[5:]]

Add = Callable[..., httpx.Response]


def proof(old: int, leaves: Sequence[bytes]) -> bytes:
    if not old:
        return b""

    def fetch(tile: Tile) -> bytes:
        return b"".join(leaves[: tile.width])

    hashes = TileHashes(fetch, len(leaves))
    return encode_hashes(consistency_proof(hashes, old, len(leaves)))


def checkpoint(leaves: Sequence[bytes], signer: WordSigner = LOG, origin: str = ORIGIN) -> bytes:
    return signed(Checkpoint(origin, len(leaves), root_of(leaves)), signer).encode()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(
        signer=WITNESS,
        memory=FileMemory(tmp_path / "memory.sqlite"),
        log_keys=lambda origin: [LOG.vkey] if origin == ORIGIN else [],
        clock=SettableClock(NOON),
    )


@pytest.fixture
def http(witness: Witness) -> Iterator[httpx.Client]:
    with served(witness_app(witness)) as base, httpx.Client(base_url=base, timeout=10) as client:
        yield client


@pytest.fixture
def add(http: httpx.Client) -> Add:
    def added(old: int, leaves: Sequence[bytes], *, note: bytes = b"") -> httpx.Response:
        body = request(old, proof(old, leaves), note or checkpoint(leaves))
        return http.post("/add-checkpoint", content=body)

    return added


def is_cosigned(answer: httpx.Response, leaves: Sequence[bytes]) -> bool:
    note = Note.parse(checkpoint(leaves)).adding(Signature.parse(answer.text.removesuffix("\n")))
    found = cosignatures(note, [WITNESS.vkey])
    return [(one.key, one.time) for one in found] == [(WITNESS.vkey, int(NOON.timestamp()))]


def test_cosigns_what_continues_the_last_checkpoint(add: Add) -> None:
    for old, new in ((0, 5), (5, 5), (5, 13), (13, 20)):
        answer = add(old, LEAVES[:new])
        assert answer.status_code == 200
        assert is_cosigned(answer, LEAVES[:new])


def test_remembers_it_before_it_answers(add: Add, tmp_path: Path) -> None:
    add(0, LEAVES[:7])
    remembered = FileMemory(tmp_path / "memory.sqlite").last(ORIGIN)
    assert remembered == Checkpoint(ORIGIN, 7, root_of(LEAVES[:7]))


def test_signs_nothing_when_it_cannot_remember(witness: Witness, tmp_path: Path) -> None:
    class Forgetful(FileMemory):
        def advance(self, old: Checkpoint, new: Checkpoint) -> bool:
            raise OSError("the disk is full")

    forgetful = Witness(WITNESS, Forgetful(tmp_path / "f"), witness.log_keys, witness.clock)
    with served(witness_app(forgetful)) as base:
        body = request(0, b"", checkpoint(LEAVES))
        answer = httpx.post(f"{base}/add-checkpoint", content=body)
    assert (answer.status_code, "upper.example" in answer.text) == (500, False)


def test_refuses_a_rollback_and_names_the_size_it_knows(add: Add) -> None:
    add(0, LEAVES[:13])
    for old, new in ((0, 7), (7, 7), (5, 13), (7, 20)):
        answer = add(old, LEAVES[:new])
        assert (answer.status_code, answer.text) == (409, "13\n")
        assert answer.headers["content-type"] == SIZE


@pytest.mark.parametrize(("old", "size", "status"), [(13, 20, 422), (13, 13, 409)])
def test_refuses_a_fork(add: Add, old: int, size: int, status: int) -> None:
    add(0, LEAVES[:13])
    answer = add(old, FORKED[:size])
    assert answer.status_code == status
    assert "upper.example" not in answer.text
    assert add(13, LEAVES).status_code == 200


def test_refuses_an_unknown_log(add: Add) -> None:
    stranger = WordSigner("log.example/other")
    note = checkpoint(LEAVES, stranger, "log.example/other")
    assert add(0, LEAVES, note=note).status_code == 404


def test_refuses_a_key_that_it_does_not_know(add: Add) -> None:
    note = checkpoint(LEAVES, WordSigner(ORIGIN, word="stolen name"))
    assert add(0, LEAVES, note=note).status_code == 403
    genuine = checkpoint(LEAVES[:9]).split(b"\n\n")[1]
    forged = checkpoint(LEAVES).split(b"\n\n")[0] + b"\n\n" + genuine
    assert add(0, LEAVES, note=forged).status_code == 403


def test_refuses_an_old_size_above_the_new_one(add: Add) -> None:
    body = checkpoint(LEAVES[:5])
    assert add(7, LEAVES[:7], note=body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [b"", b"old 0\n", b"old -1\n\n", b"old 00\n\n" + checkpoint(LEAVES), b"old 0\n\nnonsense",
     b"old 0\nnot-base64\n\n" + checkpoint(LEAVES), b"\xff" * 40,
     b"old 0\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + checkpoint(LEAVES)],
)  # fmt: skip
def test_refuses_what_is_no_request(witness: Witness, http: httpx.Client, body: bytes) -> None:
    answer = http.post("/add-checkpoint", content=body)
    assert answer.status_code == 400
    assert witness.memory.last(ORIGIN) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)


def test_refuses_what_is_too_large(http: httpx.Client) -> None:
    answer = http.post("/add-checkpoint", content=b"x" * (LARGEST_REQUEST + 1))
    assert answer.status_code == 413


def test_tells_its_key(http: httpx.Client) -> None:
    assert http.get("/").text == f"{WITNESS.vkey}\n"
