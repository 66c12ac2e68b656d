"""Handles the messages of streams: in order, each once, or parked with all that follow.

Synchronous: the consumer calls this in worker threads, one stream in one thread at a time.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import eventsourcing.persistence
import psycopg
from opentelemetry.trace import Span

from shared.eventstore.joint_work import JointWork
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import Participant, UnitOfWork
from shared.kernel.actor import system_actor
from shared.kernel.clock import Clock
from shared.kernel.context import Context
from shared.kernel.errors import ConflictError, ContractError, NotYetSeenError, UnavailableError
from shared.kernel.ids import Ids
from shared.messaging.crash_points import CrashPoint, no_crash
from shared.messaging.dead_letters import DeadLetters, Failure
from shared.messaging.headers import Message, from_feed
from shared.messaging.inbox import AlreadyConsumedError, Inbox, InboxMark
from shared.messaging.reactions import Reactions, sentence_of
from shared.messaging.source_feed import SourceFeed
from shared.messaging.topics import topic_of
from shared.telemetry.logs import logger
from shared.telemetry.metrics import GAP_HEALS, MESSAGES_CONSUMED
from shared.telemetry.names import Attribute
from shared.telemetry.propagation import traceparent_of
from shared.telemetry.spans import process_span, reaction_span

CONFLICT_RETRIES = 10
TRANSIENT_RETRIES = 5
TOGETHER = 50
"""Messages in one transaction, at most: what is done again alone when one of them fails."""

TRANSIENT = (
    UnavailableError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    eventsourcing.persistence.OperationalError,
    eventsourcing.persistence.InterfaceError,
)
"""What may be otherwise a moment later."""

_log = logger(__name__)


@dataclass(frozen=True)
class Gap:
    """A stream that cannot be followed beyond `mark` before what is missing has been read."""

    source: str
    stream: str
    mark: int
    needed: int


@dataclass(frozen=True)
class StreamWork:
    """What is to be done for one stream: its messages, in order, beyond its mark.

    `needed` is a version that must be reached even if no message brings it.
    """

    source: str
    stream: str
    mark: int
    messages: Sequence[Message]
    needed: int = 0
    is_parked: bool = False


@dataclass
class Handler:
    """Runs the reactions of one service to messages, together with their inbox marks.

    `tenant`: whose records it takes. Another's, on a broker that both share, are parked.
    """

    store: EventStore
    tenant: str
    reactions: Reactions
    application: Any
    feed: SourceFeed
    clock: Clock
    ids: Ids
    at: CrashPoint = no_crash
    pause: Callable[[float], None] = time.sleep
    together: int = TOGETHER
    inbox: Inbox = field(init=False)
    dead_letters: DeadLetters = field(init=False)

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.store)
        self.dead_letters = DeadLetters(self.store, self.clock, self)

    def plan(self, source: str, messages: Sequence[Message]) -> list[StreamWork]:
        """Return what these messages of one source ask for, stream by stream.

        What no reaction wants is marked as consumed at once, in one statement for all streams.
        """
        streams: dict[str, list[Message]] = {}
        for message in messages:
            streams.setdefault(message.stream, []).append(message)
        marks = self.inbox.marks(source, streams)
        parked = self.dead_letters.parked_streams(source, streams)
        planned = [
            StreamWork(source, stream, marks.get(stream, 0), found, is_parked=stream in parked)
            for stream, found in streams.items()
        ]
        return self._without_idle_beginnings(source, planned)

    def follow(self, work: StreamWork, batch: str = "") -> Gap | None:
        """Handle a stream's messages in order; return the gap that stops it, if one does.

        Raises what is transient when it has not passed after several tries: then nothing of the
        message in hand is committed.
        """
        mark, pending = work.mark, deque(work.messages)
        if work.is_parked and pending and self.dead_letters.park_behind(_beyond(mark, pending)):
            return None
        while True:
            pending = deque(_beyond(mark, pending))
            if not pending and mark >= work.needed:
                return None
            if not pending or pending[0].version > mark + 1:
                missing = self._missing(work.source, work.stream, mark)
                if not missing:
                    return Gap(work.source, work.stream, mark, _needed(work, pending))
                pending.extendleft(reversed(missing))
            elif idle := self._idle_run(mark, pending):
                self.inbox.advance(work.source, {work.stream: idle})
                self._count(work.source, "without-reaction", idle - mark)
                mark = idle
            elif failure := self._take(pending[0], batch):
                self._park(pending, failure)
                return None
            else:
                mark += 1

    def catch_up(self, source: str, stream: str, needed: int) -> Gap | None:
        """Bring a stream up to `needed` from its source's log; return the gap if it stays."""
        mark = self.inbox.mark(source, stream)
        is_parked = bool(self.dead_letters.parked_streams(source, [stream]))
        missing = self._missing(source, stream, mark) if is_parked else []
        return self.follow(StreamWork(source, stream, mark, missing, needed, is_parked))

    def redrive(self, message: Message, settled: Participant) -> None:
        """Handle a parked message again, after what is missing before it."""
        mark = self.inbox.mark(message.source, message.stream)
        while mark < message.version - 1:
            missing = self._missing(message.source, message.stream, mark)
            if not missing:
                raise UnavailableError(f"version {mark + 1} of {message.stream} is missing")
            for earlier in missing:
                if earlier.version < message.version:
                    self.handle(earlier)
                    mark = earlier.version
        self._with_retries(lambda: self.handle(message, participants=[settled]), waits=0)

    def handle(
        self, message: Message, batch: str = "", participants: Sequence[Participant] = ()
    ) -> None:
        """Run the reactions to one message and commit their effects with its mark, once."""
        with process_span(
            topic_of(message.source), message.record.trace, batch, _attributes(message)
        ) as span:
            uow = self.store.begin(self._context(message, span))
            self._react(message, uow)
            self.at("effect")
            mark = InboxMark(message.source, message.stream, message.version)
            uow.commit([mark, *participants])
            self.at("commit")

    def react_in(self, work: JointWork, message: Message, batch: str = "") -> None:
        """Run the reactions to one message, whose effects commit together with others."""
        if not self.reactions.to(message.record.type):
            return
        with process_span(
            topic_of(message.source), message.record.trace, batch, _attributes(message)
        ) as span:
            uow = work.begin(self._context(message, span))
            self._react(message, uow)
            work.take(uow)
            self.at("effect")

    def committed(self, taken: Sequence[Message]) -> None:
        """Take note that these messages of one source are handled."""
        wanted = sum(1 for message in taken if self.reactions.to(message.record.type))
        self._count(taken[0].source, "handled", wanted)
        self._count(taken[0].source, "without-reaction", len(taken) - wanted)
        for _ in taken:
            self.at("commit")

    def _react(self, message: Message, uow: UnitOfWork) -> None:
        reactions = self.reactions.to(message.record.type)
        if not reactions:
            return
        if message.record.tenant != self.tenant:
            raise ContractError("a record of another tenant")
        recorded = message.recorded()
        for reaction in reactions:
            with reaction_span(sentence_of([reaction]), message.record.type):
                reaction(self.application, uow, recorded)

    def _context(self, message: Message, span: Span) -> Context:
        sentence = sentence_of(self.reactions.to(message.record.type)) or "consume"
        return Context(
            tenant=self.tenant,
            actor=system_actor(self.store.service, "policy"),
            command=f"{sentence}/{self.ids.new()}",
            time=self.clock.now(),
            correlation=message.record.correlation,
            causation=message.record.id,
            trace=traceparent_of(span) or message.record.trace,
        )

    def _take(self, message: Message, batch: str) -> Failure | None:
        """Handle one message; return why it must be parked, if it must."""
        try:
            self._with_retries(lambda: self.handle(message, batch))
        except AlreadyConsumedError:
            self._count(message.source, "already-consumed")
        except NotYetSeenError as error:  # it would hold up every other stream
            return Failure.of(error)
        except (*TRANSIENT, ConflictError):
            raise
        except Exception as error:  # noqa: BLE001  # a reaction may raise anything: parked
            return Failure.of(error)
        else:
            self._count(message.source, "handled")
        return None

    def _with_retries(self, action: Callable[[], None], waits: int = TRANSIENT_RETRIES) -> None:
        """Try again what may be otherwise a moment later; `waits` is for causes not yet seen."""
        conflicts = failures = 0
        while True:
            try:
                return action()
            except ConflictError:
                conflicts += 1
                if conflicts > CONFLICT_RETRIES:
                    raise
                self.pause(random.uniform(0, 0.02 * conflicts))  # noqa: S311  # no secret, only spread
            except TRANSIENT as error:
                failures += 1
                if failures > (waits if isinstance(error, NotYetSeenError) else TRANSIENT_RETRIES):
                    raise
                self.pause(0.05 * 2**failures)

    def _missing(self, source: str, stream: str, mark: int) -> list[Message]:
        """Return what follows the mark in the source's own log, [] when it cannot be had."""
        try:
            fed = self.feed.read_stream(source, stream, mark)
            found = [from_feed(source, item.raw, item.position) for item in fed]
        except (UnavailableError, ContractError) as error:
            _log.warning("feed-failed", source=source, stream=stream, error=error.code)
            return []
        if [message.version for message in found] != list(range(mark + 1, mark + 1 + len(found))):
            _log.error("feed-has-a-gap", source=source, stream=stream, after_version=mark)
            return []
        if found:
            GAP_HEALS.labels(self.store.service, source, "feed").inc()
        return found

    def _park(self, pending: Sequence[Message] | deque[Message], failure: Failure) -> None:
        first = pending[0]
        self.dead_letters.park(list(pending), failure)
        self._count(first.source, "parked", len(pending))
        _log.error(
            "stream-parked",
            source=first.source,
            stream=first.stream,
            version=first.version,
            error=failure.code,
            count=len(pending),
        )

    def _without_idle_beginnings(
        self, source: str, planned: Sequence[StreamWork]
    ) -> list[StreamWork]:
        idle: dict[str, int] = {}
        left: list[StreamWork] = []
        for work in planned:
            pending = _beyond(work.mark, work.messages)
            reached = 0 if work.is_parked else self._idle_run(work.mark, pending)
            if reached:
                idle[work.stream] = reached
                self._count(source, "without-reaction", reached - work.mark)
            if remaining := _beyond(max(reached, work.mark), pending):
                mark = max(reached, work.mark)
                left.append(StreamWork(source, work.stream, mark, remaining, 0, work.is_parked))
        if idle:
            self.inbox.advance(source, idle)
        return left

    def _idle_run(self, mark: int, pending: Sequence[Message] | deque[Message]) -> int:
        """Return the version up to which nothing asks for a reaction, 0 if the first one does."""
        reached = mark
        for message in pending:
            if message.version != reached + 1 or self.reactions.to(message.record.type):
                break
            reached += 1
        return reached if reached > mark else 0

    def _count(self, source: str, outcome: str, count: int = 1) -> None:
        MESSAGES_CONSUMED.labels(self.store.service, source, outcome).inc(count)


def _beyond(mark: int, messages: Sequence[Message] | deque[Message]) -> list[Message]:
    """Return the messages beyond the mark, each version once, in the order they came."""
    beyond: list[Message] = []
    for message in messages:
        if message.version > (beyond[-1].version if beyond else mark):
            beyond.append(message)
    return beyond


def _needed(work: StreamWork, pending: Sequence[Message] | deque[Message]) -> int:
    return max([work.needed, *(message.version for message in pending)])


def _attributes(message: Message) -> Mapping[str, str | int]:
    return {
        Attribute.MESSAGING_MESSAGE_ID: message.record.id,
        Attribute.MESSAGING_KAFKA_KEY: message.stream,
        Attribute.EVENT_TYPE: message.record.type,
        Attribute.STREAM: message.stream,
        Attribute.STREAM_VERSION: message.version,
        Attribute.POSITION: message.position,
        Attribute.CORRELATION: message.record.correlation,
    }
