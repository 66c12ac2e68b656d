"""One leader among the processes of a service: a session advisory lock of PostgreSQL.

The lock lives as long as its own connection. Keep-alive probes on both sides bound how long a
vanished leader holds it: a follower leads in less than ten seconds. It must be a direct
connection: the lock does not survive a transaction-pooling proxy.
"""

import asyncio
import hashlib
from types import TracebackType
from typing import Self

import psycopg

from shared.messaging.supervision import wait_or_stop

ANSWERED_WITHIN = 3.0  # seconds
ASKED_EVERY = 0.5
_SERVER_PROBES = "-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"


class LeadershipLostError(Exception):
    """The connection that held the lock does not answer: somebody else may lead now."""


class Leadership:
    """The claim to lead under one name, on a dedicated connection."""

    def __init__(self, database_url: str, name: str) -> None:
        self._database_url = database_url
        self._key = int.from_bytes(
            hashlib.sha256(f"duban.leader:{name}".encode()).digest()[:8], "big", signed=True
        )
        self._connection: psycopg.AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        self._connection = await psycopg.AsyncConnection.connect(
            self._database_url,
            autocommit=True,
            connect_timeout=int(ANSWERED_WITHIN),
            options=_SERVER_PROBES,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def gained(self, stop: asyncio.Event) -> bool:
        """Wait for the lead; False when told to stop before."""
        while not stop.is_set():
            if await self._ask("SELECT pg_try_advisory_lock(%s)", self._key):
                return True
            await wait_or_stop(stop, ASKED_EVERY)
        return False

    async def require(self) -> None:
        """Raise LeadershipLostError unless the connection, and so the lock, still lives."""
        await self._ask("SELECT %s = 1", 1)

    async def _ask(self, query: str, value: int) -> bool:
        if self._connection is None:
            raise LeadershipLostError("there is no connection")
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                cursor = await self._connection.execute(query.encode(), (value,))
                row = await cursor.fetchone()
        except (psycopg.Error, OSError) as error:
            raise LeadershipLostError("the connection of the lead is lost") from error
        return row is not None and bool(row[0])
