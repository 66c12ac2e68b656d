"""What the relay sends of a stored record: the same as is said of a record that was read."""

import pytest

from shared.contracts.base import Text
from shared.eventstore.record import RecordedEvent, compose
from shared.eventstore.store import StoredRecord
from shared.kernel.context import Context
from shared.messaging.headers import encode
from shared.messaging.outgoing import Outgoing, told_by
from tests.unit.messaging.records import SOURCE, LampLit, lit


class LampNoted(LampLit, type="lighthouse.lamp-noted"):
    note: Text


def sent(recorded: RecordedEvent) -> Outgoing:
    stored = StoredRecord(recorded.position, recorded.originator_id, recorded.raw)
    return Outgoing(stored, told_by(recorded.raw))


def noted(note: str, policy: str = "") -> RecordedEvent:
    record = lit().record
    context = Context(
        tenant=record.tenant,
        actor=record.actor,
        command=record.command,
        time=record.time,
        correlation=record.correlation,
        policy=policy,
    )
    composed = compose(SOURCE, "lamp/north", 1, "", LampNoted(keeper="p", note=note), context)
    return RecordedEvent(composed.raw, composed.record, composed.event, 7)


@pytest.mark.parametrize(
    "recorded",
    [
        lit(),
        lit(version=12, trace=""),
        noted('","f":"duban/1","id":"another'),
        noted("整改到位，\\ 销号"),
        noted("a policy that must be parsed", policy='edition "two"'),
    ],
)
def test_says_what_the_record_says(recorded: RecordedEvent) -> None:
    message = sent(recorded).message("g1")
    assert message["headers"] == encode(recorded, "g1")
    assert message["key"] == recorded.originator_id.encode()
    assert message["value"] == recorded.raw
    assert message["timestamp"] == int(recorded.recorded_at.timestamp() * 1000)
    assert sent(recorded).trace == recorded.record.trace
