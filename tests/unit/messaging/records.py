"""Records of a service that exists only in these tests."""

from datetime import UTC, datetime

from shared.contracts.base import Event
from shared.eventstore.record import RecordedEvent, compose
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context
from shared.messaging.headers import Message

SOURCE = "lighthouse"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class LampLit(Event, type="lighthouse.lamp-lit"):
    keeper: str


def lit(version: int = 1, stream: str = "lamp/north", trace: str = TRACE) -> RecordedEvent:
    """Return a stored event; its position is ten times its version."""
    context = Context(
        tenant="city:yunlan",
        actor=Actor(person_ref="p-keeper", org="coast", role=Role.OFF),
        command="LightLamp/1",
        time=datetime(2026, 3, 2, 18, 0, tzinfo=UTC),
        correlation="north",
        trace=trace,
    )
    composed = compose(SOURCE, stream, version, "", LampLit(keeper="p-keeper"), context)
    return RecordedEvent(composed.raw, composed.record, composed.event, 10 * version)


def message(version: int = 1, stream: str = "lamp/north") -> Message:
    recorded = lit(version, stream)
    return Message(recorded.raw, recorded.record, recorded.position, "g1")
