"""A witness answers as c2sp.org/tlog-witness says, and never cosigns two histories."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.kernel.clock import SettableClock
from shared.tlog import merkle
from shared.tlog.checkpoints import Checkpoint, signed
from shared.tlog.cosignatures import cosignatures
from shared.tlog.notes import Note, Signature
from shared.tlog.proofs import encode_hashes
from shared.tlog.witness import Answer, FileMemory, Witness, request
from tests.support.signers import WordSigner, witness_signer

LOG = WordSigner("duban.invalid/city.yunlan/feedback")
AUDIT = witness_signer("duban.invalid/city.yunlan/witness/audit")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(20)]


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    known = {LOG.name: [LOG.vkey]}
    memory = FileMemory(tmp_path / "witness.sqlite")
    return Witness(AUDIT, memory, lambda origin: known.get(origin, []), SettableClock(NOON))


def read(height: int, number: int) -> bytes:
    return merkle.root_of(LEAVES[number << height : number + 1 << height])


def checkpoint(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(LOG.name, size, merkle.root_of(leaves[:size]))


def asked(witness: Witness, old: int, new: Checkpoint, signer: WordSigner = LOG) -> Answer:
    proof = merkle.consistency_proof(read, min(old, new.size), new.size)
    note = signed(new, signer)
    return witness.add_checkpoint(request(old, encode_hashes(proof), note.encode()))


def test_a_growing_log_is_cosigned(witness: Witness) -> None:
    for old, new in ((0, 3), (3, 3), (3, 11), (11, 20)):
        answer = asked(witness, old, checkpoint(new))
        assert answer.status == 200
        line = Signature.parse(answer.body.decode().removesuffix("\n"))
        note = Note(checkpoint(new).text()).adding(line)
        (found,) = cosignatures(note, [AUDIT.vkey])
        assert found.time == int(NOON.timestamp())


def test_what_was_cosigned_is_remembered_elsewhere(witness: Witness, tmp_path: Path) -> None:
    asked(witness, 0, checkpoint(3))
    assert FileMemory(tmp_path / "witness.sqlite").last(LOG.name) == checkpoint(3)


def test_an_unknown_log_is_not_found(witness: Witness) -> None:
    other = WordSigner("duban.invalid/city.other/feedback")
    note = signed(Checkpoint(other.name, 1, LEAVES[0]), other)
    assert witness.add_checkpoint(request(0, b"", note.encode())).status == 404


@pytest.mark.parametrize("forger", [WordSigner(LOG.name, word="forger")])
def test_an_unknown_key_is_forbidden(witness: Witness, forger: WordSigner) -> None:
    assert asked(witness, 0, checkpoint(3), forger).status == 403


def test_a_false_signature_is_forbidden(witness: Witness) -> None:
    note = signed(checkpoint(3), LOG)
    false = note.encode().replace(b"\n3\n", b"\n4\n")
    assert witness.add_checkpoint(request(0, b"", false)).status == 403


def test_an_old_size_above_the_new_one_is_malformed(witness: Witness) -> None:
    assert asked(witness, 4, checkpoint(3)).status == 400


@pytest.mark.parametrize("body", [b"", b"old 1", b"old 01\n\n", b"old 0\nx\n\na\n1\n\n", b"\n\n"])
def test_another_form_is_malformed(witness: Witness, body: bytes) -> None:
    assert witness.add_checkpoint(body).status == 400


def test_another_old_size_meets_the_one_remembered(witness: Witness) -> None:
    asked(witness, 0, checkpoint(3))
    for old in (0, 2):
        answer = asked(witness, old, checkpoint(11))
        assert (answer.status, answer.body) == (409, b"3\n")
        assert answer.media_type == "text/x.tlog.size"


def test_another_history_is_not_cosigned(witness: Witness) -> None:
    asked(witness, 0, checkpoint(7))
    forked = [*LEAVES[:6], *LEAVES[:14]]
    assert asked(witness, 7, checkpoint(7, forked)).status == 409
    assert asked(witness, 7, checkpoint(11, forked)).status == 422
    assert asked(witness, 7, checkpoint(11)).status == 200


def test_of_two_at_once_one_is_told_the_new_size(witness: Witness) -> None:
    memory = witness.memory
    old = memory.last(LOG.name)
    assert memory.advance(old, checkpoint(3))
    assert not memory.advance(old, checkpoint(5))
    assert memory.last(LOG.name) == checkpoint(3)
