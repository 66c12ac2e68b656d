"""The inbox: how far each stream of each source has been consumed, in this service's database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from psycopg import Cursor
from psycopg.rows import DictRow

from shared.eventstore.store import EventStore


class AlreadyConsumedError(Exception):
    """Another worker has consumed this version of the stream: there is nothing left to do.

    A signal within this room, no refusal: it never reaches a caller.
    """


@dataclass(frozen=True)
class InboxMark:
    """Takes part in the transaction of the effects: marks exactly the next version as consumed.

    Raises AlreadyConsumedError, and so undoes the effects, unless the mark stands at
    `version - 1`.
    """

    source: str
    stream: str
    version: int

    def __call__(self, cursor: Cursor[DictRow]) -> None:
        if self.version == 1:
            cursor.execute(
                "INSERT INTO inbox (source, stream, version) VALUES (%s, %s, 1)"
                " ON CONFLICT DO NOTHING",
                (self.source, self.stream),
            )
        else:
            cursor.execute(
                "UPDATE inbox SET version = %s WHERE source = %s AND stream = %s AND version = %s",
                (self.version, self.source, self.stream, self.version - 1),
            )
        if cursor.rowcount != 1:
            raise AlreadyConsumedError(
                f"version {self.version} of {self.stream} of {self.source} is consumed"
            )


@dataclass(frozen=True)
class InboxRuns:
    """Takes part in the transaction of the effects of many messages of one source.

    `runs` says of each stream where its mark stands and which version it reaches. Raises
    AlreadyConsumedError, and so undoes all effects, unless every mark stands there.
    """

    source: str
    runs: Mapping[str, tuple[int, int]]

    def __call__(self, cursor: Cursor[DictRow]) -> None:
        streams = sorted(self.runs)  # one order for everybody: no deadlock
        values = (
            self.source,
            streams,
            [self.runs[stream][0] for stream in streams],
            [self.runs[stream][1] for stream in streams],
        )
        moved = cursor.execute(_BEGIN, values).rowcount + cursor.execute(_MOVE, values).rowcount
        if moved != len(streams):
            raise AlreadyConsumedError(f"a run of {self.source} is consumed in part")


_BEGIN = (
    "INSERT INTO inbox (source, stream, version)"
    " SELECT %s, stream, reached FROM unnest(%s::text[], %s::bigint[], %s::bigint[])"
    " AS run (stream, stands, reached) WHERE stands = 0 ON CONFLICT DO NOTHING"
)
_MOVE = (
    "UPDATE inbox SET version = run.reached FROM ("
    " SELECT %s::text AS source, * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])"
    " AS given (stream, stands, reached) WHERE stands > 0) AS run"
    " WHERE inbox.source = run.source AND inbox.stream = run.stream"
    " AND inbox.version = run.stands"
)


def lock_stream(cursor: Cursor[DictRow], source: str, stream: str) -> None:
    """Serialise, until the transaction ends, whoever parks or settles messages of one stream."""
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"inbox\n{source}\n{stream}",)
    )


class Inbox:
    """Reads and moves the marks outside the transaction of any effect."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def mark(self, source: str, stream: str) -> int:
        """Return the last consumed version of one stream, 0 when there is none."""
        return self.marks(source, [stream]).get(stream, 0)

    def marks(self, source: str, streams: Collection[str]) -> dict[str, int]:
        """Return the last consumed version of each of these streams that has one."""
        with self._store.single_statements() as connection:
            found = connection.execute(
                "SELECT stream, version FROM inbox WHERE source = %s AND stream = ANY(%s)",
                (source, list(streams)),
            )
            return {row["stream"]: row["version"] for row in found}

    def advance(self, source: str, versions: Mapping[str, int]) -> None:
        """Mark streams as consumed up to these versions, all in one statement.

        Only for runs of events without a reaction, contiguous from the marks: marks never go
        back, so a worker that was quicker is not undone.
        """
        streams = sorted(versions)  # one order for everybody: no deadlock
        with self._store.single_statements() as connection:
            connection.execute(
                "INSERT INTO inbox (source, stream, version)"
                " SELECT %s, stream, version FROM unnest(%s::text[], %s::bigint[])"
                " AS run (stream, version)"
                " ON CONFLICT (source, stream)"
                " DO UPDATE SET version = greatest(inbox.version, excluded.version)",
                (source, streams, [versions[stream] for stream in streams]),
            )

    def generation(self, source: str, partition: int) -> str:
        """Return the generation of the partition that is being read, "" when there is none."""
        with self._store.connection() as connection:
            row = connection.execute(
                "SELECT generation FROM inbox_partition WHERE source = %s AND partition = %s",
                (source, partition),
            ).fetchone()
        return "" if row is None else str(row["generation"])

    def remember_generation(self, source: str, partition: int, generation: str) -> None:
        with self._store.connection() as connection:
            connection.execute(
                "INSERT INTO inbox_partition (source, partition, generation) VALUES (%s, %s, %s)"
                " ON CONFLICT (source, partition)"
                " DO UPDATE SET generation = excluded.generation",
                (source, partition, generation),
            )

    def checked(self, source: str) -> int:
        """Return the position up to which every head of the source is known to be consumed."""
        with self._store.connection() as connection:
            row = connection.execute(
                "SELECT position FROM inbox_checked WHERE source = %s", (source,)
            ).fetchone()
        return 0 if row is None else int(row["position"])

    def remember_checked(self, source: str, position: int) -> None:
        with self._store.connection() as connection:
            connection.execute(
                "INSERT INTO inbox_checked (source, position) VALUES (%s, %s)"
                " ON CONFLICT (source) DO UPDATE"
                " SET position = greatest(inbox_checked.position, excluded.position)",
                (source, position),
            )
