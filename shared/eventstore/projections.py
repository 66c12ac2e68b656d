"""Projections: read models are filled in batches, each batch with its position in one go.

A batch and the position it reaches commit together, so a crash repeats nothing and skips
nothing. A read model that fails stops alone; the others go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from shared.eventstore import builds
from shared.eventstore.builds import Build, ProjectionError
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent
from shared.eventstore.replays import ReplayResult, replay
from shared.eventstore.store import EventStore
from shared.kernel.errors import UnavailableError
from shared.telemetry.metrics import EVENTS_PROJECTED, PROJECTION_POSITION

__all__ = [
    "Cursor",
    "Failure",
    "NotYetProjectedError",
    "Projector",
    "Queries",
    "ReadModel",
    "ReplayResult",
    "replay",
]

logger = logging.getLogger(__name__)

_BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
_IDLE_S = 1.0
_IDLE_ROUNDS = 5
_BUILDING_TIMES = 5
"""A build that catches up takes so many batches at once: a row changes many times in them."""


class NotYetProjectedError(UnavailableError):
    """The read model has not come as far as the caller has written."""

    code = "not-yet-projected"
    title = "The answer is not up to date yet"


@dataclass(frozen=True)
class Failure:
    """Why a read model stands still: at which position, what, how often, and until when."""

    name: str
    position: int
    error: str
    attempts: int
    not_before: float


class Projector:
    """Keeps the read models of one service up to date.

    Several processes may run one: a build is worked on by one of them at a time.
    """

    def __init__(
        self,
        store: EventStore,
        read_models: Sequence[type[ReadModel]],
        batch: int = 1000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._read_models = tuple(read_models)
        self._batch = batch
        self._monotonic = monotonic
        self._last_read: tuple[int, int, list[RecordedEvent]] | None = None
        self.failures: dict[str, Failure] = {}

    def catch_up(self) -> int:
        """Apply all settled news to every read model; return how many applications that were.

        An error of one read model is kept in `failures`, and that one is left alone for a while.
        """
        return sum(self._catch_up_one(model) for model in self._read_models)

    def run(self, stop: threading.Event) -> None:
        """Catch up and wait for news until told to stop."""
        while not stop.is_set():
            try:
                seen = self._store.settled_position()
                if self.catch_up() == 0:
                    self._wait_for_news(seen, stop)
            except (UnavailableError, psycopg.Error) as error:
                logger.warning("projections wait for the database: %s", type(error).__name__)
                stop.wait(_IDLE_S)

    def _wait_for_news(self, seen: int, stop: threading.Event) -> None:
        """Look at the read models again now and then even without news: one may be new."""
        for _ in range(_IDLE_ROUNDS):
            has_news = self._store.wait_for_news(seen, _IDLE_S)
            if has_news or self.failures or stop.is_set():
                return

    def positions(self) -> dict[str, int]:
        """Return how far each live read model has come."""
        with self._store.connection() as connection:
            cursor = connection.cursor()
            found = [builds.of_model(cursor, model, ("live",)) for model in self._read_models]
        return {build.name: build.position for group in found for build in group}

    def _catch_up_one(self, model: type[ReadModel]) -> int:
        failure = self.failures.get(model.NAME)
        if failure is not None and self._monotonic() < failure.not_before:
            return 0
        try:
            applied = self._catch_up_builds(model)
        except (UnavailableError, psycopg.OperationalError):
            raise  # the database, not the read model
        except Exception as error:  # noqa: BLE001 - whatever it raises stops this one alone
            self._failed(model, error)
            return 0
        self.failures.pop(model.NAME, None)
        return applied

    def _catch_up_builds(self, model: type[ReadModel]) -> int:
        with self._store.single_statements() as connection:
            found = builds.of_model(connection.cursor(), model, ("live", "building"))
        return sum(self._catch_up_build(model, build) for build in found)

    def _catch_up_build(self, model: type[ReadModel], build: Build) -> int:
        total = 0
        limit = self._batch * (_BUILDING_TIMES if build.state == "building" else 1)
        while applied := self._next_batch(model, build, limit):
            total += applied
        if build.state == "building":
            self._take_over(build)
        return total

    def _next_batch(self, model: type[ReadModel], build: Build, limit: int) -> int:
        try:
            return self._apply_batch(model, build, limit)
        except ProjectionError as error:
            if error.before:  # keep what went well, so that the failing event stands alone
                self._apply_batch(model, build, error.before)
            raise

    def _apply_batch(self, model: type[ReadModel], build: Build, limit: int) -> int:
        with self._store.connection() as connection:
            cursor = connection.cursor()
            # A batch that a crash of the server forgets, rows and position together, is done again.
            cursor.execute("SET LOCAL synchronous_commit TO off")
            current = builds.locked(cursor, build)
            if current is None:
                return 0
            events = self._read(current.position, limit)
            if events:
                builds.fill(cursor, model, current, events)
        self._measure(model, events)
        return len(events)

    def _measure(self, model: type[ReadModel], events: Sequence[RecordedEvent]) -> None:
        if events:
            service = self._store.service
            EVENTS_PROJECTED.labels(service, model.NAME).inc(len(events))
            PROJECTION_POSITION.labels(service, model.NAME).set(events[-1].position)

    def _read(self, after: int, limit: int) -> list[RecordedEvent]:
        """Read the next events; read models that stand at one position share one reading."""
        known = self._last_read
        if known is None or known[:2] != (after, limit) or len(known[2]) < limit:
            known = (after, limit, self._store.read(after, limit))
            self._last_read = known
        return known[2]

    def _take_over(self, build: Build) -> None:
        """Switch to a build that has come at least as far as the live one."""
        with self._store.connection() as connection:
            cursor = connection.cursor()
            current = builds.locked(cursor, build)
            cursor.execute(
                "SELECT position FROM read_models WHERE name = %s AND state = 'live' FOR UPDATE",
                (build.name,),
            )
            live = cursor.fetchone()
            if current and (live is None or current.position >= live["position"]):
                builds.switch(cursor, current)
                logger.info("read model %s is now version %d", build.name, build.version)

    def _failed(self, model: type[ReadModel], error: Exception) -> None:
        known = self.failures.get(model.NAME)
        attempts = known.attempts + 1 if known else 1
        wait = _BACKOFF_S[min(attempts, len(_BACKOFF_S)) - 1]
        position = error.position if isinstance(error, ProjectionError) else 0
        cause = (error.__cause__ if isinstance(error, ProjectionError) else None) or error
        failure = Failure(
            model.NAME, position, type(cause).__name__, attempts, self._monotonic() + wait
        )
        self.failures[model.NAME] = failure
        logger.error(
            "read model %s stands still at position %d: %s (attempt %d)",
            failure.name, failure.position, failure.error, failure.attempts,
        )  # fmt: skip


class Queries:
    """Asks read models: always the live build, and not before it has come far enough."""

    def __init__(self, store: EventStore, patience: float = 5.0) -> None:
        """`patience`: how many seconds a query waits for the position it demands."""
        self._store = store
        self._patience = patience

    @contextmanager
    def on(self, model: type[ReadModel], min_position: int = 0) -> Iterator[Cursor]:
        """Lend a cursor on the live tables of the read model, one consistent snapshot.

        Raises NotYetProjectedError when it has not reached `min_position` in time, or when this
        version of it is not live yet.
        """
        with self.at(model, min_position) as (cursor, _):
            yield cursor

    @contextmanager
    def at(self, model: type[ReadModel], min_position: int = 0) -> Iterator[tuple[Cursor, int]]:
        """Lend a cursor as `on` does, with the position up to which its snapshot was projected."""
        self._await(model, min_position)
        with self._store.single_statements() as connection:
            cursor = connection.cursor()
            position = builds.begin_reading(cursor, model)
            if position is None:
                raise _not_live(model)
            yield cursor, position
            cursor.execute("COMMIT")

    def position(self, model: type[ReadModel]) -> int:
        """Return how far the live build has come."""
        with self._store.single_statements() as connection:
            return _live(connection.cursor(), model).position

    def _await(self, model: type[ReadModel], min_position: int) -> None:
        deadline = time.monotonic() + self._patience
        pause = 0.005
        while min_position and self.position(model) < min_position:
            if time.monotonic() >= deadline:
                raise NotYetProjectedError(f"{model.NAME} is not at {min_position} yet")
            time.sleep(pause)
            pause = min(pause * 2, 0.1)


def _live(cursor: Cursor, model: type[ReadModel]) -> Build:
    found = builds.of_model(cursor, model, ("live",))
    if not found:
        raise _not_live(model)
    return found[0]


def _not_live(model: type[ReadModel]) -> NotYetProjectedError:
    return NotYetProjectedError(f"{model.NAME} version {model.VERSION} is not live")
