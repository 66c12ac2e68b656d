"""Notes, checkpoints, cosignatures and proofs: read strictly, believed only when signed."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from shared.tlog import merkle
from shared.tlog.checkpoints import Checkpoint, opened, origin_of, signed
from shared.tlog.cosignatures import cosign, cosignatures
from shared.tlog.notes import Note, NoteError, Signature, VerifierKey, sign, verified
from shared.tlog.proofs import RecordProof, decode_hashes, encode_hashes
from tests.support.signers import WordSigner, witness_signer

ORIGIN = origin_of("duban.invalid", "city:yunlan", "feedback")
LOG, OTHER = WordSigner(ORIGIN), WordSigner(ORIGIN, word="another")
WITNESS = witness_signer("duban.invalid/witness/audit")
RECORD = b'{"f":"duban/1"}'
Change = Callable[[Any], Any]
"""Makes something else of a note (bytes) or a key (text)."""
CHECKPOINT = Checkpoint(ORIGIN, 1, merkle.leaf_hash(RECORD))


def note_of(text: str) -> bytes:
    return sign(text, LOG).encode()


class TestNote:
    def test_signed_by_a_known_key_is_believed(self) -> None:
        assert verified(note_of("云岚市\n\n第二段\n"), [LOG.vkey]).text == "云岚市\n\n第二段\n"

    def test_signed_by_an_unknown_key_is_not(self) -> None:
        with pytest.raises(NoteError, match="no known key"):
            verified(note_of("a\n"), [OTHER.vkey])

    def test_keeps_signatures_of_unknown_keys(self) -> None:
        line = Signature("somebody", b"1234", b"anything")
        raw = sign("a\n", LOG).adding(line).encode()
        assert verified(raw, [LOG.vkey]).signatures[1] == line

    def test_with_one_wrong_signature_of_a_known_key_is_worthless(self) -> None:
        wrong = Signature(OTHER.name, OTHER.vkey.key_id, LOG.sign(b"a\n"))
        raw = sign("a\n", LOG).adding(wrong).encode()
        with pytest.raises(NoteError, match="does not verify"):
            verified(raw, [LOG.vkey, OTHER.vkey])

    def test_a_cosignature_key_signs_no_note(self) -> None:
        raw = sign("a\n", WITNESS).encode()
        with pytest.raises(NoteError, match="does not verify"):
            verified(raw, [WITNESS.vkey])

    def test_does_not_double_a_signature(self) -> None:
        note = sign("a\n", LOG)
        assert note.adding(*note.signatures) == note

    @pytest.mark.parametrize(
        "change",
        [
            lambda raw: raw[:-1],
            lambda raw: raw + b"\n",
            lambda raw: raw.replace(b"\n\n", b"\n"),
            lambda raw: raw.replace(b"a\n", b"a\t\n", 1),
            lambda raw: raw.replace("— ".encode(), b"- "),
            lambda raw: raw.replace(b"=\n", b"\n"),
            lambda raw: raw.replace(b"=\n", b" =\n"),
            lambda raw: b"\xff" + raw,
            lambda raw: raw.replace(b"\n\n", b"\r\n\r\n"),
            lambda raw: b"x" * 1_000_001 + raw,
            lambda raw: raw + raw.partition(b"\n\n")[2] * 100,
        ],
    )
    def test_has_one_written_form(self, change: Change) -> None:
        with pytest.raises(NoteError):
            verified(change(note_of("a\n")), [LOG.vkey])

    @pytest.mark.parametrize("text", ["", "a", "a\r\n", "a\x00\n"])
    def test_of_a_text_that_no_note_can_hold_is_refused(self, text: str) -> None:
        with pytest.raises(NoteError):
            sign(text, LOG)


class TestVerifierKey:
    def test_is_read_as_it_is_written(self) -> None:
        assert VerifierKey.parse(str(LOG.vkey)) == LOG.vkey

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("duban", "daban"),
            lambda text: text.rpartition("+")[0],
            lambda text: text + "A",
            lambda text: text.upper(),
            lambda text: "",
        ],
    )
    def test_with_another_name_or_id_is_refused(self, change: Change) -> None:
        with pytest.raises(NoteError):
            VerifierKey.parse(change(str(LOG.vkey)))

    def test_has_no_space_in_its_name(self) -> None:
        with pytest.raises(NoteError, match="spaces"):
            VerifierKey("a b", 1, bytes(32))


class TestCheckpoint:
    def test_is_believed_under_its_origin(self) -> None:
        raw = signed(CHECKPOINT, LOG).encode()
        assert opened(raw, ORIGIN, [LOG.vkey])[0] == CHECKPOINT

    def test_of_another_origin_is_refused(self) -> None:
        other = Checkpoint("duban.invalid/city.yunlan/supervision", 1, CHECKPOINT.root)
        with pytest.raises(NoteError, match="under its origin"):
            signed(other, LOG)
        raw = sign(other.text(), LOG).encode()
        with pytest.raises(NoteError, match="another log"):
            opened(raw, ORIGIN, [LOG.vkey])

    def test_signed_by_another_key_is_refused(self) -> None:
        with pytest.raises(NoteError, match="no known key"):
            opened(signed(CHECKPOINT, OTHER).encode(), ORIGIN, [LOG.vkey])

    @pytest.mark.parametrize(
        "text",
        [
            f"{ORIGIN}\n1\n",
            f"{ORIGIN}\n01\n{base64.b64encode(bytes(32)).decode()}\n",
            f"{ORIGIN}\n-1\n{base64.b64encode(bytes(32)).decode()}\n",
            f"{ORIGIN}\n1\n{base64.b64encode(bytes(31)).decode()}\n",
            f"{ORIGIN}\n0\n{base64.b64encode(bytes(32)).decode()}\n",
            f"{ORIGIN}\n1\n{base64.b64encode(bytes(32)).decode()}\nextension\n",
            f"\n1\n{base64.b64encode(bytes(32)).decode()}\n",
        ],
    )
    def test_has_exactly_three_lines(self, text: str) -> None:
        with pytest.raises(NoteError):
            Checkpoint.parse(text)


class TestCosignature:
    def note(self) -> Note:
        return signed(CHECKPOINT, LOG).adding(cosign(CHECKPOINT.text(), 1_770_000_000, WITNESS))

    def test_says_who_saw_the_checkpoint_and_when(self) -> None:
        (found,) = cosignatures(Note.parse(self.note().encode()), [WITNESS.vkey])
        assert (found.key, found.time) == (WITNESS.vkey, 1_770_000_000)

    def test_leaves_the_signature_of_the_log_valid(self) -> None:
        assert opened(self.note().encode(), ORIGIN, [LOG.vkey])[0] == CHECKPOINT

    def test_of_an_unknown_witness_does_not_count(self) -> None:
        assert cosignatures(self.note(), [witness_signer("duban.invalid/w2").vkey]) == []

    def test_with_another_time_does_not_verify(self) -> None:
        line = self.note().signatures[1]
        later = (1_770_000_001).to_bytes(8, "big") + line.signature[8:]
        forged = signed(CHECKPOINT, LOG).adding(Signature(line.name, line.key_id, later))
        with pytest.raises(NoteError, match="does not verify"):
            cosignatures(forged, [WITNESS.vkey])

    def test_is_not_made_with_a_key_of_a_log(self) -> None:
        with pytest.raises(NoteError, match="own type"):
            cosign(CHECKPOINT.text(), 1, LOG)


class TestProof:
    def proof(self) -> RecordProof:
        return RecordProof(0, (), signed(CHECKPOINT, LOG).encode())

    def test_proves_its_record_only(self) -> None:
        proof = RecordProof.parse(self.proof().encode())
        assert proof.proves(RECORD) and not proof.proves(RECORD + b" ")

    @pytest.mark.parametrize(
        "change",
        [
            lambda raw: raw.replace(b"@v1", b"@v2"),
            lambda raw: raw.replace(b"index 0", b"index 00"),
            lambda raw: raw.replace(b"index 0\n", b""),
            lambda raw: raw.replace(b"index 0\n", b"index 0\nAAAA\n"),
            lambda raw: raw.replace(b"index 0\n", b"extra !\nindex 0\n"),
            lambda raw: raw.replace(b"index 0\n", b"index 0\n" + encode_hashes([bytes(32)]) * 64),
            lambda raw: raw.replace(b"\n\n", b"\n"),
        ],
    )
    def test_has_one_written_form(self, change: Change) -> None:
        with pytest.raises(NoteError):
            RecordProof.parse(change(self.proof().encode())).proves(RECORD)

    def test_lines_of_hashes_are_read_back(self) -> None:
        hashes = [bytes([number]) * 32 for number in range(3)]
        assert decode_hashes(encode_hashes(hashes)) == hashes
        assert decode_hashes(b"") == []
        with pytest.raises(NoteError, match="cut"):
            decode_hashes(encode_hashes(hashes)[:-1])
