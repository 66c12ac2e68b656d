"""Attacks on the ZIP itself, on disclosures, attachments, reducers and the other two modes."""

import struct
import zipfile
from pathlib import Path

import pytest

from shared.reducers import REDUCER
from tests.attacks.conftest import Verify
from tests.attacks.make_bundle import (
    ATTACHMENT,
    FEEDBACK,
    ROOT,
    SECRET,
    canonical,
    case,
    commitment,
    common_files,
    feedback_log,
    full,
    hash_lines,
    incremental,
    note,
    rectification_log,
    trust_text,
    write,
)
from tests.attacks.verdicts import (
    COMPLETE,
    INTACT,
    NO,
    OPEN,
    REPRODUCED,
    SEEN,
    YES,
    assert_answers,
    assert_denied,
)

EVIDENCE = [name for name in full() if name.startswith(("logs/", "trust/1", "sealed/", "blobs/"))]
PROBLEM = "problem/YL-T1R1-U01-007"
FOLDER = f"cases/{FEEDBACK}/problem%2FYL-T1R1-U01-007"


def zipped(path: Path, *extra: tuple[str, bytes, int], method: int = zipfile.ZIP_STORED) -> Path:
    """Write the sample with more names in the ZIP, each with its file mode."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, raw in full().items():
            archive.writestr(name, raw)
        for name, raw, mode in extra:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, method
            archive.writestr(info, raw)
    return path


class TestZip:
    @pytest.mark.parametrize(
        "name",
        ["../evil", "/etc/passwd", "logs/../../evil", "a\\..\\b", "C:/x", "logs//x", "./x", "x/",
         "logs/x\n", "logs/.hidden", "a" * 2000],
    )  # fmt: skip
    def test_path_tricks(self, verified: Verify, tmp_path: Path, name: str) -> None:
        assert_denied(verified(zipped(tmp_path / "x.zip", (name, b"", 0))), INTACT, "path-trick")

    def test_a_symbolic_link(self, verified: Verify, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip", ("blobs/link", b"/etc/passwd", 0o120777))
        assert_denied(verified(path), INTACT, "path-trick")

    def test_a_bomb(self, verified: Verify, tmp_path: Path) -> None:
        bomb = ("blobs/bomb", bytes(30_000_000), 0o100644)
        path = zipped(tmp_path / "x.zip", bomb, method=zipfile.ZIP_DEFLATED)
        assert path.stat().st_size < 200_000
        assert_denied(verified(path), INTACT, "zip-bomb")

    def test_a_bomb_that_lies_about_its_size(self, verified: Verify, tmp_path: Path) -> None:
        """The directory says 300 bytes; no more are ever taken out."""
        path = tmp_path / "x.zip"
        name = "logs/rectification/tile/entries/000.p/6"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for other, raw in full().items():
                archive.writestr(other, bytes(5_000_000) if other == name else raw)
        raw = path.read_bytes().replace(struct.pack("<L", 5_000_000), struct.pack("<L", 300))
        path.write_bytes(raw)
        report = verified(path)
        assert_denied(report, INTACT, "damaged-file")

    def test_a_name_that_stands_twice(self, verified: Verify, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="Duplicate name"):
            path = zipped(tmp_path / "x.zip", ("trust/1.note", b"", 0))
        assert_denied(verified(path), INTACT, "name-twice")

    def test_files_that_share_their_bytes(self, verified: Verify, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip")
        raw = bytearray(path.read_bytes())
        central = raw.rfind(b"PK\x01\x02")
        raw[central + 42 : central + 46] = bytes(4)
        path.write_bytes(raw)
        assert_denied(verified(path), INTACT, "zip-bomb")

    def test_something_before_the_zip(self, verified: Verify, tmp_path: Path) -> None:
        path = zipped(tmp_path / "x.zip")
        path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
        assert_denied(verified(path), INTACT, "zip-bomb")

    @pytest.mark.parametrize("raw", [b"", b"PK", b"not a zip", b"PK\x05\x06" + bytes(18)])
    def test_something_else_than_an_export(
        self, verified: Verify, tmp_path: Path, raw: bytes
    ) -> None:
        path = tmp_path / "x.zip"
        path.write_bytes(raw)
        report = verified(path)
        assert report.answer(INTACT) is NO and YES not in report.verdicts.values()

    def test_any_damaged_byte_is_a_no_or_changes_nothing_that_counts(
        self, verified: Verify, tmp_path: Path
    ) -> None:
        """Whatever byte is hit, the verifier answers; without a no, all evidence is unharmed."""
        files = full()
        path = write(files, tmp_path / "x.zip")
        whole = path.read_bytes()
        for at in range(0, len(whole), len(whole) // 25):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
            if verified(path).exit_code == 0:
                with zipfile.ZipFile(path) as archive:
                    assert all(archive.read(name) == files[name] for name in EVIDENCE)

    def test_the_manifest_is_no_evidence(self, verified: Verify) -> None:
        assert_answers(verified(full() | {"MANIFEST.json": b"\xff nonsense"}))


class TestDisclosures:
    name = f"sealed/{commitment(*SECRET).hex()}.json"

    def test_the_wrong_salt(self, verified: Verify) -> None:
        files = full() | {self.name: canonical(["AAAAAAAAAAAAAAAAAAAAAA==", *SECRET[1:]])}
        report = verified(files)
        assert_denied(report, INTACT, "disclosure-mismatch")
        assert_answers(report, INTACT=NO)

    def test_another_value(self, verified: Verify) -> None:
        files = full() | {self.name: canonical([*SECRET[:2], "别的内容"])}
        assert_denied(verified(files), INTACT, "disclosure-mismatch")

    def test_one_that_no_record_commits_to(self, verified: Verify) -> None:
        forged = ("c2FsdA==", "complaint", "编造")
        files = full() | {f"sealed/{commitment(*forged).hex()}.json": canonical(list(forged))}
        assert_denied(verified(files), INTACT, "disclosure-of-nothing")

    @pytest.mark.parametrize("raw", [b"{}", b"[1,2,3]", b"[", b'["a","b"]', b"\xff"])
    def test_something_that_is_none(self, verified: Verify, raw: bytes) -> None:
        assert_denied(verified(full() | {self.name: raw}), INTACT, "not-a-disclosure")

    def test_withheld_and_erased_values_are_counted(self, verified: Verify) -> None:
        files = full()
        del files[self.name]
        report = verified(files)
        assert report.sealed == {"disclosed": 0, "withheld": 1, "erased": 1}
        assert_answers(report)


class TestAttachments:
    name = next(name for name in full() if name.startswith("blobs/"))

    def test_swapped(self, verified: Verify) -> None:
        report = verified(full() | {self.name: ATTACHMENT + b"."})
        assert_denied(report, INTACT, "attachment-mismatch")

    def test_added(self, verified: Verify) -> None:
        name = "blobs/sha256/e3/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        assert_denied(verified(full() | {name: b""}), INTACT, "attachment-of-nothing")


class TestReducers:
    def test_swapped_in_the_bundle(self, verified: Verify) -> None:
        report = verified(full() | {"reducer/state.py": b"def state_of(records): return {}\n"})
        assert_denied(report, REPRODUCED, "reducer-swapped")
        assert_answers(report, REPRODUCED=NO)

    def test_states_made_by_reducers_that_nobody_vouches_for(self, verified: Verify) -> None:
        log = rectification_log()
        log.record_state({**REDUCER, "digest": "cd" * 32})
        assert_denied(verified(full(feedback_log(), log)), REPRODUCED, "reducer-not-trusted")

    def test_trusted_ones_that_this_verifier_has_not(self, verified: Verify) -> None:
        """It does not run code out of a bundle: that is then not checked."""
        log = rectification_log()
        log.record_state({**REDUCER, "digest": "cd" * 32})
        text = trust_text() + f"reducer duban-reducers 0.9.0 sha256:{'cd' * 32}\n"
        files = full(feedback_log(), log) | {"trust/1.note": note(text, ROOT)}
        assert_answers(verified(files), REPRODUCED=OPEN)

    def test_others_than_the_auditor_pinned(self, verified: Verify) -> None:
        report = verified(full(), reducer_hash="ef" * 32)
        assert_denied(report, REPRODUCED, "reducer-not-trusted")


class TestIncremental:
    def bundle(self) -> dict[str, bytes]:
        trust = trust_text(logs=[trust_text().split("\n")[4]])
        return incremental(feedback_log(), 280) | {"trust/1.note": note(trust, ROOT)}

    def test_continues_the_remembered_checkpoint(self, verified: Verify) -> None:
        report = verified(self.bundle(), seen=[feedback_log().checkpoint(size=280)])
        assert_answers(report, CONSISTENT_WITH_SEEN=YES, REPRODUCED=OPEN)

    def test_alone_it_does_not_show_what_came_before(self, verified: Verify) -> None:
        report = verified(self.bundle())
        assert_answers(report, REPRODUCED=OPEN, COMPLETE=OPEN)

    def test_an_older_checkpoint_is_checked_by_the_proof(self, verified: Verify) -> None:
        log = feedback_log()
        proof = incremental(log, 100)[f"logs/{FEEDBACK}/proofs/consistency-100.txt"]
        files = self.bundle() | {f"logs/{FEEDBACK}/proofs/consistency-100.txt": proof}
        report = verified(files, seen=[log.checkpoint(size=100)])
        assert report.answer(SEEN) is YES

    def test_a_forged_range(self, verified: Verify) -> None:
        files = self.bundle()
        files[f"logs/{FEEDBACK}/proofs/range-256.txt"] = hash_lines([b"x" * 32])
        report = verified(files, seen=[feedback_log().checkpoint(size=280)])
        assert_denied(report, INTACT, "root-differs")


class TestSingleCase:
    def test_shows_one_stream_whole(self, verified: Verify) -> None:
        assert_answers(verified(case(feedback_log(), PROBLEM)))

    def test_shows_no_other_case(self, tmp_path: Path) -> None:
        shown = b"".join(case(feedback_log(), PROBLEM).values())
        assert b"U01-008" not in shown

    def test_a_record_left_out_at_the_end(self, verified: Verify) -> None:
        files = case(feedback_log(), PROBLEM)
        del files[f"{FOLDER}/6.tlog-proof"]
        report = verified(files)
        assert_denied(report, COMPLETE, "records-missing")

    def test_a_record_left_out_in_the_middle(self, verified: Verify) -> None:
        files = case(feedback_log(), PROBLEM)
        del files[f"{FOLDER}/3.tlog-proof"]
        assert_denied(verified(files), INTACT, "chain-version")

    def test_without_proof_of_completeness(self, verified: Verify) -> None:
        files = case(feedback_log(), PROBLEM)
        del files[f"{FOLDER}.map-proof"]
        assert_answers(verified(files), COMPLETE=OPEN, REPRODUCED=OPEN)

    def test_a_proof_of_another_stream(self, verified: Verify) -> None:
        files, log = case(feedback_log(), PROBLEM), feedback_log()
        other = case(log, PROBLEM.replace("007", "008"))
        files[f"{FOLDER}.map-proof"] = other[f"{FOLDER.replace('007', '008')}.map-proof"]
        assert_denied(verified(files), COMPLETE, "wrong-map-proof")

    def test_a_record_that_is_not_in_the_log(self, verified: Verify) -> None:
        files = case(feedback_log(), PROBLEM)
        name = f"{FOLDER}/1.tlog-proof"
        files[name] = files[name].replace(b"index 24\n", b"index 25\n")
        assert_denied(verified(files), INTACT, "not-included")

    def test_a_proof_under_another_checkpoint(self, verified: Verify) -> None:
        files = case(feedback_log(), PROBLEM)
        files[f"logs/{FEEDBACK}/checkpoint"] = feedback_log().checkpoint(size=300)
        assert_denied(verified(files), INTACT, "other-checkpoint")

    def test_common_files_alone_prove_nothing(self, verified: Verify) -> None:
        report = verified(common_files())
        assert_denied(report, INTACT, "no-log")
        assert report.answer(COMPLETE) is NO
