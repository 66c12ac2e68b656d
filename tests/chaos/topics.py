"""The topics from outside: reads everything, and puts on them what no relay would."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.contracts.base import format_time
from shared.embedded.stack import Stack
from shared.eventstore.canonical import encode as canonical
from shared.kernel.actor import system_actor
from shared.kernel.clock import SystemClock
from shared.kernel.ids import event_id
from shared.messaging.brokers import Broker, stop_consumer
from shared.messaging.topics import PARTITIONS, partition_of, topic_of

STRAY = "STRAY-"
"""Problems with such a number exist in no store: only poison names them."""

LATER = 900_000_000
NEWER = 99
SILENCE_S = 3.0
TRIED_WITHIN_S = 30.0
READ_FOR_S = 15.0
"""How long a topic is read at which the users are at work: its end runs away."""
READ_WHOLE_S = 300.0

Produced = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes]], int]
"""Key, value, headers, partition."""


class Topics:
    """All topics of a running system."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._strays = 0

    def values(self, service: str) -> set[bytes]:
        """Return every value that stands in the topic of a service that is at rest."""
        return {
            bytes(record.value or b"") for record in asyncio.run(self._read(service, READ_WHOLE_S))
        }

    def repeat(self, service: str, random: Random, count: int) -> int:
        """Put up to `count` of the records that stand there once more, in another order."""
        standing = [r for r in asyncio.run(self._read(service)) if r.key and r.value]
        again = random.sample(standing, min(count, len(standing)))
        asyncio.run(self._put(service, [(r.key, r.value, r.headers, r.partition) for r in again]))
        return len(again)

    def poison(self, service: str, random: Random) -> None:
        """Put on every partition noise, a record cut short, and one with headers of another."""
        standing = [r for r in asyncio.run(self._read(service)) if r.key and r.value]
        bad: list[Produced] = []
        for number in range(PARTITIONS):
            bad.append((b"noise", random.randbytes(200), [("position", b"\xff")], number))
            if standing:
                one, other = random.choice(standing), random.choice(standing)
                bad.append((one.key, one.value[: len(one.value) // 2], one.headers, number))
                bad.append((one.key, one.value, [("position", b"1"), *other.headers], number))
        asyncio.run(self._put(service, bad))

    def newer(self, service: str, seed: int) -> str:
        """Tell of a stray problem in a schema that nobody knows yet; return its stream."""
        self._strays += 1
        stream = f"problem/{STRAY}{seed}-{self._strays}"
        raw, headers = self._stray(service, stream)
        number = partition_of(stream, PARTITIONS)
        asyncio.run(self._put(service, [(stream.encode(), raw, headers, number)]))
        return stream

    def join_and_leave(self, service: str, sources: Sequence[str], seconds: float) -> None:
        """Be one more member of a service's group for a while, and consume nothing."""
        asyncio.run(self._visit(service, [topic_of(source) for source in sources], seconds))

    @property
    def _broker(self) -> Broker:
        return Broker(self._stack.broker.bootstrap, self._stack.broker.kind)

    async def _read(self, service: str, within: float = READ_FOR_S) -> list[Any]:
        """Read until nothing comes any more: ends cannot be asked of every broker."""
        deadline = time.monotonic() + within
        consumer = AIOKafkaConsumer(**self._broker.reader_arguments())
        found: list[Any] = []
        try:
            await asyncio.wait_for(consumer.start(), TRIED_WITHIN_S)
            places = [TopicPartition(topic_of(service), number) for number in range(PARTITIONS)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            while batch := await consumer.getmany(timeout_ms=int(SILENCE_S * 1000)):
                found += [record for records in batch.values() for record in records]
                if time.monotonic() > deadline:
                    break
        finally:
            await stop_consumer(consumer, self._broker)
        return found

    async def _put(self, service: str, records: Sequence[Produced]) -> None:
        producer = AIOKafkaProducer(**self._broker.producer_arguments())
        try:
            await asyncio.wait_for(producer.start(), TRIED_WITHIN_S)
            for key, value, headers, partition in records:
                sent = producer.send_and_wait(
                    topic_of(service), value, key=key, headers=[*headers], partition=partition
                )
                await asyncio.wait_for(sent, TRIED_WITHIN_S)
        finally:
            await producer.stop()

    async def _visit(self, group: str, topics: Sequence[str], seconds: float) -> None:
        arguments = self._broker.reader_arguments() | {"group_id": group}
        visitor = AIOKafkaConsumer(*topics, **arguments)
        try:
            await asyncio.wait_for(visitor.start(), TRIED_WITHIN_S)
            await asyncio.sleep(seconds)  # the visit itself is the fault
        finally:
            await stop_consumer(visitor, self._broker)

    def _stray(self, service: str, stream: str) -> tuple[bytes, list[tuple[str, bytes]]]:
        """Return a well-formed record of a later Duban, and headers that agree with it."""
        time, identity = format_time(SystemClock().now()), event_id(service, stream, 1)
        tenant, kind = self._stack.map.tenant, f"{service}.problem-withdrawn"
        raw = canonical(
            {
                "f": "duban/1", "tenant": tenant, "service": service, "stream": stream,
                "version": 1, "prev": "", "id": identity, "type": kind, "schema": NEWER,
                "time": time, "actor": system_actor(service, "http").model_dump(mode="json"),
                "command": f"Forge/{hashlib.sha256(stream.encode()).hexdigest()[:8]}",
                "correlation": "", "causation": "", "trace": "", "class": "C1", "policy": "",
                "data": {"problem_no": stream.removeprefix("problem/")},
            }
        )  # fmt: skip
        described = {
            "ce_id": identity, "ce_type": kind, "ce_source": f"/duban/{tenant}/{service}",
            "ce_subject": stream, "ce_time": time, "ce_specversion": "1.0",
            "ce_datacontenttype": "application/json", "position": str(LATER + self._strays),
            "generation": self._stack.broker.cluster_id
            if self._stack.broker.kind == "embedded" else "stray",
        }  # fmt: skip
        return raw, [(name, text.encode()) for name, text in described.items()]
