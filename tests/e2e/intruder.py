"""Puts on a topic what no relay would: for tests of what the followers make of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts.base import Event
from shared.embedded.stack import Stack
from shared.eventstore.canonical import encode as canonical
from shared.eventstore.record import Record, RecordedEvent, compose
from shared.kernel.actor import system_actor
from shared.kernel.clock import SystemClock
from shared.kernel.context import Context
from shared.messaging.brokers import Broker, stop_consumer
from shared.messaging.headers import Headers, encode
from shared.messaging.topics import PARTITIONS, partition_of, topic_of

LATER = 9_000_000
"""Positions that no log of these tests reaches."""


@dataclass(frozen=True)
class Intruder:
    """Writes on the topics of one running system."""

    stack: Stack

    def noise(self, source: str, value: bytes) -> int:
        """Put these bytes on every partition of a service's topic; return how many there are."""
        records = [(b"noise", value, [("position", b"\xff")], n) for n in range(PARTITIONS)]
        asyncio.run(self._put(source, records))
        return PARTITIONS

    def tell(self, source: str, stream: str, *events: Event, schema: int | None = None) -> None:
        """Publish these events as if the service had recorded them in a new stream."""
        generation = asyncio.run(self._generation(source))
        prev, records = "", []
        for version, event in enumerate(events, 1):
            recorded = self._recorded(source, stream, version, prev, event, schema)
            headers = encode(recorded, generation)
            number = partition_of(stream, PARTITIONS)
            records.append((stream.encode(), recorded.raw, headers, number))
            prev = recorded.digest
        asyncio.run(self._put(source, records))

    def _recorded(
        self, source: str, stream: str, version: int, prev: str, event: Event, schema: int | None
    ) -> RecordedEvent:
        actor = system_actor(source, "http")
        now = SystemClock().now()
        context = Context(tenant=self.stack.map.tenant, actor=actor, command="Forge/1", time=now)
        recorded = compose(source, stream, version, prev, event, context)
        if schema is None:
            return RecordedEvent(recorded.raw, recorded.record, event, LATER + version)
        fields = recorded.record.model_dump(mode="json", by_alias=True) | {"schema": schema}
        raw = canonical(fields)
        return RecordedEvent(raw, Record.model_validate(fields), event, LATER + version)

    @property
    def _broker(self) -> Broker:
        return Broker(self.stack.broker.bootstrap, self.stack.broker.kind)

    async def _put(self, source: str, records: Sequence[tuple[bytes, bytes, Headers, int]]) -> None:
        producer = AIOKafkaProducer(**self._broker.producer_arguments())
        await producer.start()
        try:
            for key, value, headers, partition in records:
                await producer.send_and_wait(
                    topic_of(source), value, key=key, headers=headers, partition=partition
                )
        finally:
            await producer.stop()

    async def _generation(self, source: str) -> str:
        """Return the generation that the relay's own records name."""
        consumer = AIOKafkaConsumer(**self._broker.reader_arguments())
        await consumer.start()
        try:
            places = [TopicPartition(topic_of(source), number) for number in range(PARTITIONS)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            while True:
                record = await asyncio.wait_for(consumer.getone(), 20)
                if found := _named(record).get("generation"):
                    return found.decode()
        finally:
            await stop_consumer(consumer, self._broker)


def _named(record: Any) -> dict[str, bytes]:
    return dict(record.headers)
