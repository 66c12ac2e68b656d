"""The local system draws its keys once and writes a trust note when something has changed."""

import stat
from pathlib import Path

import pytest

from shared.embedded import log_keys
from shared.embedded.log_keys import log_directory, prepare, trust_notes, witness_vkeys
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import EMPTY_ROOT
from shared.tlog.notes import VerifierKey
from shared.tlog.signer import CheckpointSigner, FileSigner, HighWaterMark
from shared.tlog.trust import LogKey, Trust, chain

ORIGIN = "duban.invalid/city.yunlan/feedback"
TENANT = "city:yunlan"
SERVICES = ["feedback", "audit"]


def trust(keys: Path) -> list[Trust]:
    root = VerifierKey.parse((keys / "root.vkey").read_text().strip())
    return chain(trust_notes(keys), root)


def test_the_first_note_names_every_key(tmp_path: Path) -> None:
    prepare(tmp_path, TENANT, SERVICES)
    (first,) = trust(tmp_path)
    signer = CheckpointSigner.in_directory(log_directory(tmp_path, "feedback"))
    assert signer.origin == "duban.invalid/city.yunlan/feedback"
    assert first.keys_for("feedback", 1) == [signer.vkey]
    assert [str(key) for key in first.witness_keys] == witness_vkeys(tmp_path)
    assert (first.tenant, first.quorum, len(first.reducers)) == (TENANT, 1, 1)


def test_nobody_else_reads_the_keys(tmp_path: Path) -> None:
    prepare(tmp_path, TENANT, SERVICES)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*.key")}
    assert modes == {0o600}


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    prepare(tmp_path, TENANT, SERVICES)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    prepare(tmp_path, TENANT, SERVICES)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_other_reducers_or_services_make_the_next_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path, TENANT, ["feedback"])
    prepare(tmp_path, TENANT, SERVICES)
    newer = {"name": "duban-reducers", "version": "1.0.1", "digest": "ab" * 32}
    monkeypatch.setattr(log_keys, "REDUCER", newer)
    prepare(tmp_path, TENANT, SERVICES)
    found = trust(tmp_path)
    assert [one.quorum for one in found] == [0, 1, 1]
    assert found[-1].reducers[0].version == "1.0.1"


def replaced(keys: Path, *, signed: int) -> list[LogKey]:
    """Put the key of feedback aside after it has signed so much; return its log's keys then."""
    directory = log_directory(keys, "feedback")
    if signed:
        HighWaterMark(directory / "log.mark").set(Checkpoint(ORIGIN, signed, EMPTY_ROOT))
    (directory / "log.key").rename(directory / "log.previous.key")
    prepare(keys, TENANT, SERVICES)
    return [one for one in trust(keys)[-1].logs if one.service == "feedback"]


class TestReplacedKey:
    def test_ends_where_it_has_signed_last(self, tmp_path: Path) -> None:
        prepare(tmp_path, TENANT, SERVICES)
        old, new = replaced(tmp_path, signed=7)
        assert [(one.first, one.last) for one in (old, new)] == [(0, 7), (8, None)]
        assert old.key == FileSigner(log_directory(tmp_path, "feedback") / "log.previous.key").vkey
        assert new.key == FileSigner(log_directory(tmp_path, "feedback") / "log.key").vkey

    def test_stays_in_the_notes_that_follow(self, tmp_path: Path) -> None:
        prepare(tmp_path, TENANT, SERVICES)
        replaced(tmp_path, signed=7)
        sizes = [(one.first, one.last) for one in replaced(tmp_path, signed=9)]
        assert sizes == [(0, 7), (8, 9), (10, None)]
        prepare(tmp_path, TENANT, SERVICES)
        assert len(trust(tmp_path)) == 3

    def test_that_never_signed_is_left_out(self, tmp_path: Path) -> None:
        prepare(tmp_path, TENANT, SERVICES)
        assert [(one.first, one.last) for one in replaced(tmp_path, signed=0)] == [(0, None)]
        replaced(tmp_path, signed=7)
        assert [one.first for one in replaced(tmp_path, signed=0)] == [0, 8]
