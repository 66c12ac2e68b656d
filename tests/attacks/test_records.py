"""Attacks on the records of an exported log: each has its own verdict."""

import json
from collections.abc import Callable

import pytest

from tests.attacks.conftest import Verify
from tests.attacks.make_bundle import (
    FEEDBACK,
    Files,
    canonical,
    entries_of,
    feedback_log,
    full,
    rectification_log,
    replayed,
    rewritten,
)
from tests.attacks.verdicts import (
    COMPLETE,
    INTACT,
    NO,
    OPEN,
    REPRODUCED,
    assert_answers,
    assert_denied,
)

Change = Callable[[list[bytes]], None]


def with_records(change: Change) -> Files:
    """Return the full export in which the stored records of feedback were changed."""
    log = feedback_log()
    records = list(log.records)
    change(records)
    files = full(log, rectification_log())
    for name in log.entries():
        del files[name]
    return files | entries_of(FEEDBACK, records)


def replacing(old: bytes, new: bytes, at: int = 0) -> Change:
    def change(records: list[bytes]) -> None:
        assert old in records[at]
        records[at] = records[at].replace(old, new, 1)

    return change


def test_an_untouched_export_passes(verified: Verify) -> None:
    assert_answers(verified(full()))


@pytest.mark.req("R341")
def test_an_untouched_export_passes_with_a_remembered_checkpoint(verified: Verify) -> None:
    seen = [feedback_log().checkpoint(size=100), rectification_log().checkpoint(size=6)]
    report = verified(full(), seen=seen)
    assert report.exit_code == 0
    assert {answer.value for answer in report.verdicts.values()} == {"yes"}


def test_one_altered_byte(verified: Verify) -> None:
    report = verified(with_records(replacing("底稿".encode(), "底搞".encode(), at=8)))
    assert_denied(report, INTACT, "root-differs")
    assert_denied(report, INTACT, "chain-prev")
    assert_answers(report, INTACT=NO, REPRODUCED=OPEN, COMPLETE=OPEN)


def test_an_altered_last_record_of_a_stream_breaks_only_the_root(verified: Verify) -> None:
    report = verified(with_records(replacing(b'"key-deletion"', b'"key-delations"', at=-2)))
    assert_denied(report, INTACT, "root-differs")


def test_a_removed_record(verified: Verify) -> None:
    report = verified(with_records(lambda records: records.__delitem__(5)))
    assert_denied(report, INTACT, "record-count")
    assert_denied(report, COMPLETE, "record-count")


def test_a_removed_record_whose_place_another_takes(verified: Verify) -> None:
    def change(records: list[bytes]) -> None:
        records[5:6] = []
        records.append(records[-1])

    report = verified(with_records(change))
    assert_denied(report, INTACT, "chain-version")
    assert_denied(report, INTACT, "root-differs")


def test_an_inserted_record(verified: Verify) -> None:
    log = feedback_log()
    forged = canonical(log.add("problem/YL-T1R1-U01-900", "feedback.problem-drafted"))
    report = verified(with_records(lambda records: records.insert(7, forged)))
    assert_denied(report, INTACT, "record-count")


def test_a_copied_record(verified: Verify) -> None:
    report = verified(with_records(lambda records: records.__setitem__(9, records[8])))
    assert_denied(report, INTACT, "chain-version")
    assert_denied(report, INTACT, "root-differs")


def test_two_swapped_records_of_different_streams(verified: Verify) -> None:
    def change(records: list[bytes]) -> None:
        records[3], records[4] = records[4], records[3]

    report = verified(with_records(change))
    assert_denied(report, INTACT, "root-differs")
    assert_answers(report, INTACT=NO, COMPLETE=OPEN)


def test_two_swapped_records_of_one_stream(verified: Verify) -> None:
    def change(records: list[bytes]) -> None:
        records[1], records[2] = records[2], records[1]

    assert_denied(verified(with_records(change)), INTACT, "chain-version")


def test_a_record_removed_and_everything_chained_anew(verified: Verify) -> None:
    """All chains and ids are right again; the signed root is not."""
    log = feedback_log()
    less = rewritten(replayed(log, len(log.records)), lambda _: None)
    assert less.records == log.records
    del log.records[2]
    forged = rewritten(log, lambda _: None)
    forged.add("problem/YL-T1R1-U01-001", "feedback.problem-approved", approved=True)
    report = verified(
        with_records(lambda records: records.__setitem__(slice(None), forged.records))
    )
    assert {fault.code for fault in report.faults} == {"root-differs"}
    assert_answers(report, INTACT=NO, COMPLETE=OPEN)


def test_the_tail_cut_off(verified: Verify) -> None:
    report = verified(with_records(lambda records: records.__delitem__(slice(-5, None))))
    assert_denied(report, INTACT, "record-count")
    assert_denied(report, COMPLETE, "record-count")


def test_a_bundle_of_256_records_removed(verified: Verify) -> None:
    files = full()
    del files["logs/feedback/tile/entries/000"]
    assert verified(files).answer(INTACT) is NO


def test_a_bundle_cut_within_a_record(verified: Verify) -> None:
    files = full()
    files["logs/feedback/tile/entries/000"] = files["logs/feedback/tile/entries/000"][:-3]
    assert_denied(verified(files), INTACT, "entries-cut")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"schema":1,', b'"schema":1,"schema":1,', "duplicate-key"),
        (b'"schema":1', b'"schema":1.0', "float"),
        (b'"schema":1', b'"schema":1e2', "float"),
        (b'"schema":1', b'"schema":NaN', "float"),
        (b'"schema":1', b'"schema":9007199254740992', "large-integer"),
        (b'"schema":1', b'"schema":null', "null"),
        (b'"schema":1', b'"schema": 1', "not-canonical"),
        (b'"schema":1', b'"schema":01', "not-json"),
        (b'"trace":""', b'"trace":"\\u0041"', "not-canonical"),
        (b'"trace":""', b'"trace":"\\u0001"', "control-character"),
        (b'"trace":""', b'"trace":"\\ud800"', "not-canonical"),
        (b'"trace":""', b'"trace":"\xff"', "not-json"),
        (b'"trace":""', '"trace":"e\u0301"'.encode(), "not-nfc"),
        (b'"trace":""', b'"trace":"","trace-x":""', "odd-key"),
        (b'"trace":""', b'"trace":"","tracf":""', "fields"),
        (b'"trace":""', b'"trace":7', "fields"),
        (b'"class":"C2"', b'"class":"C9"', "fields"),
        (b'000000Z"', b'00000Z"', "fields"),
        (b'"f":"duban/1"', b'"f":"duban/2"', "foreign-record"),
        (b'"service":"feedback"', b'"service":"feedbacc"', "foreign-record"),
        (b'"tenant":"city:yunlan"', b'"tenant":"city:yunlin"', "foreign-record"),
        (b'"type":"feedback.', b'"type":"rectific.', "foreign-record"),
    ],
)  # fmt: skip
def test_a_record_that_no_honest_writer_writes(
    verified: Verify, old: bytes, new: bytes, code: str
) -> None:
    report = verified(with_records(replacing(old, new, at=20)))
    assert_denied(report, INTACT, code)
    assert_denied(report, INTACT, "root-differs")


def test_such_a_record_is_refused_even_when_it_was_sealed_and_signed(verified: Verify) -> None:
    """The owner of the key cannot make a log of records that read differently elsewhere."""
    log = feedback_log()
    log.records[20] = log.records[20].replace(b'"schema":1', b'"schema":1,"schema":1')
    report = verified(full(log, rectification_log()))
    assert {fault.code for fault in report.faults} >= {"duplicate-key"}
    assert report.answer(INTACT) is NO


def test_an_oversized_record_cannot_be_framed(verified: Verify) -> None:
    """Its length wraps around: what follows is read as another record."""
    huge = b'{"x":"' + b"a" * 70_000 + b'"}'
    files = full()
    name = "logs/rectification/tile/entries/000.p/6"
    files[name] = (len(huge) % 65_536).to_bytes(2, "big") + huge + files[name]
    assert verified(files).answer(INTACT) is NO


def test_a_cause_that_stands_after_its_effect(verified: Verify) -> None:
    log = rectification_log()
    later = json.loads(log.records[4])
    forged = rewritten(
        log, lambda r: r.update(causation=later["id"]) if r["version"] == 2 else None
    )
    assert_denied(verified(full(feedback_log(), forged)), INTACT, "cause-later")


@pytest.mark.req("R341")
def test_a_falsified_recorded_state(verified: Verify) -> None:
    log = rectification_log()
    log.record_state(root="ab" * 32)
    report = verified(full(feedback_log(), log))
    assert_denied(report, REPRODUCED, "state-differs")
    assert_answers(report, REPRODUCED=NO)


def test_a_state_of_records_that_do_not_exist_yet(verified: Verify) -> None:
    log = rectification_log()
    log.add(
        "log/rectification", "log.state-recorded", size=99, state_root="ab" * 32, heads=3,
        reducer={},
    )  # fmt: skip
    assert_denied(verified(full(feedback_log(), log)), REPRODUCED, "reducer-not-trusted")
