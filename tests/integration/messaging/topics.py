"""What a test reads from, and writes to, a topic without relay and consumer."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.eventstore.record import RecordedEvent
from shared.messaging.brokers import Broker, connected_admin, stop_consumer
from shared.messaging.headers import Headers, encode
from shared.messaging.topics import ensure_topics, partition_of, topic_of
from tests.integration.messaging.harbour import PARTITIONS, World
from tests.support.eventually import eventually

QUIET = 5  # empty fetches in a row that say a topic has been read to its end


def records_in(broker: Broker, topic: str) -> list[Any]:
    """Return all records of a topic, partition by partition."""
    return asyncio.run(_records_in(broker, topic))


def published_positions(world: World) -> list[int]:
    records = records_in(world.broker, topic_of(world.source))
    return [int(dict(record.headers)["position"]) for record in records]


def put(world: World, *events: RecordedEvent, generation: str = "by-hand") -> None:
    """Publish these events, and no others, as a relay would."""
    asyncio.run(_put_events(world, events, generation))


def put_raw(world: World, key: bytes, value: bytes, headers: Headers, partition: int = 0) -> None:
    """Publish anything."""
    asyncio.run(_put(world, [(key, value, headers, partition)]))


def empty(world: World) -> None:
    """Delete the harbour's topic, as somebody might by mistake, and create it anew."""
    topic = topic_of(world.source)
    asyncio.run(_delete(world.broker, topic))
    eventually(lambda: topic not in asyncio.run(_topics(world.broker)))
    asyncio.run(ensure_topics(world.broker, [topic], PARTITIONS))


async def _records_in(broker: Broker, topic: str) -> list[Any]:
    consumer = AIOKafkaConsumer(**broker.reader_arguments())
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
        found: list[Any] = []
        quiet = 0
        while quiet < QUIET:
            batch = await consumer.getmany(timeout_ms=200)
            quiet = 0 if batch else quiet + 1
            found += [record for records in batch.values() for record in records]
        return found
    finally:
        await stop_consumer(consumer, broker)


async def _put_events(world: World, events: Sequence[RecordedEvent], generation: str) -> None:
    await _put(
        world,
        [
            (
                event.record.stream.encode(),
                event.raw,
                encode(event, generation),
                partition_of(event.record.stream, PARTITIONS),
            )
            for event in events
        ],
    )


async def _put(world: World, records: Sequence[tuple[bytes, bytes, Headers, int]]) -> None:
    topic = topic_of(world.source)
    await ensure_topics(world.broker, [topic], PARTITIONS)
    producer = AIOKafkaProducer(**world.broker.producer_arguments())
    await producer.start()
    try:
        for key, value, headers, partition in records:
            await producer.send_and_wait(
                topic, value, key=key, headers=headers, partition=partition
            )
    finally:
        await producer.stop()


async def _topics(broker: Broker) -> list[str]:
    async with connected_admin(broker) as admin:
        known: list[str] = await admin.list_topics()
        return known


async def _delete(broker: Broker, topic: str) -> None:
    async with connected_admin(broker) as admin:
        await admin.delete_topics([topic])
