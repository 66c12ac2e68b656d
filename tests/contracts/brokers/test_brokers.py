"""What the messaging room asks of any broker; `--broker` says which one is asked."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.embedded.apache_kafka import ApacheKafka
from shared.embedded.broker import EmbeddedBroker
from shared.kernel.errors import UnavailableError
from shared.messaging.brokers import Broker, cluster_id, stop_consumer, stop_producer
from shared.messaging.topics import ensure_topics, partition_of

pytestmark = pytest.mark.kafka

PARTITIONS = 3
T = TypeVar("T")


@pytest.fixture
def address(broker: EmbeddedBroker | ApacheKafka) -> Broker:
    return Broker(broker.bootstrap, broker.kind)


@pytest.fixture
def topic() -> str:
    return f"contract-{uuid4().hex[:8]}.events"


def bounded(work: Awaitable[T]) -> T:
    async def waited() -> T:
        return await asyncio.wait_for(work, 60)

    return asyncio.run(waited())


@asynccontextmanager
async def producing(broker: Broker) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**broker.producer_arguments())
    await producer.start()
    try:
        yield producer
    finally:
        await stop_producer(producer)


@asynccontextmanager
async def consuming(broker: Broker, topic: str, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(topic, **broker.consumer_arguments(group, "member-1"))
    try:
        await consumer.start()
        yield consumer
    finally:
        await stop_consumer(consumer, broker)


async def take(consumer: AIOKafkaConsumer, count: int) -> list[bytes]:
    values: list[bytes] = []
    while len(values) < count:
        batches = await consumer.getmany(timeout_ms=500)
        values += [record.value for batch in batches.values() for record in batch]
    return values


def test_the_cluster_has_one_id(address: Broker) -> None:
    assert bounded(cluster_id(address)) == bounded(cluster_id(address)) != ""


def test_topics_are_made_once_and_with_the_asked_number_of_partitions(
    address: Broker, topic: str
) -> None:
    bounded(ensure_topics(address, [topic], PARTITIONS))
    bounded(ensure_topics(address, [topic], PARTITIONS))
    with pytest.raises(UnavailableError, match="3 partitions, not 4"):
        bounded(ensure_topics(address, [topic], PARTITIONS + 1))


def test_batches_of_one_partition_stay_in_order(address: Broker, topic: str) -> None:
    async def sent_and_read() -> list[bytes]:
        await ensure_topics(address, [topic], PARTITIONS)
        async with producing(address) as producer:
            for number in range(20):
                batch = producer.create_batch()
                for part in range(5):
                    batch.append(timestamp=None, key=b"k", value=b"%d" % (5 * number + part))
                batch.close()
                await (await producer.send_batch(batch, topic, partition=1))
        async with consuming(address, topic, f"{topic}-group") as consumer:
            return await take(consumer, 100)

    assert bounded(sent_and_read()) == [b"%d" % number for number in range(100)]


def test_headers_and_keys_arrive_as_they_were_sent(address: Broker, topic: str) -> None:
    headers = [("ce_id", b"1"), ("generation", "督办".encode())]

    async def sent_and_read() -> tuple[bytes, list[tuple[str, bytes]]]:
        await ensure_topics(address, [topic], PARTITIONS)
        async with producing(address) as producer:
            await producer.send_and_wait(topic, b"v", key=b"ship/1", headers=headers, partition=0)
        async with consuming(address, topic, f"{topic}-group") as consumer:
            record = await consumer.getone()
            return record.key, list(record.headers)

    assert bounded(sent_and_read()) == (b"ship/1", headers)


def test_what_a_clock_that_jumped_dated_in_the_future_is_taken(address: Broker, topic: str) -> None:
    next_year = int((time.time() + 365 * 86_400) * 1000)

    async def send() -> int:
        await ensure_topics(address, [topic], PARTITIONS)
        async with producing(address) as producer:
            taken = await producer.send_and_wait(topic, b"x", partition=0, timestamp_ms=next_year)
            return int(taken.offset)

    assert bounded(send()) == 0


def test_a_bookmark_is_where_the_next_member_goes_on(address: Broker, topic: str) -> None:
    group = f"{topic}-group"

    async def read_in_two_turns() -> list[bytes]:
        await ensure_topics(address, [topic], PARTITIONS)
        async with producing(address) as producer:
            for number in range(6):
                await producer.send_and_wait(topic, b"%d" % number, key=b"k", partition=2)
        async with consuming(address, topic, group) as first:
            await take(first, 6)
            await first.commit({TopicPartition(topic, 2): 4})
        async with consuming(address, topic, group) as second:
            return await take(second, 2)

    assert bounded(read_in_two_turns()) == [b"4", b"5"]


def test_the_highwater_of_what_was_read_is_told_rightly(address: Broker, topic: str) -> None:
    async def read() -> int | None:
        await ensure_topics(address, [topic], PARTITIONS)
        async with producing(address) as producer:
            for number in range(6):
                await producer.send_and_wait(topic, b"%d" % number, key=b"k", partition=2)
        async with consuming(address, topic, f"{topic}-group") as consumer:
            await take(consumer, 6)
            found: int | None = consumer.highwater(TopicPartition(topic, 2))
            return found

    assert bounded(read()) == 6


def test_our_partitioner_is_the_one_of_every_kafka_client(address: Broker, topic: str) -> None:
    streams = [f"ship/{number}" for number in range(12)]

    async def sent() -> list[int]:
        await ensure_topics(address, [topic], PARTITIONS)
        async with producing(address) as producer:
            stored = [await producer.send_and_wait(topic, b"v", key=s.encode()) for s in streams]
            return [place.partition for place in stored]

    assert bounded(sent()) == [partition_of(stream, PARTITIONS) for stream in streams]
