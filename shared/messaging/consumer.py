"""The consumer: follows the topics of other services and has their events handled, once each.

Offsets are only a bookmark. What makes an effect happen exactly once is the inbox mark that is
committed with it (`shared.messaging.inbox`); so any message may come twice, late or not at all.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared.kernel.errors import DubanError
from shared.messaging.arrivals import Arrivals, Fetched, by_source, read_arrivals
from shared.messaging.bookmarks import Bookmarks
from shared.messaging.brokers import ANSWERED_WITHIN, Broker, cluster_id, stop_consumer
from shared.messaging.generations import Generations
from shared.messaging.handling import TRANSIENT, Gap, Handler
from shared.messaging.headers import Message
from shared.messaging.heads_check import HeadsCheck
from shared.messaging.recurring import Recurring
from shared.messaging.supervision import Patience, wait_or_stop
from shared.messaging.together import handle_together
from shared.messaging.topics import PARTITIONS, ensure_topics, partition_of, topic_of
from shared.telemetry.logs import logger
from shared.telemetry.metrics import CONSUMER_LAG, GAPS_STANDING, PARKED_MESSAGES
from shared.telemetry.propagation import traceparent_of
from shared.telemetry.spans import poll_span

STREAMS_AT_ONCE = 4
BATCH = 500
POLL_MS = 200
POLLED_WITHIN = 30.0  # seconds
JOINED_WITHIN = 60.0  # members that died silently are waited for until their session ends

T = TypeVar("T")
_log = logger(__name__)


@dataclass(frozen=True)
class Rhythm:
    """How often the consumer looks after itself, in seconds."""

    bookmarked: float = 0.5
    heads_checked: float = 30.0
    gaps_retried: float = 2.0
    without_assignment: float = 20.0


class BeginAgainError(Exception):
    """This client is of no more use; a new one may be."""


@dataclass
class Consumer:
    """One member of the group of a service; `member` is its name, stable over restarts."""

    handler: Handler
    broker: Broker
    member: str
    partitions: int = PARTITIONS
    rhythm: Rhythm = field(default_factory=Rhythm)
    monotonic: Callable[[], float] = time.monotonic
    group: str = ""

    def __post_init__(self) -> None:
        self.service = self.handler.store.service
        self.group = self.group or self.service
        self.sources = sorted(self.handler.reactions.sources)
        self.patience = Patience()
        self.heads = HeadsCheck(self.handler.inbox, self.handler.dead_letters, self.handler.feed)
        self._threads: ThreadPoolExecutor | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop; raises what is transient but does not pass.

        It may be run again after that.
        """
        self.patience.reset()
        with ThreadPoolExecutor(STREAMS_AT_ONCE, thread_name_prefix="reactions") as self._threads:
            while self.sources and not stop.is_set():
                await self._supervised(stop)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run synchronous work in one of the worker threads: the one place that crosses over."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _supervised(self, stop: asyncio.Event) -> None:
        try:
            await self._follow_topics(stop)
        except (KafkaError, BeginAgainError, OSError, *TRANSIENT) as error:
            # A TimeoutError is an OSError; TRANSIENT is what a restarted database raises.
            pause = self.patience.after_failure(error)
            _log.warning("consumer-begins-again", error=type(error).__name__, pause=pause)
            await wait_or_stop(stop, pause)

    async def _follow_topics(self, stop: asyncio.Event) -> None:
        topics = [topic_of(source) for source in self.sources]
        await ensure_topics(self.broker, topics, self.partitions)
        cluster = await cluster_id(self.broker)
        client = AIOKafkaConsumer(**self.broker.consumer_arguments(self.group, self.member))
        membership = _Membership(self, client, cluster)
        client.subscribe(topics, listener=membership)
        try:
            await _joined(client, stop)
            while not stop.is_set():
                await membership.turn()
            await membership.commit()
        finally:
            await membership.same_broker.end()
            await stop_consumer(client, self.broker)


async def _joined(client: AIOKafkaConsumer, stop: asyncio.Event) -> None:
    """Wait until the client is a member of its group, or is told to stop."""
    starting, stopping = asyncio.ensure_future(client.start()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait(
            {starting, stopping}, timeout=JOINED_WITHIN, return_when=asyncio.FIRST_COMPLETED
        )
        if starting.done():
            starting.result()
        elif not stop.is_set():
            raise BeginAgainError("the group was not joined")
    finally:
        starting.cancel()
        stopping.cancel()


class _Membership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One client's time in the group."""

    def __init__(self, consumer: Consumer, client: AIOKafkaConsumer, cluster: str) -> None:
        self._consumer = consumer
        self._handler = consumer.handler
        self._client = client
        self._cluster = cluster
        # Held while messages are handled and committed, never while they are fetched: a
        # rebalance waits for it, and blocks fetching.
        self._processing = asyncio.Lock()
        self._bookmarks = Bookmarks()
        self._generations = Generations(self._handler.inbox)
        self._gaps: dict[tuple[str, str], Gap] = {}
        self._unassigned_since: float | None = consumer.monotonic()
        self._bookmark_due = _Due(consumer.rhythm.bookmarked, consumer.monotonic)
        self._gaps_due = _Due(consumer.rhythm.gaps_retried, consumer.monotonic)
        self._heads_due = _Due(consumer.rhythm.heads_checked, consumer.monotonic)
        self.same_broker = Recurring(
            self._require_same_broker, consumer.broker.rules.checked_every, consumer.monotonic
        )

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let the batch in hand be finished and committed, then forget."""
        async with self._processing:
            self._unassigned_since = self._consumer.monotonic()
            try:
                await self.commit()
            finally:
                self._bookmarks.clear()
                self._generations.clear()
                self._gaps.clear()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self._unassigned_since = None

    async def turn(self) -> None:
        """Fetch and handle one batch, and do what is due besides."""
        fetched = await asyncio.wait_for(
            self._client.getmany(timeout_ms=POLL_MS, max_records=BATCH), POLLED_WITHIN
        )
        async with self._processing:
            await self._handle(fetched)
            if self._gaps_due.is_now():
                await self._retry_gaps()
            if self._heads_due.is_now():
                await self._check_heads()
            if self._bookmark_due.is_now():
                await self.commit()
        self.same_broker.turn()
        self._require_assignment()

    async def _handle(self, fetched: Fetched) -> None:
        assigned = self._client.assignment()
        still_ours = {place: fetched[place] for place in fetched if place in assigned}
        for source, records in by_source(still_ours).items():
            self._handler.at("receive")
            arrivals = await self._in_thread(
                partial(read_arrivals, source, records, self._generations)
            )
            await self._handle_arrivals(arrivals)

    async def _handle_arrivals(self, arrivals: Arrivals) -> None:
        lag = CONSUMER_LAG.labels(self._consumer.service, arrivals.source)
        lag.set(self._behind(arrivals))
        for unreadable, failure in arrivals.unreadable:
            _log.error("message-unreadable", place=unreadable.stream, error=failure.code)
            await self._in_thread(
                partial(self._handler.dead_letters.park_unreadable, unreadable, failure)
            )
        with poll_span(topic_of(arrivals.source), len(arrivals.messages)) as span:
            await self._follow_streams(arrivals, traceparent_of(span))
        for place, offset in arrivals.ends.items():
            self._bookmarks.reached(place, offset)
        for place, generation in arrivals.filled_anew.items():
            await self._read_from_beginning(arrivals.source, place, generation)
        lag.set(max(0, self._behind(arrivals) - len(arrivals.messages)))

    async def _follow_streams(self, arrivals: Arrivals, batch: str) -> None:
        """Handle streams together, what is left side by side, each in order; a gap is held."""
        messages = [message for message in arrivals.messages if not self._waits(message)]
        planned = await self._in_thread(partial(self._handler.plan, arrivals.source, messages))
        planned = await self._in_thread(
            partial(handle_together, self._handler, arrivals.source, planned, batch)
        )
        ended = await asyncio.gather(
            *(self._in_thread(partial(self._handler.follow, work, batch)) for work in planned),
            return_exceptions=True,
        )
        for gap in ended:
            if isinstance(gap, Gap):
                self._hold(gap, *arrivals.begins[gap.stream])
        for error in ended:
            if isinstance(error, BaseException):
                raise error

    def _waits(self, message: Message) -> bool:
        """Whether the message's stream is held; then its version must be reached as well."""
        key = message.source, message.stream
        gap = self._gaps.get(key)
        if gap is not None:
            self._gaps[key] = replace(gap, needed=max(gap.needed, message.version))
        return gap is not None

    def _hold(self, gap: Gap, place: TopicPartition, offset: int) -> None:
        self._gaps[gap.source, gap.stream] = gap
        self._bookmarks.hold((gap.source, gap.stream), place, offset)
        self._alarm(gap)

    def _alarm(self, gap: Gap) -> None:
        _log.error("gap-stands", source=gap.source, stream=gap.stream, mark=gap.mark)
        self._count_gaps()

    def _count_gaps(self) -> None:
        for source in self._consumer.sources:
            standing = sum(1 for of, _ in self._gaps if of == source)
            GAPS_STANDING.labels(self._consumer.service, source).set(standing)

    async def _retry_gaps(self) -> None:
        for key, gap in list(self._gaps.items()):
            left = await self._in_thread(partial(self._handler.catch_up, *key, gap.needed))
            if left is None:
                del self._gaps[key]
                self._bookmarks.release(key)
            else:
                self._alarm(left)
        self._count_gaps()
        for source in self._consumer.sources:
            if TopicPartition(topic_of(source), 0) in self._client.assignment():
                await self._in_thread(partial(self._handler.dead_letters.redrive_waiting, source))
        parked = await self._in_thread(self._handler.dead_letters.parked_counts)
        for source in self._consumer.sources:
            PARKED_MESSAGES.labels(self._consumer.service, source).set(parked.get(source, 0))

    async def _check_heads(self) -> None:
        """Heal streams whose last events never came; one member does it for each source."""
        for source in self._consumer.sources:
            if TopicPartition(topic_of(source), 0) not in self._client.assignment():
                continue
            try:
                stuck = await self._in_thread(
                    partial(self._consumer.heads.streams_left_behind, source)
                )
            except DubanError as error:
                _log.warning("heads-not-checked", source=source, error=error.code)
                continue
            for head in stuck:
                if not self._is_still_to_be_read(source, head.stream):
                    _log.warning("stream-left-behind", source=source, stream=head.stream)
                    await self._in_thread(
                        partial(self._handler.catch_up, source, head.stream, head.version)
                    )

    def _is_still_to_be_read(self, source: str, stream: str) -> bool:
        """Whether this member has not yet read its partition of the stream to the end."""
        number = partition_of(stream, self._consumer.partitions)
        place = TopicPartition(topic_of(source), number)
        return place in self._client.assignment() and self._lag(place) > 0

    def _lag(self, place: TopicPartition) -> int:
        highwater = self._client.highwater(place)
        reached = self._bookmarks.reached_in(place)
        return 0 if highwater is None or reached is None else max(0, highwater - reached)

    def _behind(self, arrivals: Arrivals) -> int:
        return len(arrivals.messages) + sum(
            max(0, (self._client.highwater(place) or 0) - end)
            for place, end in arrivals.ends.items()
        )

    async def _read_from_beginning(
        self, source: str, place: TopicPartition, generation: str
    ) -> None:
        """Begin the partition again; noted only after the bookmark says so, for a crash between."""
        _log.warning("partition-filled-anew", topic=place.topic, partition=place.partition)
        self._client.seek(place, 0)
        self._bookmarks.reached(place, 0)
        await self.commit()
        await self._in_thread(
            partial(self._generations.remember, source, place.partition, generation)
        )

    async def commit(self) -> None:
        """Tell Kafka how far this member has come: only a bookmark, so not at every turn."""
        offsets = self._bookmarks.to_commit()
        if not offsets:
            return
        try:
            await asyncio.wait_for(self._client.commit(offsets), ANSWERED_WITHIN)
        except (CommitFailedError, IllegalStateError) as error:
            # Somebody else reads these partitions now, from before; the inbox skips the rest.
            _log.warning("bookmark-refused", error=type(error).__name__)
        else:
            self._bookmarks.committed(offsets)

    async def _require_same_broker(self) -> None:
        if await cluster_id(self._consumer.broker) != self._cluster:
            raise BeginAgainError("another cluster answers")

    def _require_assignment(self) -> None:
        since = self._unassigned_since
        if since is None:
            self._consumer.patience.reset()
        elif self._consumer.monotonic() - since > self._consumer.rhythm.without_assignment:
            raise BeginAgainError("no partitions were assigned")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await self._consumer.in_thread(work)


class _Due:
    """Something that is to be done again and again."""

    def __init__(self, every: float, monotonic: Callable[[], float]) -> None:
        self._every = every
        self._monotonic = monotonic
        self._at = monotonic() + every

    def is_now(self) -> bool:
        now = self._monotonic()
        if now < self._at:
            return False
        self._at = now + self._every
        return True
