"""Fills a store quickly with records that read like real ones.

PostgreSQL itself writes number, version and id into a record that `compose` made, so that ten
million take minutes. The chain (`prev`, `id`) is invented: nothing that is measured on such a
store follows it.
"""

from collections.abc import Sequence

import psycopg

from shared.eventstore.record import RecordedEvent

PLACE = "NUMMER"
"""Stands in a template where the number of the thing belongs (ASCII, so that it fits a Code)."""

_FILL = """
    INSERT INTO stored_events (originator_id, originator_version, topic, state)
    SELECT stream, version, topic,
        convert_to(replace(replace(told, %(place)s, number), '"version":1}',
                           '"version":' || version || '}'), 'UTF8')
    FROM (
        SELECT n / %(together)s AS wave, n %% %(together)s AS within
        FROM generate_series(%(first)s::bigint, %(last)s - 1) AS n
    ) AS thing
    CROSS JOIN LATERAL (
        SELECT 'YL-' || lpad((wave * %(together)s + within)::text, 9, '0')
    ) AS named(number)
    JOIN unnest(%(topics)s::text[], %(told)s::text[], %(streams)s::text[])
        WITH ORDINALITY AS template(topic, told, kind, version) ON true
    CROSS JOIN LATERAL (SELECT kind || '/' || number) AS placed(stream)
    ORDER BY wave, version, within
"""
_TOGETHER = 1500
"""So many streams grow side by side: the problems of one round."""


def fill(database_url: str, history: Sequence[RecordedEvent], first: int, last: int) -> int:
    """Store this history once for each thing number from `first` to before `last`.

    The records of `history` are those of one stream, each composed as version 1 of
    `KIND/NUMMER`. Returns how many records were stored.
    """
    with psycopg.connect(database_url) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET synchronous_commit = off")
        stored = connection.execute(
            _FILL,
            {
                "place": PLACE,
                "together": _TOGETHER,
                "first": first,
                "last": last,
                "topics": [recorded.record.type for recorded in history],
                "told": [recorded.raw.decode() for recorded in history],
                "streams": [recorded.record.stream.partition("/")[0] for recorded in history],
            },
        ).rowcount
    settle(database_url)
    return stored


def settle(database_url: str) -> None:
    """Do what a server does by itself in its quiet hours, so that it does not do it meanwhile."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("VACUUM (ANALYZE) stored_events")


def number_of(thing: int) -> str:
    """Return the number that `fill` gave to a thing."""
    return f"YL-{thing:09d}"
