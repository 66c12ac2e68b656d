"""What stands in a topic already, read from Kafka itself: where a relay goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.messaging.brokers import ANSWERED_WITHIN, Broker, stop_consumer

STEP_BACK = 64
Place = tuple[int, str]
"""A position of the log, and the generation that it was published in."""


@dataclass
class Published:
    """How far a relay has published: what it resumed with and what was acknowledged since.

    `after` is the position up to which the log has been taken; `last` and `ends` are the last
    position in each partition and the offset after it.
    """

    generation: str
    after: int = 0
    last: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)

    def note(self, partition: int, position: int, end: int) -> None:
        self.last[partition] = position
        self.ends[partition] = end

    def is_overtaken(self, partition: int, offset: int) -> bool:
        """Whether a record was stored below the end known: the partition has been emptied."""
        return offset < self.ends.get(partition, 0)

    def stands_in(self, ends: Mapping[int, int]) -> bool:
        """Whether everything that is known to be published can still be there."""
        return all(ends.get(partition, 0) >= end for partition, end in self.ends.items())


@dataclass(frozen=True)
class TopicState:
    """The last record of each partition, the offset after it, and how many records there are."""

    ends: dict[int, int]
    last: dict[int, Place]
    count: int = 0

    def begun(self, generation: str) -> Published:
        """Return that all is to be published, whatever stands there."""
        return Published(generation, ends=dict(self.ends))

    def resumed(self, window: int, new_generation: Callable[[], str]) -> Published:
        """Return where to go on. An empty topic begins a new generation, at position 0."""
        if not self.last:
            return self.begun(new_generation())
        positions = {partition: position for partition, (position, _) in self.last.items()}
        highest, generation = max(self.last.values())
        after = max(0, highest - window)
        return Published(generation, after, positions, dict(self.ends))


async def look_at(broker: Broker, topic: str, partitions: int) -> TopicState:
    """Read the last record of each partition; only for brokers that tell their ends rightly."""
    async with _reader(broker) as consumer:
        begins, ends = await _bounds(consumer, topic, partitions)
        filled = [place for place in ends if ends[place] > begins[place]]
        consumer.assign(filled)
        for place in filled:
            consumer.seek(place, ends[place] - 1)
        last: dict[int, Place] = {}
        for place in filled:
            found = await _last_of_ours(consumer, place, begins[place], ends[place])
            if found is not None:
                last[place.partition] = found
        count = sum(ends[place] - begins[place] for place in filled)
        return TopicState({place.partition: end for place, end in ends.items()}, last, count)


async def ends_of(broker: Broker, topic: str, partitions: int) -> dict[int, int]:
    """Return the end offset of each partition."""
    async with _reader(broker) as consumer:
        _, ends = await _bounds(consumer, topic, partitions)
        return {place.partition: end for place, end in ends.items()}


@asynccontextmanager
async def _reader(broker: Broker) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**broker.reader_arguments())
    try:
        await asyncio.wait_for(consumer.start(), ANSWERED_WITHIN)
        yield consumer
    finally:
        await stop_consumer(consumer, broker)


async def _bounds(
    consumer: AIOKafkaConsumer, topic: str, partitions: int
) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    places = [TopicPartition(topic, number) for number in range(partitions)]
    begins = await asyncio.wait_for(consumer.beginning_offsets(places), ANSWERED_WITHIN)
    ends = await asyncio.wait_for(consumer.end_offsets(places), ANSWERED_WITHIN)
    return begins, ends


async def _last_of_ours(
    consumer: AIOKafkaConsumer, place: TopicPartition, begin: int, end: int
) -> Place | None:
    """Return what the last record of ours says; strangers' records at the end are passed over."""
    span, start, found = 1, end, None
    while found is None and start > begin:
        start = max(begin, end - span)
        consumer.seek(place, start)
        for _ in range(end - start):
            record = await asyncio.wait_for(consumer.getone(place), ANSWERED_WITHIN)
            found = _place_in(record.headers) or found
            if record.offset >= end - 1:
                break
        span *= STEP_BACK
    return found


def _place_in(headers: Sequence[tuple[str, bytes]]) -> Place | None:
    named = dict(headers)
    try:
        return int(named["position"]), named["generation"].decode()
    except (KeyError, ValueError):
        return None
