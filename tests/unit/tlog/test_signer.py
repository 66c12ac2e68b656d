"""Keys in files, and the memory that no backup of a database takes back."""

import stat
from pathlib import Path

import pytest

from shared.kernel.errors import UnavailableError
from shared.tlog import merkle
from shared.tlog.checkpoints import Checkpoint, opened
from shared.tlog.notes import NoteError, sign
from shared.tlog.signer import CheckpointSigner, FileSigner, HighWaterMark, StaleTreeError
from tests.support.signers import WordSigner

ORIGIN = "duban.invalid/city.yunlan/feedback"
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(20)]


def read(height: int, number: int) -> bytes:
    return merkle.root_of(LEAVES[number << height : number + 1 << height])


def prove(old: int, new: int) -> list[bytes]:
    return merkle.consistency_proof(read, old, new)


def at(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(ORIGIN, size, merkle.root_of(leaves[:size]))


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner(WordSigner(ORIGIN), HighWaterMark(tmp_path / "log.mark"))


class TestFileSigner:
    def test_keeps_its_key_for_its_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "log.key"
        made = FileSigner.create(path, ORIGIN)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert FileSigner.create(path, ORIGIN).vkey == FileSigner(path).vkey == made.vkey
        assert (tmp_path / "log.vkey").read_text() == f"{made.vkey}\n"

    def test_reads_the_form_of_other_tools(self, tmp_path: Path) -> None:
        """The key of golang.org/x/mod/sumdb/note (note_test.go) signs its note."""
        path = tmp_path / "peter.key"
        key = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
        path.write_text(f"{key}\n")
        text = "If you think cryptography is the answer to your problem,\n"
        text += "then you don't know what your problem is.\n"
        assert str(sign(text, FileSigner(path)).signatures[0]) == (
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
            "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
        )

    def test_without_a_key_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(UnavailableError, match=r"no signing key log\.key"):
            FileSigner(tmp_path / "log.key")

    def test_of_a_file_that_is_no_key_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "log.key"
        path.write_text("PRIVATE+KEY+name+AAAA")
        with pytest.raises(NoteError):
            FileSigner(path)


class TestCheckpointSigner:
    def test_signs_a_growing_log(self, signer: CheckpointSigner) -> None:
        for size in (0, 3, 3, 7, 20):
            note = signer.sign(at(size), prove)
            assert opened(note.encode(), ORIGIN, [signer.vkey])[0] == at(size)

    def test_refuses_a_smaller_log(self, signer: CheckpointSigner) -> None:
        signer.sign(at(7), prove)
        with pytest.raises(StaleTreeError, match="checkpoint of 3 records does not continue"):
            signer.sign(at(3), prove)

    def test_refuses_another_log(self, signer: CheckpointSigner) -> None:
        signer.sign(at(7), prove)
        forked = [*LEAVES[:6], *LEAVES[:14]]
        for size in (7, 20):
            with pytest.raises(StaleTreeError, match="does not hold the 7 records"):
                signer.sign(at(size, forked), prove)

    def test_says_before_sealing_that_the_database_is_behind(
        self, signer: CheckpointSigner
    ) -> None:
        signer.require_not_behind(at(0))
        signer.sign(at(7), prove)
        signer.require_not_behind(at(7))
        signer.require_not_behind(at(8))
        with pytest.raises(StaleTreeError, match="restored from an old backup"):
            signer.require_not_behind(at(6))

    def test_remembers_before_it_signs(self, tmp_path: Path) -> None:
        seen: list[Checkpoint | None] = []
        mark = HighWaterMark(tmp_path / "log.mark")
        signer = CheckpointSigner(WordSigner(ORIGIN), mark, lambda _: seen.append(mark.last()))
        signer.sign(at(5), prove)
        assert seen == [at(5)]

    def test_signs_with_two_keys_while_one_is_replaced(self, tmp_path: Path) -> None:
        old = FileSigner.create(tmp_path / "log.key", ORIGIN)
        CheckpointSigner.in_directory(tmp_path).sign(at(5), prove)
        for suffix in ("key", "vkey"):
            (tmp_path / f"log.{suffix}").rename(tmp_path / f"log.previous.{suffix}")
        new = FileSigner.create(tmp_path / "log.key", ORIGIN)
        note = CheckpointSigner.in_directory(tmp_path).sign(at(7), prove)
        assert note.signers([old.vkey, new.vkey]) == [old.vkey, new.vkey]
        (tmp_path / "log.previous.key").unlink()
        note = CheckpointSigner.in_directory(tmp_path).sign(at(9), prove)
        assert note.signers([old.vkey, new.vkey]) == [new.vkey]
        with pytest.raises(StaleTreeError):
            CheckpointSigner.in_directory(tmp_path).sign(at(5), prove)

    def test_with_a_broken_memory_signs_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "log.mark"
        path.write_text("")
        signer = CheckpointSigner(WordSigner(ORIGIN), HighWaterMark(path))
        with pytest.raises(NoteError):
            signer.sign(at(1), prove)
