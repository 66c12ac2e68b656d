"""The barrier recorders: the library's PostgreSQL recorders without its table lock.

The library serialises all appends with `LOCK TABLE … IN EXCLUSIVE MODE`, which also conflicts
with VACUUM, ANALYZE and CREATE INDEX CONCURRENTLY. These take a shared advisory lock instead and
fence the readers (`shared.eventstore.fence` says why that is enough and what it promises: the
positions of concurrent transactions may interleave).

They are plugged in through `APPLICATION_RECORDER_TOPIC` and `PROCESS_RECORDER_TOPIC`.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString

import psycopg
from eventsourcing.persistence import (
    InterfaceError,
    Notification,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresProcessRecorder,
)
from psycopg.rows import DictRow
from psycopg.sql import SQL, Identifier
from psycopg_pool import PoolTimeout

from shared.eventstore.fence import Fence, shared_lock

Participant = Callable[[psycopg.Cursor[DictRow]], None]
"""Runs inside the append transaction, before the events are inserted; raising aborts everything.
It runs again when the connection broke and the append is tried again."""

LOCK_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 15
ATTEMPTS = 4

ONE: LiteralString = "(VALUES (%b::text, %b::bigint, %b::text, %b::bytea))"
MANY: LiteralString = "unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])"
"""The rows to append: one is what most commands have, and costs half as much that way."""

_TRY_AGAIN = frozenset({"57P01", "57P02", "57P03", "40001", "40P01"})


@dataclass(frozen=True)
class OneStatement:
    """A participant that is one INSERT; alone, it is part of the statement that appends.

    `refusal` is raised when it inserts nothing; then no event is stored either.
    """

    insert: LiteralString
    values: Sequence[object]
    refusal: Exception

    def __call__(self, cursor: psycopg.Cursor[DictRow]) -> None:
        """Run it by itself, beside other participants."""
        cursor.execute(self.insert, self.values)
        if cursor.rowcount == 0:
            raise self.refusal


class BarrierApplicationRecorder(PostgresApplicationRecorder):
    """Appends under the shared lock; reads only what is settled; NOTIFY after the commit."""

    def __init__(
        self,
        datastore: PostgresDatastore,
        *,
        events_table_name: str = "stored_events",
        **kwargs: Any,
    ) -> None:
        if datastore.enable_db_functions:
            raise ValueError(
                "POSTGRES_ENABLE_DB_FUNCTIONS loses events in this library: turn it off"
            )
        super().__init__(datastore, events_table_name=events_table_name, **kwargs)
        self.fence = Fence(datastore.get_connection, datastore.schema, events_table_name)
        self.announce: Callable[[], None] = self.notify_channel

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        participants: Sequence[Participant] = (),
        **kwargs: Any,
    ) -> Sequence[int]:
        """Store the events and run the participants in one transaction; return the positions.

        A broken connection is tried again, though the commit may have succeeded: a caller that
        then meets IntegrityError compares what is stored with what it sent.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._insert_once(stored_events, participants, **kwargs)
            except (InterfaceError, OperationalError) as error:
                if not _may_try_again(error):
                    raise
                time.sleep(0.1 * attempt)
        return self._insert_once(stored_events, participants, **kwargs)

    def _insert_once(
        self,
        stored_events: Sequence[StoredEvent],
        participants: Sequence[Participant],
        **kwargs: Any,
    ) -> Sequence[int]:
        alone = participants[0] if len(participants) == 1 else None
        with self.datastore.get_connection() as connection:
            # One statement is a transaction of its own: one round trip.
            if isinstance(alone, OneStatement) and stored_events and not kwargs.get("tracking"):
                positions = self._append(connection.cursor(), stored_events, alone)
            elif participants or kwargs.get("tracking"):
                positions = self._append_with(connection, stored_events, participants, **kwargs)
            else:
                positions = self._append(connection.cursor(), stored_events)
        if positions:
            self.announce()
        return positions

    def _append_with(
        self,
        connection: psycopg.Connection[DictRow],
        stored_events: Sequence[StoredEvent],
        participants: Sequence[Participant],
        **kwargs: Any,
    ) -> Sequence[int]:
        with connection.transaction():
            for participant in participants:
                with connection.cursor() as cursor:
                    participant(cursor)
            with connection.cursor() as cursor:
                self._insert_events(cursor, stored_events, **kwargs)
                return self._append(cursor, stored_events)

    def _append(
        self,
        cursor: psycopg.Cursor[DictRow],
        stored_events: Sequence[StoredEvent],
        first: OneStatement | None = None,
    ) -> Sequence[int]:
        if not stored_events:
            return []
        rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in stored_events]
        shape, values = (ONE, rows[0]) if len(rows) == 1 else (MANY, _columns(rows))
        statement = append_statement(
            self.datastore.schema, self.events_table_name, shape, first.insert if first else ""
        )
        before = first.values if first else ()
        cursor.execute(statement, [*before, *values], prepare=shape is ONE or None)
        positions = [row["notification_id"] for row in cursor.fetchall()]
        if first is not None and not positions:
            raise first.refusal
        return positions

    def _notify_channel(self, curs: psycopg.Cursor[DictRow]) -> None:
        """Nothing inside the transaction: NOTIFY there serialises commits of the instance."""

    def notify_channel(self) -> None:
        """Tell listeners that there is news; only a hint, so a failure is no failure."""
        with contextlib.suppress(PersistenceError), self.datastore.get_connection() as connection:
            connection.execute(SQL("NOTIFY {0}").format(Identifier(self.channel_name)))

    def settled_position(self) -> int:
        """Return the position up to which nothing will ever appear any more."""
        return self.fence.settled_position()

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return settled notifications only, in position order."""
        settled = self.settled_position()
        found: Sequence[Notification] = super().select_notifications(
            start,
            limit,
            settled if stop is None else min(stop, settled),
            topics,
            inclusive_of_start=inclusive_of_start,
        )
        return found

    def max_notification_id(self) -> int | None:
        """Return the highest settled position that holds an event; None when there is none."""
        query = SQL("SELECT MAX(notification_id) FROM {0}.{1} WHERE notification_id <= %s").format(
            Identifier(self.datastore.schema), Identifier(self.events_table_name)
        )
        settled = self.settled_position()
        with self.datastore.get_connection() as connection:
            row = connection.execute(query, (settled,)).fetchone()
        return row["max"] if row else None


class BarrierProcessRecorder(BarrierApplicationRecorder, PostgresProcessRecorder):
    """The same, with the library's tracking of consumed positions in the same transaction."""


@cache
def append_statement(schema: str, table: str, rows: LiteralString, first: LiteralString) -> bytes:
    """Return the statement that enters the fence, draws positions and stores, in this order.

    No row comes out of the join before the lock has been taken, and a position is drawn when its
    row has come out. `first` is an INSERT without which nothing is stored.
    """
    enter = shared_lock(schema, table)
    statement = SQL(
        "WITH {first} fence AS MATERIALIZED ({enter})"
        " INSERT INTO {table} (originator_id, originator_version, topic, state)"
        " SELECT new.* FROM fence, {rows} AS new"
        " RETURNING notification_id"
    ).format(
        first=SQL("inserted AS (" + first + " RETURNING 1),") if first else SQL(""),
        enter=SQL("{0} FROM inserted").format(enter) if first else enter,
        table=Identifier(schema, table),
        rows=SQL(rows),
    )
    return statement.as_bytes(None)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _may_try_again(error: PersistenceError) -> bool:
    """Whether the connection broke or a deadlock was solved; a timeout is not tried again."""
    cause = error.__cause__
    if isinstance(cause, PoolTimeout):
        return False
    sqlstate = getattr(cause, "sqlstate", None)
    return sqlstate is None or sqlstate.startswith("08") or sqlstate in _TRY_AGAIN
