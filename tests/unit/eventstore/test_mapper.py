"""The mapper keeps a record's bytes as they are and finds a record out of place."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from eventsourcing.persistence import Notification, StoredEvent

from shared.contracts.feedback import ProblemDraftReturned
from shared.eventstore.mapper import RecordMapper
from shared.eventstore.record import compose
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context
from shared.kernel.errors import ContractError, NotCanonicalError

TEAM_LEADER = Context(
    tenant="city:yunlan",
    actor=Actor(person_ref="p-team-leader", org="team-1", role=Role.TL),
    command="ReturnDraft/1",
    time=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)
RETURNED = ProblemDraftReturned(problem_no="YL-T1R1-U01-001", reason="数据来源不清")
RECORDED = compose("feedback", "problem/P1", 1, "", RETURNED, TEAM_LEADER)
STORED = StoredEvent("problem/P1", 1, "feedback.problem-draft-returned", RECORDED.raw)


def test_the_stored_topic_is_the_declared_type_and_the_state_the_record() -> None:
    assert RecordMapper().to_stored_event(RECORDED) == STORED


def test_a_stored_event_comes_back_as_the_same_record() -> None:
    assert RecordMapper().to_domain_event(STORED) == RECORDED
    assert RecordMapper().to_event(STORED) == RETURNED


def test_a_notification_brings_its_position_along() -> None:
    notification = Notification(
        STORED.originator_id, STORED.originator_version, STORED.topic, STORED.state, id=7
    )
    assert RecordMapper().to_domain_event(notification).position == 7


@pytest.mark.parametrize(
    "moved",
    [
        replace(STORED, originator_id="problem/P2"),
        replace(STORED, originator_version=2),
        replace(STORED, topic="feedback.problem-withdrawn"),
    ],
)
def test_a_record_in_anothers_place_is_refused(moved: StoredEvent) -> None:
    for read in (RecordMapper().to_domain_event, RecordMapper().to_event):
        with pytest.raises(ContractError):
            read(moved)


@pytest.mark.parametrize("state", [b"", b"[]", b"{}", b'{"type":1}', RECORDED.raw[:-1]])
def test_bytes_that_are_no_record_are_refused(state: bytes) -> None:
    for read in (RecordMapper().to_domain_event, RecordMapper().to_event):
        with pytest.raises(NotCanonicalError):
            read(replace(STORED, state=state))


def test_what_is_not_a_record_is_refused() -> None:
    with pytest.raises(ContractError):
        RecordMapper().to_stored_event(cast(Any, object()))


@pytest.mark.parametrize("changer", ["compressor", "cipher"])
def test_nothing_may_change_the_bytes(changer: str) -> None:
    with pytest.raises(ValueError, match="as they are"):
        RecordMapper(**{changer: object()})
