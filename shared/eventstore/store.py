"""The event store of one service: append, read in order, wait for news."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

import psycopg
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    StoredEvent,
)
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, RowFactory, args_row, dict_row, tuple_row
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.eventstore.aggregate import Aggregate
from shared.eventstore.log import (
    CONNECT_TIMEOUT_S,
    PoolSizes,
    RecordLog,
    log_environment,
    session_options,
)
from shared.eventstore.mapper import RecordMapper
from shared.eventstore.news import News
from shared.eventstore.record import RecordedEvent, digest_of, read_back
from shared.eventstore.recorder import BarrierApplicationRecorder, Participant
from shared.eventstore.unit_of_work import Receipt, UnitOfWork
from shared.kernel.context import Context
from shared.kernel.errors import (
    ConflictError,
    DubanError,
    UnavailableError,
)
from shared.telemetry.metrics import APPEND_SECONDS, EVENTS_APPENDED
from shared.telemetry.spans import append_span

__all__ = ["EventStore", "Participant", "PoolSizes", "Receipt", "StreamHead"]

A = TypeVar("A", bound=Aggregate)
R = TypeVar("R")

CHECKED_EVERY_S = 1.0
_POLL_SOONEST_S, _POLL_LATEST_S = 0.25, 1.0
"""Who waits is woken by hints; polling only makes up for one that was lost."""


@dataclass(frozen=True)
class StreamHead:
    """The last settled event of a stream."""

    stream: str
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One stored event, its bytes not looked into."""

    position: int
    stream: str
    raw: bytes


_STORED = (
    "SELECT notification_id, originator_id, state FROM stored_events"
    " WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s"
)


class EventStore:
    """One service's log on PostgreSQL, through the library's application, mapper and recorder.

    Three pools, so that none starves another: commands (the library's datastore), the feed
    (relay, projections, feed readers) and queries. The database must have been migrated.
    """

    def __init__(self, service: str, database_url: str, *, pool: PoolSizes | None = None) -> None:
        """Open the pools; raises UnavailableError when the database is not migrated."""
        sizes = pool or PoolSizes()
        self.service = service
        self.database_url = database_url
        self._log = RecordLog(log_environment(database_url, sizes.command, checked=False))
        self._feed_log = RecordLog(log_environment(database_url, sizes.feed, checked=True))
        self._mapper = cast(RecordMapper, self._log.mapper)
        self._recorder = cast(BarrierApplicationRecorder, self._log.recorder)
        self._feed = cast(BarrierApplicationRecorder, self._feed_log.recorder)
        self._queries = _query_pool(database_url, sizes.query)
        self._news = News(database_url, self._recorder.channel_name)
        self._recorder.announce = self._news.tell
        self._require_migrated()

    def begin(
        self,
        context: Context,
        *,
        expected: Mapping[str, int] | None = None,
        participants: Sequence[Participant] = (),
    ) -> UnitOfWork:
        """Begin the unit of work of one command or reaction.

        `expected` says which version each addressed stream must still have.
        """
        return UnitOfWork(self, context, expected=expected or {}, participants=participants)

    def reconstruct(self, cls: type[A], key: str) -> A | None:
        """Return the aggregate as its events tell it; None when it has none."""

        try:
            rows = self._recorder.select_events(cls.stream_of(key))
        except (InterfaceError, OperationalError) as error:
            raise _unavailable(error) from error
        return self._replayed(cls(key), rows) if rows else None

    def reconstruct_all(self, cls: type[A], keys: Sequence[str]) -> dict[str, A]:
        """Return those of the aggregates that have events, by key: one query for all of them."""
        rows = self._rows(
            "SELECT originator_id, originator_version, topic, state FROM stored_events"
            " WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version",
            ([cls.stream_of(key) for key in keys],),
        )
        streams = groupby((StoredEvent(**row) for row in rows), lambda row: str(row.originator_id))
        named = ((stream.removeprefix(f"{cls.KIND}/"), list(rows)) for stream, rows in streams)
        return {key: self._replayed(cls(key), rows) for key, rows in named}

    def _replayed(self, aggregate: A, rows: Sequence[StoredEvent]) -> A:
        for row in rows:
            aggregate.replayed(self._mapper.to_event(row), row.originator_version)
        aggregate.head = digest_of(rows[-1].state)
        return aggregate

    def append(
        self, events: Sequence[RecordedEvent], participants: Sequence[Participant] = ()
    ) -> list[RecordedEvent]:
        """Store the events and run the participants in one transaction; return them positioned.

        Raises ConflictError when another event stands at one of the places,
        CommandInProgressError when the idempotency key was taken meanwhile. An append whose
        reply was lost is tried again by the recorder and then meets its own records: success.
        """
        with append_span(self.service, len(events)), APPEND_SECONDS.labels(self.service).time():
            positioned = self._append(events, participants)
        EVENTS_APPENDED.labels(self.service).inc(len(positioned))
        return positioned

    def _append(
        self, events: Sequence[RecordedEvent], participants: Sequence[Participant]
    ) -> list[RecordedEvent]:
        try:
            positions = self._insert(events, participants)
        except (IntegrityError, DubanError) as error:
            stored = self._same_in_store(events)
            if stored is None:
                raise _refusal(error) from error
            positions = stored
        except (InterfaceError, OperationalError, InternalError) as error:
            # The library's InternalError: the server ended a session that stood still too long.
            raise _unavailable(error) from error
        return [e.at(p) for e, p in zip(events, positions, strict=True)]

    def _insert(
        self, events: Sequence[RecordedEvent], participants: Sequence[Participant]
    ) -> Sequence[int]:
        # The library's `save` would do the same, and take snapshots and tell followers besides.
        rows = [self._mapper.to_stored_event(event) for event in events]
        return self._recorder.insert_events(rows, participants=participants)

    def _same_in_store(self, events: Sequence[RecordedEvent]) -> list[int] | None:
        """Return the positions of these very records; None when one is missing or another."""
        positions = []
        for event in events:
            found = self._select(
                "SELECT notification_id, state FROM stored_events"
                " WHERE originator_id = %s AND originator_version = %s",
                (event.originator_id, event.originator_version),
            )
            if not found or found[0].raw != event.raw:
                return None
            positions.append(found[0].position)
        return positions or None

    def settled_position(self) -> int:
        """Return the position up to which nothing will ever appear any more.

        While a writer holds the fence for too long, the last known one: late, never wrong.
        """
        try:
            return self._feed.settled_position()
        except (InterfaceError, OperationalError) as error:
            raise _unavailable(error) from error

    def read(self, after: int, limit: int) -> list[RecordedEvent]:
        """Return settled events with a position higher than `after`, in position order.

        Positions of concurrent transactions may interleave; each stream is in order.
        """
        settled = self.settled_position()
        return self._select(
            "SELECT notification_id, state FROM stored_events WHERE notification_id > %s"
            " AND notification_id <= %s ORDER BY notification_id LIMIT %s",
            (after, settled, limit),
        )

    def read_stored(self, after: int, up_to: int, limit: int) -> list[StoredRecord]:
        """Return settled records as they stand, unread: for who passes on what was checked.

        `up_to` is a position that was settled. Far cheaper than `read`.
        """
        return self._binary(_STORED, (after, up_to, limit), args_row(StoredRecord))

    def read_stream(
        self, stream: str, after_version: int = 0, limit: int = 1000
    ) -> list[RecordedEvent]:
        """Return the events of one stream after this version, in version order."""
        return self._select(
            "SELECT notification_id, state FROM stored_events WHERE originator_id = %s"
            " AND originator_version > %s ORDER BY originator_version LIMIT %s",
            (stream, after_version, limit),
        )

    def version_of(self, stream: str) -> int:
        """Return the present version of a stream, 0 when it does not exist."""
        rows = self._rows(
            "SELECT coalesce(max(originator_version), 0) AS version FROM stored_events"
            " WHERE originator_id = %s",
            (stream,),
        )
        return int(rows[0]["version"])

    def heads(self, after: int, limit: int) -> list[StreamHead]:
        """Return the streams whose settled head stands after this position, in its order."""
        settled = self.settled_position()
        rows = self._rows(
            "SELECT originator_id, originator_version, notification_id FROM stored_events AS head"
            " WHERE notification_id > %s AND notification_id <= %s AND NOT EXISTS ("
            "   SELECT FROM stored_events AS later WHERE later.originator_id = head.originator_id"
            "   AND later.originator_version = head.originator_version + 1"
            "   AND later.notification_id <= %s)"
            " ORDER BY notification_id LIMIT %s",
            (after, settled, settled, limit),
        )
        return [
            StreamHead(row["originator_id"], row["originator_version"], row["notification_id"])
            for row in rows
        ]

    def wait_for_news(self, after: int, timeout: float) -> bool:
        """Wait at most `timeout` seconds; return whether something is settled after `after`."""
        deadline = time.monotonic() + timeout
        pause = _POLL_SOONEST_S
        while True:
            heard = self._news.count
            if self.settled_position() > after:
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._news.wait(heard, min(left, pause))
            pause = min(pause * 2, _POLL_LATEST_S)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        """Lend a connection of the query pool for one transaction, committed at the end."""
        try:
            with self._queries.connection() as connection:
                yield connection
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise _unavailable(error) from error

    @contextmanager
    def single_statements(self) -> Iterator[psycopg.Connection[DictRow]]:
        """Lend a connection of the query pool where each statement is a transaction of its own.

        So it costs one round trip instead of three. A transaction begun in SQL is undone at the
        end, unless it was committed.
        """
        with self.connection() as connection:
            connection.autocommit = True
            try:
                yield connection
            finally:
                connection.rollback()
                connection.autocommit = False

    def close(self) -> None:
        """Stop the threads and close the pools."""
        self._news.close()
        self._queries.close()
        self._feed_log.close()
        self._log.close()

    def _select(self, query: str, values: Sequence[object]) -> list[RecordedEvent]:
        """Return the events in rows of position and record."""
        return [
            read_back(raw, position) for position, raw in self._binary(query, values, tuple_row)
        ]

    def _binary(self, query: str, values: Sequence[object], made: RowFactory[R]) -> list[R]:
        """Return rows whose records were not written out as text on the way."""
        try:
            with self._feed.datastore.get_connection() as connection:
                cursor = connection.cursor(binary=True, row_factory=made)
                return cursor.execute(query.encode(), values).fetchall()
        except (InterfaceError, OperationalError) as error:
            raise _unavailable(error) from error

    def _rows(self, query: str, values: Sequence[object]) -> list[DictRow]:
        try:
            with self._feed.datastore.get_connection() as connection:
                return connection.execute(query.encode(), values).fetchall()
        except (InterfaceError, OperationalError) as error:
            raise _unavailable(error) from error

    def _require_migrated(self) -> None:
        known = self._recorder.datastore.psycopg_python_types
        if self._recorder.stored_event_type_name not in known:
            self.close()
            raise UnavailableError(f"the database of {self.service} is not migrated")


class _Checks:
    """Tries a connection before it is lent, unless that was done a moment ago.

    After a restart of the server a request may so meet a dead connection for a second.
    """

    def __init__(self) -> None:
        self._tried: WeakKeyDictionary[psycopg.Connection[DictRow], float] = WeakKeyDictionary()

    def __call__(self, connection: psycopg.Connection[DictRow]) -> None:
        now = time.monotonic()
        if now - self._tried.get(connection, -CHECKED_EVERY_S) >= CHECKED_EVERY_S:
            ConnectionPool.check_connection(connection)
            self._tried[connection] = now


def _query_pool(database_url: str, connections: int) -> ConnectionPool[psycopg.Connection[DictRow]]:
    known = str(conninfo_to_dict(database_url).get("options", ""))
    url = make_conninfo(database_url, options=session_options(known))
    return ConnectionPool(
        url,
        connection_class=psycopg.Connection[DictRow],
        kwargs={"row_factory": dict_row},
        min_size=1,
        max_size=connections,
        timeout=CONNECT_TIMEOUT_S,
        check=_Checks(),
        open=True,
        name="query",
    )


def _refusal(error: Exception) -> DubanError:
    if isinstance(error, DubanError):
        return error
    return ConflictError("another event stands at this place of the stream")


def _unavailable(error: Exception) -> UnavailableError:
    return UnavailableError(f"the event store does not answer ({type(error).__name__})")
