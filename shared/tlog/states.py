"""The state in the log: what follows from the records so far, recorded as an event of its own.

Of every stream its version, head and state digest are kept; only streams that changed are reduced
again. The root over all of them goes into `log.state-recorded`, which is sealed like any record.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

import psycopg
from psycopg.rows import DictRow

from shared.contracts.log import ReducerIdentity, StateRecorded
from shared.eventstore.record import parse
from shared.eventstore.store import EventStore, Participant
from shared.kernel.ids import Ids
from shared.kernel.periods import civil_date
from shared.reducers import REDUCER, Replay, canonical, leaf_hash, state_root
from shared.telemetry.spans import work_span
from shared.tlog.log_book import LogBook
from shared.tlog.log_writer import LogWriter
from shared.tlog.store import Connection, TlogStore

EVERY_RECORDS = 10_000
STREAMS_AT_ONCE = 200

Heads = dict[str, tuple[int, str, str]]
"""Of each stream: version, head leaf hash and state digest, both in hexadecimal."""

IDENTITY = ReducerIdentity(
    name=REDUCER["name"], version=REDUCER["version"], digest=REDUCER["digest"]
)


@dataclass(frozen=True)
class LastState:
    """The last state that was recorded; before the first: size 0, at no time."""

    size: int = 0
    reducer: ReducerIdentity | None = None
    at: datetime | None = None


class StateRecorder:
    """Computes and records the state of one service's log."""

    def __init__(self, events: EventStore, tlog: TlogStore, tenant: str, ids: Ids) -> None:
        self._events = events
        self._tlog = tlog
        self._writer = LogWriter(events, tenant, ids)

    def is_due(self, size: int, now: datetime, since: datetime) -> bool:
        """Whether so many records came, or a day ended, with news, since the last one.

        `since` counts where none was recorded yet.
        """
        last = self.last()
        news = size - last.size - (1 if last.at else 0)  # the record of that state is no news
        is_another_day = civil_date(now) > civil_date(last.at or since)
        return news >= EVERY_RECORDS or (news > 0 and is_another_day)

    def last(self) -> LastState:
        """Return the last state that was recorded."""
        with self._tlog.connection() as connection:
            row = connection.execute(
                "SELECT state FROM stored_events WHERE originator_id = %s AND topic = %s"
                " ORDER BY originator_version DESC LIMIT 1",
                (LogBook.stream_of(self._events.service), StateRecorded.TYPE),
            ).fetchone()
        if row is None:
            return LastState()
        recorded = parse(bytes(row["state"]))
        assert isinstance(recorded.event, StateRecorded)
        return LastState(recorded.event.size, recorded.event.reducer, recorded.recorded_at)

    def record(self, size: int, now: datetime) -> int:
        """Record the state of the first `size` records; return the position of the event.

        After a change of reducers the state that was recorded last is recorded once more under
        the new ones: both stand in the log for the same size.
        """
        last = self.last()
        with work_span("record-state"):
            if last.reducer not in (None, IDENTITY):
                self._record(last.size, {}, self._changed(0, last.size), now)
            known = self._known() if last.reducer is not None else {}
            return self._record(size, known, self._changed(last.size if known else 0, size), now)

    def _record(self, size: int, known: Heads, changed: Sequence[str], now: datetime) -> int:
        new = self._heads(changed, size)
        heads = {**known, **new}
        unit, book = self._writer.begin("RecordState", now)
        book.record_state(size, state_root(heads), len(heads), IDENTITY)
        unit.save(book)
        return unit.commit([_keeping(new)]).position

    def _known(self) -> Heads:
        with self._tlog.connection() as connection:
            rows = connection.execute("SELECT * FROM tlog_heads").fetchall()
        return {
            row["stream"]: (row["version"], row["leaf_hash"], row["state_digest"]) for row in rows
        }

    def _heads(self, streams: Sequence[str], size: int) -> Heads:
        """Return the heads of these streams at this size."""
        last, found = self._position_before(size), Heads()
        for start in range(0, len(streams), STREAMS_AT_ONCE):
            found |= dict(self._reduced(streams[start : start + STREAMS_AT_ONCE], last))
        return found

    def _changed(self, since: int, size: int) -> list[str]:
        with self._tlog.connection() as connection:
            rows = connection.execute(
                "SELECT DISTINCT originator_id FROM tlog_leaves JOIN stored_events"
                " ON notification_id = position WHERE leaf_index >= %s AND leaf_index < %s",
                (since, size),
            ).fetchall()
        return [row["originator_id"] for row in rows]

    def _position_before(self, size: int) -> int:
        with self._tlog.connection() as connection:
            row = connection.execute(
                "SELECT position FROM tlog_leaves WHERE leaf_index = %s", (size - 1,)
            ).fetchone()
        return int(row["position"]) if row else 0

    def _reduced(
        self, streams: Sequence[str], last: int
    ) -> Iterator[tuple[str, tuple[int, str, str]]]:
        with self._tlog.connection() as connection:
            rows = _records_of(connection, streams, last)
        for stream, group in groupby(rows, key=itemgetter(0)):
            yield stream, _head(self._events.service, stream, [raw for _, raw in group])


def _records_of(
    connection: Connection, streams: Sequence[str], last: int
) -> list[tuple[str, bytes]]:
    rows = connection.execute(
        "SELECT originator_id, state FROM stored_events WHERE originator_id = ANY(%s)"
        " AND notification_id <= %s ORDER BY originator_id, originator_version",
        (list(streams), last),
    )
    return [(row["originator_id"], bytes(row["state"])) for row in rows]


def _head(service: str, stream: str, records: Sequence[bytes]) -> tuple[int, str, str]:
    replay = Replay(service, stream)
    for raw in records:
        record = json.loads(raw)
        replay.take(record, leaf_hash(raw), hashlib.sha256(canonical(record["data"])).digest())
    return replay.version, replay.head.hex(), replay.digest()


def _keeping(heads: Heads) -> Participant:
    """Return what keeps the heads in the transaction of the event that tells their root."""

    def keep(cursor: psycopg.Cursor[DictRow]) -> None:
        if heads:
            columns = [list(heads), *map(list, zip(*heads.values(), strict=True))]
            cursor.execute(
                "INSERT INTO tlog_heads (stream, version, leaf_hash, state_digest)"
                " SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[])"
                " ON CONFLICT (stream) DO UPDATE SET version = excluded.version,"
                " leaf_hash = excluded.leaf_hash, state_digest = excluded.state_digest",
                columns,
            )

    return keep
