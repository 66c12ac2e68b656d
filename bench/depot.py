"""A small world to measure messaging with: a depot sends parcels, a ledger notes each of them."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count

from shared.contracts.base import Event, Text
from shared.eventstore.aggregate import Aggregate, applies
from shared.eventstore.record import RecordedEvent, compose
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import SystemClock
from shared.kernel.context import Context
from shared.kernel.ids import RandomIds
from shared.messaging.handling import Handler
from shared.messaging.headers import Message
from shared.messaging.reactions import Reactions
from shared.messaging.source_feed import MemorySourceFeed, OwnFeed

DEPOT, LEDGER = "depot", "ledger"
TENANT = "city:yunlan"
_NOTE = "整改情况说明。" * 40
_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_commands = count(1)


class ParcelSent(Event, type="depot.parcel-sent"):
    """A parcel left the depot; about 1.5 kB, as the records of the services."""

    weight: int
    note: Text


class ParcelNoted(Event, type="ledger.parcel-noted"):
    """The ledger knows the parcel."""

    weight: int
    note: Text


class Page(Aggregate):
    """What the ledger holds of one parcel."""

    KIND = "page"

    @applies(ParcelNoted)
    def _noted(self, event: ParcelNoted) -> None:
        self.weight = event.weight


reactions = Reactions()


@reactions.when(ParcelSent)
def note_parcel_when_it_is_sent(
    application: object, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """One effect for one event: a page of its own."""
    sent = recorded.event
    assert isinstance(sent, ParcelSent)
    key = recorded.record.stream.partition("/")[2]
    page = uow.find(Page, key) or uow.create(Page, key)
    page.record(ParcelNoted(weight=sent.weight, note=sent.note))
    uow.save(page)


def parcels(first: int, amount: int) -> list[RecordedEvent]:
    """Return the records of so many parcels, each a stream of its own, ready to be appended."""
    context = Context(
        tenant=TENANT,
        actor=Actor(person_ref="p-porter", org="depot", role=Role.OFF),
        command=f"Send/{next(_commands)}",
        time=datetime.now(UTC),
        correlation=f"parcel-{first}",
        trace=_TRACE,
    )
    return [
        compose(DEPOT, f"parcel/{n}", 1, "", ParcelSent(weight=n, note=_NOTE), context)
        for n in range(first, first + amount)
    ]


def fill(store: EventStore, amount: int, at_once: int = 500) -> list[RecordedEvent]:
    """Append so many parcels, and return them with their positions."""
    filled: list[RecordedEvent] = []
    while len(filled) < amount:
        wanted = min(at_once, amount - len(filled))
        filled += store.append(parcels(len(filled) + 1, wanted))
    return filled


class ObservedHandler(Handler):
    """Tells of every parcel when its effect is committed, with the time of the whole machine."""

    tell: Callable[[str, int], None]

    def handle(self, message: Message, *rest: object, **named: object) -> None:
        """Tell of the one message."""
        super().handle(message, *rest, **named)  # type: ignore[arg-type]  # passed on as they are
        self.tell(message.stream, time.monotonic_ns())

    def committed(self, taken: Sequence[Message]) -> None:
        """Tell of all that were committed together."""
        at = time.monotonic_ns()
        super().committed(taken)
        for message in taken:
            self.tell(message.stream, at)


def observed_handler(ledger: EventStore, tell: Callable[[str, int], None]) -> ObservedHandler:
    """Return the ledger's handler."""
    feed = OwnFeed(ledger, MemorySourceFeed())
    handler = ObservedHandler(ledger, TENANT, reactions, None, feed, SystemClock(), RandomIds())
    handler.tell = tell
    return handler
