"""The relay: publishes a service's log to Kafka, in order, up to the settled position.

The log is the outbox, and Kafka itself says where to go on. Records go out in windows that span
at most `WINDOW` positions, one batch for each partition at a time, and a window is begun only
when all of the one before is acknowledged. So, whenever a relay dies, everything at `WINDOW` or
more positions below the highest one found in Kafka is there, and within a partition everything up
to its last record is there: the next relay loses nothing and doubles nothing.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.eventstore.store import EventStore
from shared.kernel.errors import UnavailableError
from shared.kernel.ids import Ids
from shared.messaging.brokers import ANSWERED_WITHIN, Broker, cluster_id, stop_producer
from shared.messaging.crash_points import CrashPoint, no_crash
from shared.messaging.leadership import Leadership, LeadershipLostError
from shared.messaging.outgoing import Outgoing, Window, next_window
from shared.messaging.recurring import Recurring
from shared.messaging.supervision import Patience, wait_or_stop
from shared.messaging.topic_state import Published, ends_of, look_at
from shared.messaging.topics import PARTITIONS, ensure_topics, partition_of, topic_of
from shared.telemetry.logs import logger
from shared.telemetry.metrics import EVENTS_PUBLISHED, RELAY_LAG
from shared.telemetry.names import Attribute
from shared.telemetry.spans import Attributes, send_batch_span

WINDOW = 1000
ACKNOWLEDGED_WITHIN = 30.0  # seconds
NEWS_WITHIN = 1.0

T = TypeVar("T")
_log = logger(__name__)


class BrokerChangedError(Exception):
    """Kafka is not the one that was published to: look again where to go on."""


@dataclass
class Relay:
    """The one publisher of a service's log; of several processes, the one that leads."""

    store: EventStore
    broker: Broker
    ids: Ids
    partitions: int = PARTITIONS
    at: CrashPoint = no_crash
    monotonic: Callable[[], float] = time.monotonic
    window: int = WINDOW

    def __post_init__(self) -> None:
        self.topic = topic_of(self.store.service)
        self._threads: ThreadPoolExecutor | None = None
        self._patience = Patience()
        self._memory: Published | None = None
        self._memory_of_cluster = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Lead and publish until told to stop; raises a failure that does not pass.

        It may be run again after that.
        """
        self._patience.reset()
        with ThreadPoolExecutor(2, thread_name_prefix="relay") as self._threads:
            while not stop.is_set():
                await self._supervised(stop)

    async def _supervised(self, stop: asyncio.Event) -> None:
        try:
            await self._lead(stop)
        except (
            KafkaError,
            UnavailableError,
            LeadershipLostError,
            BrokerChangedError,
            psycopg.OperationalError,
            OSError,  # a TimeoutError is one
        ) as error:
            pause = self._patience.after_failure(error)
            _log.warning("relay-begins-again", error=type(error).__name__, pause=pause)
            await wait_or_stop(stop, pause)

    async def _lead(self, stop: asyncio.Event) -> None:
        async with Leadership(self.store.database_url, f"relay/{self.store.service}") as leadership:
            if await leadership.gained(stop):
                _log.info("relay-leads", topic=self.topic)
                await self._publish_all(leadership, stop)

    async def _publish_all(self, leadership: Leadership, stop: asyncio.Event) -> None:
        await ensure_topics(self.broker, [self.topic], self.partitions)
        cluster = await cluster_id(self.broker)
        published = await self._resume(cluster)
        producer = AIOKafkaProducer(**self.broker.producer_arguments())
        same_broker = Recurring(
            partial(self._require_same_broker, cluster, published),
            self.broker.rules.checked_every,
            self.monotonic,
        )
        try:
            await asyncio.wait_for(producer.start(), ANSWERED_WITHIN)
            publishing = _Publishing(self, producer, published)
            await self._follow_log(publishing, leadership, same_broker, stop)
        finally:
            await same_broker.end()
            await stop_producer(producer)

    async def _resume(self, cluster: str) -> Published:
        """Return what stands in Kafka already; where that cannot be asked, what is remembered."""
        if self.broker.rules.resumes_by_last_position:
            return await self._resume_where_kafka_stands()
        if self._memory is None or self._memory_of_cluster != cluster:
            self._memory, self._memory_of_cluster = Published(generation=cluster), cluster
        return self._memory

    async def _resume_where_kafka_stands(self) -> Published:
        """Go on where Kafka ends, or begin again when it cannot hold all that lies before.

        That is so when a topic was emptied and something was published before that was noticed.
        """
        found = await look_at(self.broker, self.topic, self.partitions)
        resumed = found.resumed(self.window, self.ids.new)
        if found.count >= await self._in_thread(partial(self._stored_up_to, resumed.after)):
            return resumed
        _log.warning("topic-is-filled-again", topic=self.topic)
        return found.begun(self.ids.new())

    def _stored_up_to(self, position: int) -> int:
        with self.store.connection() as connection:
            row = connection.execute(
                "SELECT count(*) AS stored FROM stored_events WHERE notification_id <= %s",
                (position,),
            ).fetchone()
        return int(row["stored"]) if row else 0

    async def _follow_log(
        self,
        publishing: "_Publishing",
        leadership: Leadership,
        same_broker: Recurring,
        stop: asyncio.Event,
    ) -> None:
        published = publishing.published
        ahead: asyncio.Task[Window] | None = None
        while not stop.is_set():
            same_broker.turn()
            window = await (ahead or self._next_window(published.after))
            self.at("read")
            await leadership.require()
            RELAY_LAG.labels(self.store.service).set(max(0, window.settled - published.after))
            # The next one is read while this one is on its way.
            ahead = None if window.is_last else self._reading(window.reaches)
            await publishing.publish(window.records)
            published.after = window.reaches
            self._patience.reset()
            if not window.records:
                await self._wait_for_news(published.after)

    def _reading(self, after: int) -> asyncio.Task[Window]:
        task = asyncio.create_task(self._next_window(after))
        task.add_done_callback(_heard)  # a publisher that fails does not ask for it any more
        return task

    async def _next_window(self, after: int) -> Window:
        return await self._in_thread(partial(next_window, self.store, after, self.window))

    async def _wait_for_news(self, after: int) -> None:
        RELAY_LAG.labels(self.store.service).set(0)
        await self._in_thread(lambda: self.store.wait_for_news(after, NEWS_WITHIN))

    async def _require_same_broker(self, cluster: str, published: Published) -> None:
        if await cluster_id(self.broker) != cluster:
            raise BrokerChangedError("another cluster answers")
        if self.broker.rules.resumes_by_last_position:
            # Publishing goes on meanwhile: only what was known before the question must be there.
            before = Published(published.generation, ends=dict(published.ends))
            ends = await ends_of(self.broker, self.topic, self.partitions)
            if not before.stands_in(ends):
                raise BrokerChangedError("the topic does not hold what was published")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(
            loop.run_in_executor(self._threads, work), ACKNOWLEDGED_WITHIN
        )


class _Publishing:
    """One producer at work, from where Kafka stood when it began."""

    def __init__(self, relay: Relay, producer: AIOKafkaProducer, published: Published) -> None:
        self.published = published
        self._relay = relay
        self._producer = producer

    async def publish(self, window: Sequence[Outgoing]) -> None:
        """Publish a window and wait until every record of it is acknowledged."""
        queues: dict[int, list[Outgoing]] = {}
        for recorded in window:
            partition = partition_of(recorded.stream, self._relay.partitions)
            if recorded.position > self.published.last.get(partition, 0):
                queues.setdefault(partition, []).append(recorded)
        ended = await asyncio.gather(
            *(self._publish_partition(partition, queue) for partition, queue in queues.items()),
            return_exceptions=True,
        )
        for error in ended:
            if error is not None:
                raise error

    async def _publish_partition(self, partition: int, queue: list[Outgoing]) -> None:
        """Send one batch after the other: no later one can stand where an earlier one failed."""
        while queue:
            batch, sent = self._batch(queue)
            topic = self._relay.topic
            attributes: Attributes = {Attribute.MESSAGING_PARTITION: str(partition)}
            traces = (recorded.trace for recorded in sent)
            with send_batch_span(topic, len(sent), traces, attributes):
                acknowledged = await asyncio.wait_for(
                    self._producer.send_batch(batch, topic, partition=partition),
                    ACKNOWLEDGED_WITHIN,
                )
                self._relay.at("send")
                stored = await asyncio.wait_for(acknowledged, ACKNOWLEDGED_WITHIN)
            self._relay.at("ack")
            self._take_note(partition, sent, stored.offset)
            del queue[: len(sent)]

    def _batch(self, queue: Sequence[Outgoing]) -> tuple[Any, list[Outgoing]]:
        batch = self._producer.create_batch()
        sent: list[Outgoing] = []
        for recorded in queue:
            if batch.append(**recorded.message(self.published.generation)) is None:
                break
            sent.append(recorded)
        batch.close()
        return batch, sent

    def _take_note(self, partition: int, sent: Sequence[Outgoing], offset: int) -> None:
        EVENTS_PUBLISHED.labels(self._relay.store.service).inc(len(sent))
        if self.published.is_overtaken(partition, offset):
            raise BrokerChangedError("the topic does not hold what was published")
        self.published.note(partition, sent[-1].position, offset + len(sent))


def _heard(task: asyncio.Task[Window]) -> None:
    if not task.cancelled():
        task.exception()
