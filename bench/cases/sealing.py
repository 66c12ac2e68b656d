"""What sealing costs the relay: both at work in one worker process, against the relay alone."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter

from bench.ground import BrokerKind, Ground
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import take_turns
from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore
from shared.kernel.clock import SystemClock
from shared.kernel.ids import RandomIds
from shared.messaging.brokers import Broker
from shared.messaging.relay import Relay
from shared.telemetry.metrics import REGISTRY
from shared.telemetry.names import Metric
from shared.tlog.checkpoints import origin_of
from shared.tlog.sealer import Sealer
from shared.tlog.signer import CheckpointSigner, FileSigner
from shared.tlog.states import StateRecorder
from shared.tlog.store import TlogStore
from tests.integration.eventstore.drafts import SERVICE, send_back

EVENTS, EVENTS_OF_A_STREAM = 160_000, 20
WITHIN_S = 300.0
TARGET = Target("at least", 0.9)
TENANT = "city:yunlan"

_BEGIN_AGAIN = (
    "TRUNCATE tlog_leaves, tlog_tiles, tlog_checkpoints, tlog_cosignatures, tlog_heads",
    "UPDATE tlog_tree SET size = 0, position = 0, frontier = ''",
)


@benchmark("sealing")
def sealing_beside_the_relay(ground: Ground) -> Sequence[Row]:
    """Relay from the store to the broker with the sealer beside it, against without, events/s."""
    url = ground.database()
    migrate(url)
    events = ground.amount(EVENTS, least=2_000) // EVENTS_OF_A_STREAM * EVENTS_OF_A_STREAM
    _fill(url, events)
    return [_measured(ground, kind, url, events) for kind in ground.brokers]


def _measured(ground: Ground, kind: BrokerKind, url: str, events: int) -> Row:
    broker = Broker(ground.bootstrap(kind), kind)
    sizes: list[int] = []
    numbers = count(1)

    def relay(*, sealed: bool) -> float:
        number = next(numbers)
        keys = ground.folder / f"keys-{kind}-{number}"
        work = _Work(EventStore(f"sealing-{kind}-{number}", url), broker, keys)
        rate = work.rate(events, sealed=sealed)
        if sealed:
            sizes.append(work.sealed)
        work.store.close()
        return rate

    turns = take_turns(
        {"floor": lambda: relay(sealed=False), "ours": lambda: relay(sealed=True)}, ground.turns
    )
    note = f"sealed when the relay was done: {min(sizes)} of {events} records at the least"
    return compare(f"relay while the log is sealed, {kind}", "events/s", turns, TARGET, note)


@dataclass
class _Work:
    """One worker's relay, and its sealer if wanted. Each has a topic and a log of its own."""

    store: EventStore
    broker: Broker
    keys: Path
    sealed: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def rate(self, events: int, *, sealed: bool) -> float:
        """Return how many events a second the relay has published, from its start on."""
        self._begin_again()
        with self._sealing() if sealed else nullcontext():
            seconds = asyncio.run(self._relay(events))
            self.sealed = self._tlog.tree().size
        return events / seconds

    async def _relay(self, events: int) -> float:
        """Return the seconds from the first reading of the log to the last acknowledgement."""
        stop, seen = asyncio.Event(), _Seen()

        def at(step: str) -> None:
            seen.note(step)
            if step == "read" and _published(self.store.service) >= events:
                stop.set()

        relay = Relay(self.store, self.broker, RandomIds(), at=at)
        await asyncio.wait_for(relay.run(stop), WITHIN_S)
        return seen.last - seen.first

    @contextmanager
    def _sealing(self) -> Iterator[None]:
        """Run the sealer in a thread of its own, as the worker does."""
        sealer = self._sealer()
        thread = threading.Thread(target=sealer.run, args=(self._stop,))
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _sealer(self) -> Sealer:
        FileSigner.create(self.keys / "log.key", self._tlog.origin)
        signer = CheckpointSigner.in_directory(self.keys)
        states = StateRecorder(self.store, self._tlog, TENANT, RandomIds())
        return Sealer(self.store, self._tlog, signer, states, SystemClock())

    @property
    def _tlog(self) -> TlogStore:
        return TlogStore(self.store, origin_of("duban.invalid", TENANT, self.store.service))

    def _begin_again(self) -> None:
        """Have a log that nothing was sealed in yet, over the same records."""
        with self.store.connection() as connection:
            for statement in _BEGIN_AGAIN:
                connection.execute(statement)


class _Seen:
    """When the relay first read, and when it last heard an acknowledgement."""

    first = last = 0.0

    def note(self, step: str) -> None:
        self.first = self.first or perf_counter()
        if step == "ack":
            self.last = perf_counter()


def _published(service: str) -> float:
    labels = {"service": service}
    return REGISTRY.get_sample_value(Metric.EVENTS_PUBLISHED.value, labels) or 0


def _fill(url: str, events: int) -> None:
    store = EventStore(SERVICE, url)
    for number in range(events // EVENTS_OF_A_STREAM):
        send_back(store, f"D{number}", *["证据不足,请补充底稿"] * EVENTS_OF_A_STREAM)
    store.close()
