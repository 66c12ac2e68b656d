"""The same report, however many processes read the records, and when some of them are lost."""

from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path

import pytest

from shared.export import verification
from shared.tlog.notes import VerifierKey
from shared.verifier.bundle import Bundle
from shared.verifier.notes import parse_key
from shared.verifier.readers import Readers
from shared.verifier.rows import Entries, Expected
from shared.verifier.verify import Wanted, verify
from tests.attacks.make_bundle import FEEDBACK, ROOT, Files, feedback_log, full, write
from tests.attacks.test_records import replacing, with_records
from tests.support.eventually import eventually

WANTED = Wanted(roots=(parse_key(ROOT.vkey),))


def without_a_bundle() -> Files:
    files = full()
    del files["logs/feedback/tile/entries/000"]
    return files


def with_a_falsified_state() -> Files:
    log = feedback_log()
    log.record_state(root="ab" * 32)
    return full(log)


EXPORTS = {
    "honest": full,
    "one byte altered": lambda: with_records(replacing("底稿".encode(), "底搞".encode(), at=8)),
    "a float": lambda: with_records(replacing(b'"schema":1', b'"schema":1.0', at=250)),
    "a bundle removed": without_a_bundle,
    "a falsified state": with_a_falsified_state,
}


@pytest.mark.parametrize("make", EXPORTS.values(), ids=EXPORTS.keys())
class TestTheReport:
    def test_is_the_same_for_any_number_of_processes(
        self, make: Callable[[], Files], tmp_path: Path
    ) -> None:
        path = write(make(), tmp_path / "x.duban.zip")
        reports = {verify(path, WANTED, processes=n).as_json() for n in (1, 3)}
        assert len(reports) == 1


def test_the_second_verification_reports_the_same_too(tmp_path: Path) -> None:
    path = write(EXPORTS["a float"](), tmp_path / "x.duban.zip")
    wanted = verification.Wanted(roots=(VerifierKey.parse(ROOT.vkey),))
    reports = {verification.verify(path, wanted, processes=n).as_json() for n in (1, 2)}
    assert len(reports) == 1


def test_a_reader_that_is_killed_is_replaced(tmp_path: Path) -> None:
    path = write(full(), tmp_path / "x.duban.zip")
    bundle = Bundle(path)
    plan = [(FEEDBACK, one.name, one.width) for one in bundle.entries(FEEDBACK)]
    readers = Readers(path, bundle, Expected(), plan, processes=2)
    try:
        for process in active_children():
            process.kill()
        eventually(lambda: not active_children())
        assert list(map(readers.take, plan)) == list(map(readers.read, plan))
    finally:
        readers.close()
        bundle.close()


def test_a_log_whose_process_is_killed_is_checked_all_the_same(tmp_path: Path) -> None:
    path = write(full(), tmp_path / "x.duban.zip")
    wanted = verification.Wanted(roots=(VerifierKey.parse(ROOT.vkey),))

    def strike(*_: int) -> None:
        for process in active_children():
            process.kill()

    struck = verification.verify(path, wanted, strike, processes=2)
    assert struck.as_json() == verification.verify(path, wanted, processes=1).as_json()


def test_what_travels_between_processes_arrives_as_it_was(tmp_path: Path) -> None:
    bundle = Bundle(write(full(), tmp_path / "x.duban.zip"))
    (entry, *_) = bundle.entries(FEEDBACK)
    sent = Readers(tmp_path, bundle, Expected(), [], 1).read((FEEDBACK, entry.name, entry.width))
    arrived = Entries()
    arrived.__setstate__(sent.__getstate__())
    assert arrived == sent
    bundle.close()
