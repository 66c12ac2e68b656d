"""Attacks on checkpoints, keys and trust notes; and the two that only memory and a witness see."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from shared.verifier.notes import parse_key
from tests.attacks.conftest import Verify
from tests.attacks.make_bundle import (
    FEEDBACK,
    LOG_KEYS,
    RECTIFICATION,
    ROOT,
    WITNESS,
    Files,
    Log,
    SigningKey,
    checkpoint_text,
    feedback_log,
    full,
    note,
    origin,
    rectification_log,
    replayed,
    rewritten,
    trust_text,
)
from tests.attacks.verdicts import (
    AUTHENTIC,
    COMPLETE,
    INTACT,
    NO,
    OPEN,
    SEEN,
    WITNESSED,
    YES,
    assert_answers,
    assert_denied,
)

CHECKPOINT = f"logs/{FEEDBACK}/checkpoint"
NEW_KEY = SigningKey(origin(FEEDBACK), number=2)
STRANGER = SigningKey(origin(FEEDBACK), number=66)


def with_head(*keys: SigningKey) -> Files:
    files = full()
    files[CHECKPOINT] = feedback_log().checkpoint(*keys)
    return files


class TestForgedHeads:
    def test_signed_by_a_stranger_under_the_logs_name(self, verified: Verify) -> None:
        report = verified(with_head(STRANGER, WITNESS))
        assert_denied(report, AUTHENTIC, "unsigned")
        assert_answers(report, AUTHENTIC=NO)

    def test_an_altered_root_under_the_old_signature(self, verified: Verify) -> None:
        files = full()
        lines = files[CHECKPOINT].split(b"\n")
        lines[2] = checkpoint_text(FEEDBACK, [b"x" * 32]).split("\n")[2].encode()
        files[CHECKPOINT] = b"\n".join(lines)
        report = verified(files)
        assert_denied(report, AUTHENTIC, "bad-signature")
        assert_denied(report, WITNESSED, "bad-cosignature")
        assert_denied(report, INTACT, "root-differs")

    def test_another_logs_head(self, verified: Verify) -> None:
        files = full()
        files[CHECKPOINT] = files[f"logs/{RECTIFICATION}/checkpoint"]
        report = verified(files)
        assert_denied(report, AUTHENTIC, "wrong-origin")
        assert_denied(report, INTACT, "record-count")

    def test_a_wrong_origin_signed_by_the_right_key(self, verified: Verify) -> None:
        log = feedback_log()
        text = checkpoint_text(FEEDBACK, log.leaves).replace("yunlan/", "yunlun/")
        files = full() | {CHECKPOINT: note(text, LOG_KEYS[FEEDBACK], WITNESS)}
        assert_denied(verified(files), AUTHENTIC, "wrong-origin")

    @pytest.mark.parametrize(
        "change",
        [
            lambda raw: raw.replace(b"\n\n", b"\n", 1),
            lambda raw: raw.replace(b"\n319\n", b"\n0319\n", 1),
            lambda raw: raw.replace(b"\n\n", b"\nextension\n\n", 1),
            lambda raw: raw.replace("— ".encode(), b"- ", 1),
            lambda raw: raw + b"no signature\n",
            lambda raw: b"\xff" + raw,
        ],
    )
    def test_a_note_in_another_form(self, verified: Verify, change: Any) -> None:
        files = full()
        files[CHECKPOINT] = change(files[CHECKPOINT])
        report = verified(files)
        assert report.answer(AUTHENTIC) is NO and report.answer(INTACT) is NO

    def test_signatures_of_unknown_keys_are_ignored(self, verified: Verify) -> None:
        assert_answers(verified(with_head(LOG_KEYS[FEEDBACK], WITNESS, STRANGER)))


class TestKeys:
    def rotated(self, last: int, first: int) -> str:
        old, other = LOG_KEYS[FEEDBACK], LOG_KEYS[RECTIFICATION]
        return trust_text(
            2, hashlib.sha256(full()["trust/1.note"]).hexdigest(),
            logs=[
                f"log {FEEDBACK} {old.vkey} 0-{last}", f"log {FEEDBACK} {NEW_KEY.vkey} {first}-",
                f"log {RECTIFICATION} {other.vkey} 0-",
            ],
        )  # fmt: skip

    def test_a_retired_key_on_a_later_size(self, verified: Verify) -> None:
        files = full() | {"trust/2.note": note(self.rotated(300, 301), ROOT)}
        report = verified(files)
        assert_denied(report, AUTHENTIC, "retired-key")
        assert_answers(report, AUTHENTIC=NO)

    def test_a_retired_key_within_its_sizes(self, verified: Verify) -> None:
        files = full() | {"trust/2.note": note(self.rotated(319, 320), ROOT)}
        assert_answers(verified(files))

    def test_the_new_key_after_a_rotation(self, verified: Verify) -> None:
        files = with_head(NEW_KEY, WITNESS)
        files["trust/2.note"] = note(self.rotated(300, 301), ROOT)
        assert_answers(verified(files))

    def test_the_new_key_before_its_sizes(self, verified: Verify) -> None:
        files = with_head(NEW_KEY, WITNESS)
        files["trust/2.note"] = note(self.rotated(900, 901), ROOT)
        assert_denied(verified(files), AUTHENTIC, "retired-key")


class TestTrustNotes:
    def test_swapped_for_one_of_another_root(self, verified: Verify) -> None:
        files = full() | {"trust/1.note": note(trust_text(), SigningKey("yunlan-root", number=9))}
        report = verified(files)
        assert_denied(report, AUTHENTIC, "untrusted-note")
        assert report.answer(WITNESSED) is OPEN

    def test_altered_under_its_signature(self, verified: Verify) -> None:
        files = full()
        files["trust/1.note"] = files["trust/1.note"].replace(b"quorum 1", b"quorum 0")
        assert_denied(verified(files), AUTHENTIC, "bad-signature")

    @pytest.mark.parametrize(("version", "prev"), [(3, None), (2, "0" * 64), (2, "-")])
    def test_a_broken_chain(self, verified: Verify, version: int, prev: str | None) -> None:
        files = full()
        before = prev or hashlib.sha256(files["trust/1.note"]).hexdigest()
        files["trust/2.note"] = note(trust_text(version, before), ROOT)
        assert_denied(verified(files), AUTHENTIC, "trust-chain")

    def test_all_removed(self, verified: Verify) -> None:
        files = full()
        del files["trust/1.note"]
        assert_denied(verified(files), AUTHENTIC, "no-trust-note")

    def test_the_newest_held_back_though_the_log_names_it(self, verified: Verify) -> None:
        log = rectification_log()
        log.add("log/rectification", "log.trust-changed", version=2, digest="ab" * 32)
        assert_denied(verified(full(feedback_log(), log)), AUTHENTIC, "trust-withheld")

    def test_another_one_than_the_log_names(self, verified: Verify) -> None:
        log = rectification_log()
        log.add("log/rectification", "log.trust-changed", version=1, digest="ab" * 32)
        assert_denied(verified(full(feedback_log(), log)), AUTHENTIC, "trust-swapped")

    def test_no_pinned_root_is_never_a_yes(self, verified: Verify) -> None:
        report = verified(full(), roots=())
        assert_answers(report, AUTHENTIC=OPEN, WITNESSED=OPEN)
        assert "NOT PINNED" in report.as_text()

    def test_no_pinned_root_still_sees_a_bad_signature(self, verified: Verify) -> None:
        report = verified(with_head(STRANGER, WITNESS), roots=())
        assert_denied(report, AUTHENTIC, "unsigned")

    def test_a_whole_log_left_out(self, verified: Verify) -> None:
        files = {name: raw for name, raw in full().items() if RECTIFICATION not in name}
        report = verified(files)
        assert_denied(report, COMPLETE, "log-missing")


class TestWitnesses:
    def test_none_though_one_is_asked_for(self, verified: Verify) -> None:
        report = verified(with_head(LOG_KEYS[FEEDBACK]))
        assert_denied(report, WITNESSED, "too-few-witnesses")
        assert_answers(report, WITNESSED=NO)

    def test_a_cosignature_over_another_head(self, verified: Verify) -> None:
        other = feedback_log().checkpoint(WITNESS, size=100).decode().split("\n")[-2]
        files = with_head(LOG_KEYS[FEEDBACK])
        files[CHECKPOINT] += f"{other}\n".encode()
        assert_denied(verified(files), WITNESSED, "bad-cosignature")

    def test_one_that_the_auditor_knows_and_that_did_not_sign(self, verified: Verify) -> None:
        mine = SigningKey("province.audit/w9", kind=4)
        report = verified(full(), witnesses=(parse_key(mine.vkey),))
        assert_denied(report, WITNESSED, "too-few-witnesses")


def without_witness(files: Files) -> Files:
    return files | {"trust/1.note": note(trust_text(quorum=0), ROOT)}


class TestRollback:
    """An older, genuine export: nothing in it is false."""

    def older(self) -> Files:
        log: Log = replayed(feedback_log(), 239)
        return full(log, rectification_log())

    def test_cannot_be_seen_in_the_file_alone(self, verified: Verify) -> None:
        assert_answers(verified(self.older()), CONSISTENT_WITH_SEEN=OPEN)

    def test_is_caught_by_the_remembered_checkpoint(self, verified: Verify) -> None:
        report = verified(self.older(), seen=[feedback_log().checkpoint(size=300)])
        assert_denied(report, SEEN, "rollback")

    def test_is_caught_by_a_least_size(self, verified: Verify) -> None:
        report = verified(self.older(), min_sizes={FEEDBACK: 300})
        assert_denied(report, COMPLETE, "too-small")


class TestRewriting:
    """The owner of the log's key writes another history from the beginning and signs it."""

    def forged(self, *keys: SigningKey) -> Files:
        def change(record: dict[str, Any]) -> None:
            if record["type"] == "feedback.objection-raised":
                record["data"]["grounds"] = "无"

        log = rewritten(feedback_log(), change)
        assert len(log.records) == len(feedback_log().records)
        files = full(log, rectification_log())
        files[CHECKPOINT] = log.checkpoint(*keys)
        return files

    def test_cannot_be_seen_without_witness_and_memory(self, verified: Verify) -> None:
        report = verified(without_witness(self.forged(LOG_KEYS[FEEDBACK])))
        assert_answers(report, WITNESSED=OPEN, CONSISTENT_WITH_SEEN=OPEN)
        assert report.exit_code == 0

    def test_is_caught_by_the_missing_witness(self, verified: Verify) -> None:
        report = verified(self.forged(LOG_KEYS[FEEDBACK]))
        assert_denied(report, WITNESSED, "too-few-witnesses")
        assert_answers(report, WITNESSED=NO)

    def test_is_caught_by_the_remembered_checkpoint(self, verified: Verify) -> None:
        """Even when the witness went along."""
        seen = [feedback_log().checkpoint(size=300), rectification_log().checkpoint()]
        report = verified(self.forged(LOG_KEYS[FEEDBACK], WITNESS), seen=seen)
        assert_denied(report, SEEN, "fork")
        assert_answers(report, CONSISTENT_WITH_SEEN=NO)

    def test_a_checkpoint_from_before_the_first_change_sees_nothing(self, verified: Verify) -> None:
        seen = [feedback_log().checkpoint(size=200), rectification_log().checkpoint()]
        report = verified(self.forged(LOG_KEYS[FEEDBACK], WITNESS), seen=seen)
        assert_answers(report, CONSISTENT_WITH_SEEN=YES)

    def test_a_remembered_log_that_vanished(self, verified: Verify) -> None:
        vanished = replace(LOG_KEYS[FEEDBACK], name=origin("supervision"))
        seen = [note(checkpoint_text("supervision", [b"x" * 32]), vanished)]
        assert_denied(verified(full(), seen=seen), SEEN, "log-missing")
