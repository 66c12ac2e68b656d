"""The record: serialised once, parsed from those same bytes, chained to the one before."""

import hashlib
from datetime import UTC, datetime

import pytest

from shared.contracts.feedback import ProblemDraftReturned, ProblemSubstantiated, WorkingPaper
from shared.eventstore import canonical
from shared.eventstore.record import compose, parse
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context
from shared.kernel.errors import NewerSchemaError, NotCanonicalError, UnknownEventError

TEAM_LEADER = Context(
    tenant="city:yunlan",
    actor=Actor(person_ref="p-team-leader", org="team-1", role=Role.TL),
    command="ReturnDraft/1",
    time=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    correlation="YL-T1R1-U01-001",
)
RETURNED = ProblemDraftReturned(problem_no="YL-T1R1-U01-001", reason="数据来源不清")


def test_a_composed_record_parses_to_the_same_event() -> None:
    composed = compose("feedback", "problem/YL-T1R1-U01-001", 1, "", RETURNED, TEAM_LEADER)
    parsed = parse(composed.raw)
    assert (parsed.event, parsed.record) == (RETURNED, composed.record)


def test_the_next_record_carries_the_digest_of_the_bytes_before() -> None:
    first = compose("feedback", "problem/P1", 1, "", RETURNED, TEAM_LEADER)
    second = compose("feedback", "problem/P1", 2, first.digest, RETURNED, TEAM_LEADER)
    assert second.record.prev == hashlib.sha256(first.raw).hexdigest()


def test_the_same_circumstances_give_the_same_bytes() -> None:
    first = compose("feedback", "problem/P1", 1, "", RETURNED, TEAM_LEADER)
    assert first.raw == compose("feedback", "problem/P1", 1, "", RETURNED, TEAM_LEADER).raw


def test_time_is_written_in_utc_with_six_digits() -> None:
    composed = compose("feedback", "problem/P1", 1, "", RETURNED, TEAM_LEADER)
    assert b'"time":"2026-03-02T09:30:00.000000Z"' in composed.raw


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-02T17:30:00.000000+08:00",
        "2026-03-02T09:30:00Z",
        "2026-03-02T09:30:00.000Z",
        "2026-03-02 09:30:00.000000Z",
        "2026-02-30T09:30:00.000000Z",
        "1234-03-02T09:30:00.000000Z",
        1772443800,
    ],
)
def test_a_time_in_another_form_is_refused(time: object) -> None:
    with pytest.raises(NotCanonicalError):
        parse(_altered(time=time))


def test_absent_facts_are_left_out() -> None:
    paper = WorkingPaper(paper_no="W1", digest="0" * 64, author="p-a", reviewer="p-b")
    event = ProblemSubstantiated(problem_no="P1", papers=[paper], reviewer="p-b")
    assert b"null" not in compose("feedback", "problem/P1", 1, "", event, TEAM_LEADER).raw


def _altered(**changes: object) -> bytes:
    composed = compose("feedback", "problem/P1", 1, "", RETURNED, TEAM_LEADER)
    return canonical.encode(canonical.decode(composed.raw) | changes)


def test_a_record_of_a_newer_schema_is_refused_loudly() -> None:
    with pytest.raises(NewerSchemaError):
        parse(_altered(schema=2))


def test_an_undeclared_event_is_refused() -> None:
    with pytest.raises(UnknownEventError):
        parse(_altered(type="feedback.never-declared"))


def test_unknown_or_missing_facts_are_refused() -> None:
    with pytest.raises(NotCanonicalError):
        parse(_altered(data={"problem_no": "P1"}))


def test_a_record_of_another_format_is_refused() -> None:
    with pytest.raises(NotCanonicalError):
        parse(_altered(f="duban/2"))
