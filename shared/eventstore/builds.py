"""Builds of read models: each is a schema of its own, filled from position 0.

One build of a name is `live` (queried); a newer version is `building` until it has caught up,
then takes over; `beside` is a rebuild for comparison; `retired` waits to be dropped.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent
from shared.kernel.errors import DubanError


@dataclass(frozen=True)
class Build:
    """One filled schema of a read model; `position` is how far it has come."""

    name: str
    build: int
    version: int
    schema: str
    state: str
    position: int


class ProjectionError(DubanError):
    """A projection failed at this event; `before` events of the batch went well."""

    code = "projection-failed"
    title = "A read model cannot take an event in"

    def __init__(self, model: type[ReadModel], recorded: RecordedEvent, before: int) -> None:
        super().__init__(f"{model.NAME} cannot take in the event at {recorded.position}")
        self.position, self.before = recorded.position, before


def prepare(cursor: Cursor, model: type[ReadModel]) -> str:
    """Make sure a build of this version exists; return the new schema's name, else ""."""
    cursor.execute(
        "SELECT FROM read_models WHERE name = %s AND version = %s"
        " AND state IN ('live', 'building')",
        (model.NAME, model.VERSION),
    )
    if cursor.fetchone() is not None:
        return ""
    cursor.execute("SELECT FROM read_models WHERE name = %s AND state = 'live'", (model.NAME,))
    is_first = cursor.fetchone() is None
    return create(cursor, model, "live" if is_first else "building").schema


def create(cursor: Cursor, model: type[ReadModel], state: str) -> Build:
    """Create the schema and tables of a new, empty build."""
    cursor.execute(
        "SELECT coalesce(max(build), 0) + 1 AS build FROM read_models WHERE name = %s",
        (model.NAME,),
    )
    row = cursor.fetchone()
    number = int(row["build"]) if row else 1
    schema = f"rm_{model.NAME}_v{model.VERSION}_b{number}"
    cursor.execute(SQL("CREATE SCHEMA {0}").format(Identifier(schema)))
    with within(cursor, schema):
        cursor.execute(model.TABLES.encode())
    cursor.execute(
        "INSERT INTO read_models (name, build, version, schema_name, state)"
        " VALUES (%s, %s, %s, %s, %s)",
        (model.NAME, number, model.VERSION, schema, state),
    )
    return Build(model.NAME, number, model.VERSION, schema, state, 0)


@contextmanager
def within(cursor: psycopg.Cursor[Any], schema: str) -> Iterator[None]:
    """Have unqualified names mean this schema's tables, inside the present transaction."""
    cursor.execute(SQL("SET LOCAL search_path = {0}").format(Identifier(schema)))
    yield
    cursor.execute("SET LOCAL search_path = DEFAULT")


def begin_reading(cursor: Cursor, model: type[ReadModel]) -> int | None:
    """Begin a read-only snapshot in which unqualified names mean the live build's tables.

    Returns its position, None when this version is not live. One round trip; the connection
    must be in autocommit.
    """
    cursor.execute(
        SQL(
            "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
            "SELECT position, set_config('search_path', quote_ident(schema_name), true)"
            " FROM public.read_models"
            " WHERE name = {name} AND version = {version} AND state = 'live' ORDER BY build LIMIT 1"
        ).format(name=Literal(model.NAME), version=Literal(model.VERSION))
    )
    cursor.nextset()
    row = cursor.fetchone()
    return None if row is None else int(row["position"])


def of_model(cursor: Cursor, model: type[ReadModel], states: tuple[str, ...]) -> list[Build]:
    """Return the builds of this model's own version in these states, oldest first."""
    cursor.execute(
        "SELECT name, build, version, schema_name AS schema, state, position FROM read_models"
        " WHERE name = %s AND version = %s AND state = ANY(%s) ORDER BY build",
        (model.NAME, model.VERSION, list(states)),
    )
    return [Build(**row) for row in cursor.fetchall()]


def locked(cursor: Cursor, build: Build, *, wait: bool = False) -> Build | None:
    """Return the build as it is now, locked; None when another process works on it or it is gone.

    With `wait`, another process is waited for (bounded by the session's lock timeout).
    """
    query = SQL(
        "SELECT name, build, version, schema_name AS schema, state, position"
        " FROM public.read_models WHERE name = %s AND build = %s FOR UPDATE {0}"
    )
    patience = SQL("") if wait else SQL("SKIP LOCKED")
    cursor.execute(query.format(patience), (build.name, build.build))
    row = cursor.fetchone()
    return Build(**row) if row else None


def advance(cursor: Cursor, build: Build, position: int) -> None:
    """Record how far the build has come."""
    cursor.execute(
        "UPDATE public.read_models SET position = %s WHERE name = %s AND build = %s",
        (position, build.name, build.build),
    )


def fill(
    cursor: Cursor, model: type[ReadModel], build: Build, events: Sequence[RecordedEvent]
) -> None:
    """Take these events into the build and advance it, in the caller's transaction.

    Raises ProjectionError, which names the event that cannot be taken in.
    """
    with within(cursor, build.schema):
        try:
            with cursor.connection.transaction():
                model().take(cursor, events)
        except Exception:
            if cursor.connection.broken:
                raise
            _one_by_one(cursor, model, events)
    advance(cursor, build, events[-1].position)


def _one_by_one(cursor: Cursor, model: type[ReadModel], events: Sequence[RecordedEvent]) -> None:
    """Find out which event of a batch the read model cannot take in."""
    for before, recorded in enumerate(events):
        try:
            model().take(cursor, [recorded])
        except Exception as error:  # told apart from failures of the machinery around it
            if cursor.connection.broken:
                raise
            raise ProjectionError(model, recorded, before) from error


def switch(cursor: Cursor, to: Build) -> None:
    """Make this build the live one; the one before is retired. One transaction: the caller's."""
    cursor.execute(
        "UPDATE public.read_models SET state = 'retired' WHERE name = %s AND state = 'live'",
        (to.name,),
    )
    cursor.execute(
        "UPDATE public.read_models SET state = 'live' WHERE name = %s AND build = %s",
        (to.name, to.build),
    )


def drop(cursor: Cursor, build: Build) -> None:
    """Remove a build with its tables."""
    cursor.execute(SQL("DROP SCHEMA IF EXISTS {0} CASCADE").format(Identifier(build.schema)))
    cursor.execute(
        "DELETE FROM public.read_models WHERE name = %s AND build = %s", (build.name, build.build)
    )


def drop_retired(cursor: Cursor) -> None:
    """Remove every build that is no longer of use."""
    cursor.execute(
        "SELECT name, build, version, schema_name AS schema, state, position FROM read_models"
        " WHERE state IN ('retired', 'beside')"
    )
    for row in cursor.fetchall():
        drop(cursor, Build(**row))
