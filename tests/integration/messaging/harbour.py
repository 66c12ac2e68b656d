"""A small world on true parts: a harbour's ships, and a ledger that notes what they do.

Every world has its own names of services, so that worlds on one broker never meet.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from shared.contracts.base import Event
from shared.eventstore.aggregate import Aggregate, applies
from shared.eventstore.migrations import migrate
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import Receipt, UnitOfWork
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import SystemClock
from shared.kernel.context import Context
from shared.kernel.errors import RefusedError
from shared.kernel.ids import RandomIds
from shared.messaging.brokers import Broker
from shared.messaging.consumer import Consumer, Rhythm
from shared.messaging.crash_points import CrashPoint, no_crash
from shared.messaging.handling import Handler
from shared.messaging.reactions import Reactions
from shared.messaging.relay import Relay
from shared.messaging.source_feed import PAGE, Fed, Head

PARTITIONS = 3
WINDOW = 5
TOGETHER = 10
TENANT = "city:yunlan"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_commands = count(1)


@dataclass(frozen=True)
class Words:
    """The events of one world."""

    arrived: type[Event]
    painted: type[Event]
    noted: type[Event]


def declare(harbour: str, ledger: str) -> Words:
    class ShipArrived(Event, type=f"{harbour}.ship-arrived"):
        berth: int

    class ShipPainted(Event, type=f"{harbour}.ship-painted"):
        colour: str

    class ArrivalNoted(Event, type=f"{ledger}.arrival-noted"):
        ship: str
        berth: int

    return Words(ShipArrived, ShipPainted, ArrivalNoted)


class Ship(Aggregate):
    KIND = "ship"


class Page(Aggregate):
    KIND = "page"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.lines = 0


class Taught:
    """Appliers, said for the events of one world."""

    def __init__(self, words: Words) -> None:
        class TaughtShip(Ship):
            @applies(words.arrived, words.painted)
            def _changed(self, event: Event) -> None:
                """A ship only remembers that it has a history."""

        class TaughtPage(Page):
            @applies(words.noted)
            def _noted(self, event: Event) -> None:
                self.lines += 1

        self.ship: type[Ship] = TaughtShip
        self.page: type[Page] = TaughtPage


class StoreFeed:
    """The feed of a source that lives in the same process; silent when told so."""

    def __init__(self, stores: dict[str, EventStore]) -> None:
        self._stores = stores
        self.reads = 0
        self.is_silent = False

    def read_stream(self, source: str, stream: str, after_version: int) -> list[Fed]:
        self.reads += 1
        if self.is_silent:
            return []
        found = self._stores[source].read_stream(stream, after_version, PAGE)
        return [Fed(event.raw, event.position) for event in found]

    def heads(self, source: str, after: int, limit: int) -> list[Head]:
        found = [] if self.is_silent else self._stores[source].heads(after, limit)
        return [Head(head.stream, head.version, head.position) for head in found]


@dataclass
class World:
    """A harbour that publishes and a ledger that follows, each with its own database."""

    harbour_url: str
    ledger_url: str
    broker: Broker
    name: str
    at: CrashPoint = no_crash
    refused_berths: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.source, self.target = f"harbour-{self.name}", f"ledger-{self.name}"
        self.words = declare(self.source, self.target)
        taught = Taught(self.words)
        self.ship, self.page = taught.ship, taught.page
        self.harbour = EventStore(self.source, self.harbour_url)
        self.ledger = EventStore(self.target, self.ledger_url)
        self.feed = StoreFeed({self.source: self.harbour, self.target: self.ledger})
        self.reactions = Reactions()
        self.reactions.when(self.words.arrived)(self.note_when_ship_arrives)
        self.handler = Handler(
            self.ledger,
            TENANT,
            self.reactions,
            self,
            self.feed,
            SystemClock(),
            RandomIds(),
            at=self.at,
            together=TOGETHER,
        )

    def note_when_ship_arrives(
        self, application: "World", uow: UnitOfWork, recorded: RecordedEvent
    ) -> None:
        """The one reaction of this world; it refuses berths that it was told to."""
        berth = recorded.record.data["berth"]
        if berth in self.refused_berths:
            raise RefusedError(f"berth {berth} is closed")
        key = recorded.record.stream.partition("/")[2]
        page = uow.find(self.page, key) or uow.create(self.page, key)
        page.record(self.words.noted(ship=key, berth=berth))  # type: ignore[call-arg]  # declared above
        uow.save(page)

    def relay(self, broker: Broker | None = None) -> Relay:
        broker = broker or self.broker
        return Relay(self.harbour, broker, RandomIds(), PARTITIONS, at=self.at, window=WINDOW)

    def consumer(self, heads_checked: float = 30.0) -> Consumer:
        rhythm = Rhythm(heads_checked=heads_checked, gaps_retried=0.2)
        return Consumer(self.handler, self.broker, "member-1", PARTITIONS, rhythm)

    def arrive(self, key: str, *berths: int, tenant: str = TENANT) -> Receipt:
        """A ship arrives at these berths, one after the other, in one command."""
        return self._append(key, [self.words.arrived(berth=b) for b in berths], tenant)  # type: ignore[call-arg]

    def paint(self, key: str, *colours: str) -> Receipt:
        """What no reaction wants."""
        return self._append(key, [self.words.painted(colour=c) for c in colours])  # type: ignore[call-arg]

    def notes(self) -> list[RecordedEvent]:
        """All effects: what the ledger has noted."""
        return self.ledger.read(0, 10_000)

    def noted(self) -> dict[str, list[int]]:
        """The berths noted of each ship, in the order of its page."""
        berths: dict[str, list[int]] = {}
        for note in self.notes():
            berths.setdefault(note.record.data["ship"], []).append(note.record.data["berth"])
        return berths

    def close(self) -> None:
        self.harbour.close()
        self.ledger.close()

    def _append(self, key: str, events: list[Event], tenant: str = TENANT) -> Receipt:
        context = Context(
            tenant=tenant,
            actor=Actor(person_ref="p-pilot", org="harbour", role=Role.OFF),
            command=f"Move/{next(_commands)}",
            time=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
            correlation=key,
            trace=TRACE,
        )
        uow = self.harbour.begin(context)
        ship = uow.find(self.ship, key) or uow.create(self.ship, key)
        for event in events:
            ship.record(event)
        uow.save(ship)
        return uow.commit()


def migrate_both(harbour_url: str, ledger_url: str) -> None:
    migrate(harbour_url)
    migrate(ledger_url)


@contextmanager
def running(*workers: Relay | Consumer) -> Iterator[None]:
    """Run relays and consumers in a thread of their own; what one of them raises is raised."""
    stop, loops, errors = asyncio.Event(), [], []

    async def all_of_them() -> None:
        loops.append(asyncio.get_running_loop())
        await asyncio.gather(*(worker.run(stop) for worker in workers))

    def work() -> None:
        try:
            asyncio.run(all_of_them())
        except Exception as error:  # noqa: BLE001  # raised below, in the test's own thread
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        if thread.is_alive() and loops:
            loops[0].call_soon_threadsafe(stop.set)
        thread.join(40)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def crash_at(step: str, time: int, die: Callable[[], None]) -> CrashPoint:
    """Return a crash point that calls `die` when `step` is reached for the n-th time."""
    left = [time]
    lock = threading.Lock()

    def reached(name: str) -> None:
        if name == step:
            with lock:
                left[0] -= 1
                if left[0] == 0:
                    die()

    return reached
