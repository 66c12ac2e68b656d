"""The fence between writers and readers of one event table.

A sequence is not commit order: a reader that follows the highest visible position skips what a
slower transaction commits later under a lower one. So every writer takes a shared advisory lock
*before* it draws a position and holds it until its transaction has ended; the reader takes the
same lock exclusively for a moment, and what the sequence says then is settled: every position
drawn so far is committed and visible, or rolled back for ever.

Positions of concurrent transactions with several events may interleave. Order within a stream,
and that nothing appears at or below the settled position later, always hold.

The sequence must keep its default `CACHE 1`: cached values would be drawn before the lock.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any

import psycopg
from psycopg.rows import DictRow
from psycopg.sql import SQL, Composed, Identifier, Literal

Connect = Callable[[], AbstractContextManager[psycopg.Connection[DictRow]]]

READER_WAITS_MS = 250
"""How long a reader queues for the lock: writers that come later queue behind it that long."""


def lock_key(name: str) -> int:
    """Return the 64-bit key of the advisory lock with this name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def shared_lock(schema: str, table: str) -> Composed:
    """Return the query by which a writer enters the fence; its transaction's end leaves it.

    It waits as long as the session's `lock_timeout` allows (`shared.eventstore.log`).
    """
    return SQL("SELECT pg_advisory_xact_lock_shared({key})").format(
        key=Literal(_key(schema, table))
    )


def _key(schema: str, table: str) -> int:
    return lock_key(f"duban.fence:{schema}.{table}")


class Fence:
    """Knows up to which position the event table is settled."""

    def __init__(self, connect: Connect, schema: str, table: str) -> None:
        self._connect = connect
        self._mutex = Lock()
        self._known = 0
        self._exclusive = SQL(
            "SET LOCAL lock_timeout = {wait}; SELECT pg_advisory_xact_lock({key})"
        ).format(wait=Literal(f"{READER_WAITS_MS}ms"), key=Literal(_key(schema, table)))
        self._drawn = SQL(
            "SELECT pg_sequence_last_value("
            "pg_get_serial_sequence({table}, 'notification_id')::regclass) AS drawn"
        ).format(table=Literal(Identifier(schema, table).as_string()))

    def settled_position(self) -> int:
        """Return the position up to which nothing will ever appear any more.

        When a writer holds the lock for too long, the last known answer: late, never wrong.
        """
        with self._mutex:
            with self._connect() as connection:
                self._known = max(self._known, self._ask(connection))
            return self._known

    def _ask(self, connection: psycopg.Connection[Any]) -> int:
        if self._last_drawn(connection) <= self._known:
            return self._known  # nothing was drawn since: no need to stop the writers
        try:
            with connection.transaction():
                connection.execute(self._exclusive)
                return self._last_drawn(connection)
        except psycopg.errors.LockNotAvailable:
            return self._known

    def _last_drawn(self, connection: psycopg.Connection[Any]) -> int:
        row = connection.execute(self._drawn).fetchone()
        return int(row["drawn"] or 0) if row else 0
