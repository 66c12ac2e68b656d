"""The records of all followed services, byte for byte, and what each of them concerns.

Rows are only ever added, in the transaction of the inbox mark. Times are those of recording.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from services.audit.domain.invariants.rounds import ROUND_TYPES
from services.audit.domain.known import Known, concerned
from services.audit.domain.moment import Moment
from services.audit.domain.places import Place, places_in
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore, Participant
from shared.kernel.errors import ContractError, TooLargeError

MOST_RECORDS = 50_000
"""What one answer may be folded from; a single unit in a single round has far fewer."""

NEWS_KINDS = ("problem/", "case/", "unit/", "lead/", "accountability-case/", "instrument/",
              "coverage-plan/", "surprise-draw/")  # fmt: skip

_WITHIN = """
    (%(as_of)s::timestamptz IS NULL OR found."time" <= %(as_of)s)
    AND NOT EXISTS (
        SELECT FROM unnest(%(sources)s::text[], %(positions)s::bigint[]) AS cut (source, position)
        WHERE cut.source = found.source AND found.position > cut.position
    )
    LIMIT %(limit)s
"""
_ENDS = """
    SELECT source, count(*) AS records, max(position) AS position, max("time") AS "time"
    FROM followed_records AS found
    WHERE (%(as_of)s::timestamptz IS NULL OR found."time" <= %(as_of)s)
    AND NOT EXISTS (
        SELECT FROM unnest(%(sources)s::text[], %(positions)s::bigint[]) AS cut (source, position)
        WHERE cut.source = found.source AND found.position > cut.position
    )
    GROUP BY source ORDER BY source
"""
_CONCERNING = """
    SELECT found.source, found.position, found.raw
    FROM followed_records AS found
    JOIN (
        SELECT source, position FROM followed_concerns
        WHERE number = ANY(%(numbers)s)
        AND (%(as_of)s::timestamptz IS NULL OR "time" <= %(as_of)s)
        UNION
        SELECT source, position FROM followed_records WHERE stream = ANY(%(streams)s)
    ) AS wanted USING (source, position)
    WHERE
"""
_OF_TYPES = """
    SELECT DISTINCT found.source, found.position, found.raw
    FROM followed_concerns AS wanted
    JOIN followed_records AS found USING (source, position)
    WHERE wanted.number = ANY(%(numbers)s) AND found.type = ANY(%(types)s) AND
"""


@dataclass(frozen=True)
class Followed:
    """How far one service has been followed."""

    source: str
    records: int
    position: int
    time: Any


@dataclass(frozen=True)
class FollowedRecords:
    """Keeps the records, and reads those that concern something, as they were known then."""

    store: EventStore

    def keeping(self, recorded: RecordedEvent) -> Participant:
        """Return the participant that keeps this record and what it concerns."""
        record = recorded.record
        concerns = concerned(record.stream, record.data)
        places = sorted(set(places_in(record.type, record.data)))

        def keep(cursor: Cursor[DictRow]) -> None:
            if not _keep_record(cursor, recorded, concerns):
                return  # kept already: the inbox mark says so, too
            _keep_places(cursor, places)
            _tell_news(cursor, [one for one in concerns if _is_news(one, record.type)])

        return keep

    def place(self, kind: str, number: str) -> Place | None:
        """Return where a problem or case belongs, None when no record tells."""
        rows = self._rows(
            "SELECT kind, number, case_no, unit, round_no FROM followed_places"
            " WHERE number = %(number)s",
            {"number": f"{kind}/{number}"},
        )
        return _place(rows[0]) if rows else None

    def places(
        self,
        kind: str,
        *,
        unit: str | None = None,
        round_no: str | None = None,
        case_no: str | None = None,
        after: str = "",
        limit: int,
    ) -> list[Place]:
        """Return problems or cases by number, after that number."""
        rows = self._rows(
            "SELECT kind, number, case_no, unit, round_no FROM followed_places"
            " WHERE kind = %(kind)s AND number > %(after)s"
            " AND (%(unit)s::text IS NULL OR unit = %(unit)s)"
            " AND (%(round_no)s::text IS NULL OR round_no = %(round_no)s)"
            " AND (%(case_no)s::text IS NULL OR case_no = %(case_no)s)"
            " ORDER BY number LIMIT %(limit)s",
            {"kind": kind, "after": f"{kind}/{after}", "unit": unit, "round_no": round_no,
             "case_no": case_no, "limit": limit},
        )  # fmt: skip
        return [_place(row) for row in rows]

    def concerning(
        self, numbers: Sequence[str], streams: Sequence[str], moment: Moment
    ) -> list[Known]:
        """Return the records of that moment that concern these things or stand in these streams.

        Raises TooLargeError when they are too many for one answer.
        """
        asked = {"numbers": list(numbers), "streams": list(streams), **_cut(moment)}
        rows = self._rows(_CONCERNING + _WITHIN, asked)
        return _known(rows, moment)

    def of_types(self, numbers: Sequence[str], types: Sequence[str], moment: Moment) -> list[Known]:
        """Return those records of these types that concern these things."""
        asked = {"numbers": list(numbers), "types": list(types), **_cut(moment)}
        rows = self._rows(_OF_TYPES + _WITHIN, asked)
        return _known(rows, moment)

    def all_of_types(self, types: Sequence[str]) -> list[Known]:
        """Return every record of these types, of all types when none is named."""
        rows = self._rows(
            "SELECT source, position, raw FROM followed_records"
            " WHERE cardinality(%(types)s::text[]) = 0 OR type = ANY(%(types)s)",
            {"types": list(types)},
        )
        return [Known(row["source"], row["position"], json.loads(row["raw"])) for row in rows]

    def ends(self, moment: Moment) -> list[Followed]:
        """Return how far each service's log had come at the moment."""
        rows = self._rows(_ENDS, _cut(moment))
        named = moment.positions
        return [Followed(**row) for row in rows if not named or row["source"] in named]

    def progress(self) -> list[Followed]:
        """Return how far each service has been followed."""
        rows = self._rows(
            "SELECT source, count(*) AS records, max(position) AS position,"
            ' max("time") AS "time" FROM followed_records GROUP BY source ORDER BY source',
            {},
        )
        return [Followed(**row) for row in rows]

    def _rows(self, query: str, values: dict[str, Any]) -> list[DictRow]:
        with self.store.connection() as connection:
            return connection.execute(query.encode(), values).fetchall()


def _is_news(concern: str, event_type: str) -> bool:
    """Whether an invariant is checked anew; of a round only by what is owed about it."""
    is_of_round = event_type in ROUND_TYPES and concern.startswith("round/")
    return is_of_round or concern.startswith(NEWS_KINDS)


def _keep_record(cursor: Cursor[DictRow], recorded: RecordedEvent, concerns: Sequence[str]) -> bool:
    """Add the record; return False when it is there. Raises ContractError when another one is."""
    record = recorded.record
    cursor.execute(
        "INSERT INTO followed_records"
        ' (source, position, stream, version, type, "time", correlation, concerns, raw)'
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            record.service, recorded.position, record.stream, record.version, record.type,
            record.time, record.correlation, list(concerns), recorded.raw,
        ),
    )  # fmt: skip
    if cursor.rowcount == 0:
        _require_same(cursor, recorded)
        return False
    cursor.execute(
        'INSERT INTO followed_concerns (number, "time", source, position)'
        " SELECT number, %s, %s, %s FROM unnest(%s::text[]) AS number",
        (record.time, record.service, recorded.position, list(concerns)),
    )
    return True


def _require_same(cursor: Cursor[DictRow], recorded: RecordedEvent) -> None:
    record = recorded.record
    cursor.execute(
        "SELECT raw FROM followed_records WHERE source = %s AND position = %s",
        (record.service, recorded.position),
    )
    row = cursor.fetchone()
    if row is None or bytes(row["raw"]) != recorded.raw:
        raise ContractError(
            f"{record.service} gives another record than before at {recorded.position}"
        )


def _keep_places(cursor: Cursor[DictRow], places: Iterable[Place]) -> None:
    for place in places:
        cursor.execute(
            "INSERT INTO followed_places (number, kind, case_no, unit, round_no)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (f"{place.kind}/{place.number}", place.kind, place.case_no, place.unit, place.round_no),
        )


def _tell_news(cursor: Cursor[DictRow], numbers: Sequence[str]) -> None:
    cursor.execute(
        "INSERT INTO invariant_news (number) SELECT number FROM unnest(%s::text[]) AS number",
        (list(numbers),),
    )


def _cut(moment: Moment) -> dict[str, Any]:
    return {
        "as_of": moment.as_of,
        "sources": list(moment.positions),
        "positions": list(moment.positions.values()),
        "limit": MOST_RECORDS + 1,
    }


def _known(rows: Sequence[DictRow], moment: Moment) -> list[Known]:
    if len(rows) > MOST_RECORDS:
        raise TooLargeError(f"more than {MOST_RECORDS} records: ask for something smaller")
    found = (Known(row["source"], row["position"], json.loads(row["raw"])) for row in rows)
    return [one for one in found if moment.was_so(one)]


def _place(row: DictRow) -> Place:
    number = row["number"].partition("/")[2]
    return Place(row["kind"], number, row["case_no"], row["unit"], row["round_no"])
