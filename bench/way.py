"""The way of an event: committed here, its effect committed there; and the bare client's way."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench.depot import DEPOT, parcels
from bench.ground import BrokerKind, Ground
from shared.embedded.processes import ChildProcess
from shared.embedded.system_map import PROJECT
from shared.eventstore.migrations import migrate
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore
from shared.messaging.brokers import Broker
from shared.messaging.headers import encode
from shared.messaging.topics import ensure_topics, topic_of

TOGETHER_ABOVE = 100  # events a second; a faster sender commits five at once
ARRIVED_WITHIN = 120.0  # seconds
FLOOR = "floor"
_first = count(1, 100_000)

Sent = dict[str, int]
"""When each one was sent or committed, in nanoseconds of the machine's clock."""
Send = Callable[[list[RecordedEvent], int], Sent]


@dataclass
class Notes:
    """What a receiving process has written down so far."""

    file: Path
    read_to: int = 0

    def read(self) -> Sent:
        """Return what is new."""
        with self.file.open("rb") as file:
            file.seek(self.read_to)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.read_to += len(whole)
        lines = (line.split() for line in whole.decode().splitlines())
        return {name: int(at) for name, at in lines}


@dataclass
class Way:
    """Both ways, with their processes running."""

    depot: EventStore
    broker: Broker
    notes: dict[str, Notes]

    def latencies(self, send: Send, rate: int, seconds: float) -> list[float]:
        """Send at this rate; return how long each one was on its way, in milliseconds."""
        sent = send(parcels(next(_first), int(rate * seconds)), rate)
        side = FLOOR if send == self.produce else "ours"
        arrived = self._arrived(self.notes[side], set(sent))
        return [(arrived[name] - at) / 1e6 for name, at in sent.items()]

    def commit(self, events: list[RecordedEvent], rate: int) -> Sent:
        """Commit at this rate; counted from the return of the commit."""
        at_once = 5 if rate > TOGETHER_ABOVE else 1
        sent: Sent = {}
        began = time.perf_counter()
        for start in range(0, len(events), at_once):
            time.sleep(max(0.0, began + start / rate - time.perf_counter()))
            group = events[start : start + at_once]
            self.depot.append(group)
            sent |= dict.fromkeys((event.originator_id for event in group), time.monotonic_ns())
        return sent

    def produce(self, events: list[RecordedEvent], rate: int) -> Sent:
        """Produce at this rate; counted from handing each one to the client."""
        return asyncio.run(self._produce(events, rate))

    async def _produce(self, events: list[RecordedEvent], rate: int) -> Sent:
        sent: Sent = {}
        producer = AIOKafkaProducer(**self.broker.producer_arguments())
        await producer.start()
        began = time.perf_counter()
        for number, event in enumerate(events):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            sent[event.originator_id] = time.monotonic_ns()
            key, headers = event.originator_id.encode(), encode(event, FLOOR)
            await producer.send(topic_of(FLOOR), event.raw, key=key, headers=headers)
        await producer.stop()
        return sent

    def _arrived(self, notes: Notes, names: set[str]) -> Sent:
        arrived: Sent = {}
        deadline = time.monotonic() + ARRIVED_WITHIN
        while not names <= arrived.keys():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(names - arrived.keys())} of {len(names)} did not arrive")
            time.sleep(0.05)
            arrived |= notes.read()
        return arrived


@contextmanager
def way(ground: Ground, kind: BrokerKind) -> Iterator[Way]:
    """Start relay, consumer and the floor's receiver as processes of their own."""
    depot, ledger = ground.database(), ground.database()
    migrate(depot)
    migrate(ledger)
    broker = Broker(ground.bootstrap(kind), kind)
    asyncio.run(ensure_topics(broker, [topic_of(DEPOT), topic_of(FLOOR)]))
    notes = {side: Notes(ground.folder / f"{side}-{kind}.notes") for side in ("ours", FLOOR)}
    with ExitStack() as ends:
        for role, database, side in (
            ("relay", depot, ""),
            ("consumer", ledger, "ours"),
            ("receiver", "", FLOOR),
        ):
            part = _part(ground.folder, role, broker, database, notes[side].file if side else None)
            part.start()
            ends.callback(part.stop, signal.SIGTERM, 20)
        store = EventStore(DEPOT, depot)
        ends.callback(store.close)
        yield Way(store, broker, notes)


def _part(
    folder: Path, role: str, broker: Broker, database: str, notes: Path | None
) -> ChildProcess:
    told = [f"--bootstrap={broker.bootstrap}", f"--kind={broker.kind}", f"--database={database}"]
    if notes is not None:
        notes.touch()
        told.append(f"--notes={notes}")
    command = [sys.executable, "-m", "bench.part", role, *told, f"--topic={topic_of(FLOOR)}"]
    return ChildProcess(f"bench {role}", command, folder / f"{role}.log", directory=PROJECT)
