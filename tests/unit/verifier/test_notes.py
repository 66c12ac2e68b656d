"""Signed notes, checkpoints and cosignatures: read strictly; the vectors of others verify."""

from collections.abc import Callable

import pytest

from shared.verifier.checkpoints import hash_lines, parse_checkpoint, parse_proof
from shared.verifier.errors import BrokenError
from shared.verifier.notes import parse_key, parse_note
from tests.attacks.make_bundle import (
    FEEDBACK,
    LOG_KEYS,
    WITNESS,
    SigningKey,
    feedback_log,
    note,
    tlog_proof,
)

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)
"""The well-known note of the package golang.org/x/mod/sumdb/note."""


def test_a_note_of_another_implementation_verifies() -> None:
    assert parse_note(PETERS_NOTE.encode()).is_signed_by(parse_key(PETER))


def test_an_altered_one_does_not() -> None:
    altered = parse_note(PETERS_NOTE.replace("cryptography", "Cryptography").encode())
    with pytest.raises(BrokenError, match="does not verify"):
        altered.is_signed_by(parse_key(PETER))


@pytest.mark.parametrize(
    "text",
    ["", "name", PETER.replace("c74f", "c74e"), PETER[:-4], PETER.replace("+ARpc", "+A Rpc"),
     PETER.replace("PeterNeumann", "Peter Neumann"), PETER.replace("+ARpc", "+CRpc")],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BrokenError):
        parse_key(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: text.replace("problem,", "problem\t"),
        lambda text: text.replace("— ", "-- "),
        lambda text: text.replace("=\n", "\n"),
        lambda text: text.replace("PeterNeumann x08", "Peter Neumann x08"),
        lambda text: text + text.split("\n\n")[1] * 101,
        lambda text: text.replace("PeterNeumann x08go/Z", "PeterNeumann x08=\n— a x08go/Z"),
        lambda text: "x" * 1_000_001 + text,
    ],
)
def test_a_note_has_one_written_form(change: Callable[[str], str]) -> None:
    with pytest.raises(BrokenError):
        parse_note(change(PETERS_NOTE).encode())


class TestCosignatures:
    def test_tell_when(self) -> None:
        found = parse_note(feedback_log().checkpoint())
        assert found.cosigned_at(parse_key(WITNESS.vkey)) == 1_772_000_000
        assert found.cosigned_at(parse_key(SigningKey("w", kind=4).vkey)) is None

    def test_the_latest_counts(self) -> None:
        text = "a\n1\n" + "A" * 43 + "=\n"
        raw = f"{text}\n{WITNESS.line(text, 7)}{WITNESS.line(text, 9)}".encode()
        assert parse_note(raw).cosigned_at(parse_key(WITNESS.vkey)) == 9

    def test_an_altered_time_does_not_verify(self) -> None:
        text = "a\n1\n" + "A" * 43 + "=\n"
        line = WITNESS.line(text, 7).replace("AAAAAAAAA", "AAAAAAAAB", 1)
        with pytest.raises(BrokenError):
            parse_note(f"{text}\n{line}".encode()).cosigned_at(parse_key(WITNESS.vkey))

    def test_a_logs_signature_is_none(self) -> None:
        key = LOG_KEYS[FEEDBACK]
        with pytest.raises(BrokenError, match="cosignature"):
            parse_note(note("a\n", key)).cosigned_at(parse_key(key.vkey))

    def test_a_witness_signs_no_note(self) -> None:
        with pytest.raises(BrokenError, match="does not verify"):
            parse_note(note("a\n", WITNESS)).is_signed_by(parse_key(WITNESS.vkey))


class TestProofs:
    def test_the_proof_of_a_record_holds(self) -> None:
        assert parse_proof(tlog_proof(feedback_log(), 17)).holds()

    @pytest.mark.parametrize(
        ("old", "new"),
        [(b"@v1", b"@v2"), (b"extra ", b"extr "), (b"index 17", b"index 017"),
         (b"\n\n", b"\nAAAA\n\n"), (b"index 17\n", b""), (b"tlog", b"tl\xffog")],
    )  # fmt: skip
    def test_has_one_written_form(self, old: bytes, new: bytes) -> None:
        with pytest.raises(BrokenError):
            parse_proof(tlog_proof(feedback_log(), 17).replace(old, new, 1))

    @pytest.mark.parametrize("raw", [b"AAAA\n", b"x", b"\n", ("A" * 43 + "=").encode()])
    def test_lines_that_are_no_hashes_are_refused(self, raw: bytes) -> None:
        with pytest.raises(BrokenError):
            hash_lines(raw)


@pytest.mark.parametrize(
    "body", ["a\n1\n", "a\n-1\nAA==\n", "a\n1\nAA==\n", "\n1\nx\n", "a\n1\nx\ny\n"]
)
def test_what_is_no_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(BrokenError):
        parse_checkpoint(note(body, LOG_KEYS[FEEDBACK]))
