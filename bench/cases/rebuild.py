"""Rebuild: how fast a read model is filled again from the first event."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

from bench.filling import PLACE, fill
from bench.ground import Ground
from bench.lives import SERVICE, life
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import rate, take_turns
from services.supervision.read_models.open_problems import OpenProblems
from services.supervision.read_models.problem_page import ProblemPages
from shared.eventstore import builds
from shared.eventstore.log import RecordLog, log_environment
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector
from shared.eventstore.read_model import ReadModel
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore

_PROBLEMS = 4_500
_PEER_EVENTS = 1_000
_BATCH = 1_000


@benchmark("rebuild")
def rebuild_of_a_read_model(ground: Ground) -> Sequence[Row]:
    """Rebuild of a read model: floor read + decode + COPY, peer the library's runner."""
    return [row for model in (ProblemPages, OpenProblems) for row in _rows(ground, model)]


def _rows(ground: Ground, model: type[ReadModel]) -> list[Row]:
    url = ground.database()
    migrate(url, [model])
    events = fill(url, life(PLACE), 0, ground.amount(_PROBLEMS, least=50))
    with closing(EventStore(SERVICE, url)) as store:
        Projector(store, [model]).catch_up()
        sides: dict[str, Callable[[], float]] = {
            "floor": lambda: rate(events, lambda: _bare(url, store, model)),
            "peer": partial(_by_the_library, url, model, min(_PEER_EVENTS, events)),
            "ours": lambda: _rebuilt(url, store, model, events),
        }
        turns = take_turns(sides, ground.turns)
    note = f"{events:,} events; floor: read + JSON parse + COPY of the finished rows"
    beside = Target("at least", 30, "peer")
    return [
        compare(f"rebuild of {model.NAME}", "events/s", turns, Target("at least", 0.5), note),
        compare(f"rebuild of {model.NAME}, beside the library", "events/s", turns, beside),
    ]


def _rebuilt(url: str, store: EventStore, model: type[ReadModel], events: int) -> float:
    """Fill a new build up to the last event and switch to it, as a new version is."""
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        builds.create(connection.cursor(), model, "building")
    projector = Projector(store, [model])
    done = rate(events, projector.catch_up)
    migrate(url)  # drops what was replaced
    return done


def _bare(url: str, store: EventStore, model: type[ReadModel]) -> None:
    """Read all events in batches, parse them, and copy the finished rows into fresh tables."""
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        [live] = builds.of_model(connection.cursor(), model, ("live",))
        made = builds.create(connection.cursor(), model, "beside")
        for _ in _parsed(connection):
            pass
        for table in _tables(connection, live.schema):
            _copy(connection, Identifier(live.schema, table), Identifier(made.schema, table))
        connection.commit()
        builds.drop(connection.cursor(), made)


def _parsed(connection: psycopg.Connection[Any]) -> Iterator[Any]:
    after = 0
    query = "SELECT notification_id, state FROM stored_events WHERE notification_id > %s LIMIT %s"
    while rows := connection.execute(query, (after, _BATCH)).fetchall():
        for row in rows:
            yield json.loads(row["state"])
        after = rows[-1]["notification_id"]


def _tables(connection: psycopg.Connection[Any], schema: str) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
    return [row["tablename"] for row in connection.execute(query, (schema,))]


def _copy(connection: psycopg.Connection[Any], source: Identifier, target: Identifier) -> None:
    reader, writer = connection.cursor(), connection.cursor()
    with reader.copy(SQL("COPY {0} TO STDOUT").format(source)) as out:
        finished = b"".join(out)
    with writer.copy(SQL("COPY {0} FROM STDIN").format(target)) as into:
        into.write(finished)


def _by_the_library(url: str, model: type[ReadModel], events: int) -> float:
    """Let the library's runner project the first events into tables of its own."""
    with _peer_tables(url, model):
        environment = log_environment(url, 4, checked=False) | {"CREATE_TABLE": "yes"}

        def run() -> None:
            with ProjectionRunner(
                application_class=RecordLog,
                projection_class=_projection(model),
                view_class=_View,
                env=environment | {"STORED_CREATE_TABLE": "no"},
            ) as runner:
                runner.wait(events, timeout=120)

        return rate(events, run)


@contextmanager
def _peer_tables(url: str, model: type[ReadModel]) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA peer")
        connection.execute("SET search_path = peer")
        connection.execute(model.TABLES.encode())
        name = Identifier(connection.info.dbname)
        connection.execute(SQL("ALTER DATABASE {0} SET search_path = public, peer").format(name))
        yield
        connection.execute("DROP SCHEMA peer CASCADE")
        connection.execute("DROP TABLE public.peer_tracking")


class _View(PostgresTrackingRecorder):
    def take(self, model: ReadModel, recorded: RecordedEvent, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            model.take(cursor, [recorded])


def _projection(model: type[ReadModel]) -> type[Projection[_View]]:
    class Peer(Projection[_View]):
        name = "peer"

        def process_event(self, domain_event: Any, tracking: Tracking) -> None:
            self.view.take(model(), domain_event, tracking)

    return Peer
