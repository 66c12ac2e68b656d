"""The relay: how fast a log reaches Kafka, beside the bare client with the same bytes."""

import asyncio
import time
from collections.abc import Sequence
from itertools import count
from typing import Any

from aiokafka import AIOKafkaProducer

from bench.depot import DEPOT, fill
from bench.ground import BrokerKind, Ground
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import take_turns
from shared.eventstore.migrations import migrate
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore
from shared.kernel.ids import RandomIds
from shared.messaging.brokers import Broker
from shared.messaging.headers import encode
from shared.messaging.relay import WINDOW, Relay
from shared.messaging.topics import PARTITIONS, ensure_topics, partition_of, topic_of
from shared.telemetry.metrics import REGISTRY
from shared.telemetry.names import Metric

AMOUNT = 20_000
_names = count(1)


@benchmark("relay")
def store_to_kafka(ground: Ground) -> Sequence[Row]:
    """Store → Kafka, events a second, beside aiokafka producing the same bytes."""
    database = ground.database()
    migrate(database)
    store = EventStore(DEPOT, database)
    events = fill(store, ground.amount(AMOUNT, least=500))
    store.close()
    return [_row(ground, kind, database, events) for kind in ground.brokers]


def _row(ground: Ground, kind: BrokerKind, database: str, events: Sequence[RecordedEvent]) -> Row:
    broker = Broker(ground.bootstrap(kind), kind)
    turns = take_turns(
        {
            "floor": lambda: asyncio.run(_produced(broker, events)),
            "ours": lambda: asyncio.run(_relayed(broker, database, len(events))),
        },
        ground.turns,
    )
    note = f"both: batches of the same client, key, headers, acks=all, {WINDOW} records in flight"
    return compare(f"relay, {kind}", "events/s", turns, Target("at least", 0.7), note)


async def _relayed(broker: Broker, database: str, amount: int) -> float:
    """Return the rate from the first reading of the log to the last acknowledgement."""
    store = EventStore(f"depot-{next(_names)}", database)
    stop, seen = asyncio.Event(), _Seen()
    relay = Relay(store, broker, RandomIds(), at=seen)
    running = asyncio.create_task(relay.run(stop))
    try:
        while _published(store.service) < amount:  # noqa: ASYNC110  # a counter wakes nobody
            await asyncio.sleep(0.1)
        return amount / (seen.last - seen.first)
    finally:
        stop.set()
        await running
        store.close()


def _published(service: str) -> float:
    labels = {"service": service}
    return REGISTRY.get_sample_value(Metric.EVENTS_PUBLISHED.value, labels) or 0


class _Seen:
    """When the relay first read and when it last heard an acknowledgement."""

    first = last = 0.0

    def __call__(self, step: str) -> None:
        self.first = self.first or time.perf_counter()
        if step == "ack":
            self.last = time.perf_counter()


async def _produced(broker: Broker, events: Sequence[RecordedEvent]) -> float:
    topic = topic_of(f"floor-{next(_names)}")
    await ensure_topics(broker, [topic])
    windows = _windows(events)
    producer = AIOKafkaProducer(**broker.producer_arguments())
    await producer.start()
    try:
        began = time.perf_counter()
        for window in windows:
            sending = (_send(producer, topic, number, queue) for number, queue in window.items())
            await asyncio.gather(*sending)
        return len(events) / (time.perf_counter() - began)
    finally:
        await producer.stop()


def _windows(events: Sequence[RecordedEvent]) -> list[dict[int, list[dict[str, Any]]]]:
    """Return the records of each window by partition, as the client takes them."""
    windows = []
    for start in range(0, len(events), WINDOW):
        window: dict[int, list[dict[str, Any]]] = {}
        for event in events[start : start + WINDOW]:
            partition = partition_of(event.originator_id, PARTITIONS)
            window.setdefault(partition, []).append(_prepared(event))
        windows.append(window)
    return windows


def _prepared(event: RecordedEvent) -> dict[str, Any]:
    return {
        "timestamp": int(event.recorded_at.timestamp() * 1000),
        "key": event.originator_id.encode(),
        "value": event.raw,
        "headers": encode(event, "floor"),
    }


async def _send(
    producer: AIOKafkaProducer, topic: str, partition: int, queue: list[dict[str, Any]]
) -> None:
    while queue:
        batch, taken = producer.create_batch(), 0
        while taken < len(queue) and batch.append(**queue[taken]) is not None:
            taken += 1
        batch.close()
        acknowledged = await producer.send_batch(batch, topic, partition=partition)
        await acknowledged
        queue = queue[taken:]
