"""One sealer among the processes of a service: a session advisory lock of PostgreSQL.

It only spares work: two sealers at once would still seal one after the other, because each batch
holds the row of `tlog_tree`.
"""

import threading
from types import TracebackType
from typing import Self

import psycopg

from shared.eventstore.fence import lock_key
from shared.kernel.errors import UnavailableError

ANSWERED_WITHIN_S = 3
ASKED_EVERY_S = 0.5


class Lead:
    """The claim to lead under one name, on a connection of its own."""

    def __init__(self, database_url: str, name: str) -> None:
        self._database_url = database_url
        self._key = lock_key(f"duban.leader:{name}")
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        try:
            self._connection = psycopg.connect(
                self._database_url,
                autocommit=True,
                connect_timeout=ANSWERED_WITHIN_S,
                options=f"-c statement_timeout={ANSWERED_WITHIN_S}s -c tcp_keepalives_idle=2"
                " -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3",
                tcp_user_timeout=ANSWERED_WITHIN_S * 1000,
            )
        except psycopg.Error as error:
            raise UnavailableError("the database does not answer") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def gained(self, stop: threading.Event) -> bool:
        """Wait for the lead; False when told to stop before."""
        while not stop.is_set():
            if self._ask("SELECT pg_try_advisory_lock(%s)", self._key):
                return True
            stop.wait(ASKED_EVERY_S)
        return False

    def require(self) -> None:
        """Raise UnavailableError unless the connection, and so the lock, still lives."""
        self._ask("SELECT %s = 1", 1)

    def _ask(self, query: str, value: int) -> bool:
        assert self._connection is not None  # used as a context manager
        try:
            row = self._connection.execute(query.encode(), (value,)).fetchone()
        except psycopg.Error as error:
            raise UnavailableError("the connection of the lead is lost") from error
        return row is not None and bool(row[0])
