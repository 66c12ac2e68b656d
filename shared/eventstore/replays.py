"""Replay: build every read model again from position 0, beside the live one, and compare.

Needs the right to create schemas, so it runs under the role that migrates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import DictRow

from shared.eventstore import builds
from shared.eventstore.builds import Build
from shared.eventstore.digests import digest_of
from shared.eventstore.read_model import ReadModel
from shared.eventstore.store import EventStore
from shared.kernel.errors import UnavailableError

Progress = Callable[[str, int, int], None]
"""Is told the read model's name, the position reached, and the position to reach."""

_BATCH = 5000


@dataclass(frozen=True)
class ReplayResult:
    """What a replay found, at one position: equal digests mean equal tables."""

    name: str
    position: int
    live_digest: str
    rebuilt_digest: str
    equal: bool


def replay(
    store: EventStore,
    read_models: Sequence[type[ReadModel]],
    progress: Progress | None = None,
    *,
    switch: bool = False,
) -> list[ReplayResult]:
    """Rebuild each read model beside the live one and compare both at the same position.

    With `switch` the rebuilt one takes over, in one transaction; else it is dropped again.
    """
    told = progress or (lambda name, position, goal: None)
    return [_Replay(store, model, told).run(switch) for model in read_models]


class _Replay:
    def __init__(self, store: EventStore, model: type[ReadModel], progress: Progress) -> None:
        self._store = store
        self._model = model
        self._progress = progress

    def run(self, switch: bool) -> ReplayResult:
        with self._store.connection() as connection:
            rebuilt = builds.create(connection.cursor(), self._model, "beside")
        obsolete = rebuilt
        try:
            reached = self._fill_up_to_live(rebuilt)
            result, live = self._compare(rebuilt, reached, switch)
            obsolete = live if switch else rebuilt
        finally:
            with self._store.connection() as connection:
                builds.drop(connection.cursor(), obsolete)
        return result

    def _fill_up_to_live(self, rebuilt: Build) -> int:
        with self._store.connection() as connection:
            goal = self._live(connection).position
        reached = 0
        while reached < goal:
            with self._store.connection() as connection:
                reached = self._fill(connection, rebuilt, reached, goal)
            self._progress(rebuilt.name, reached, goal)
        return reached

    def _compare(self, rebuilt: Build, reached: int, switch: bool) -> tuple[ReplayResult, Build]:
        """Hold the live build where it is, finish the rebuilt one there, and compare."""
        with self._store.connection() as connection:
            connection.execute("SET LOCAL statement_timeout = '10min'")
            cursor = connection.cursor()
            live = builds.locked(cursor, self._live(connection), wait=True)
            if live is None or live.state != "live":
                raise UnavailableError(f"{rebuilt.name} was switched during the replay: repeat it")
            while reached < live.position:
                reached = self._fill(connection, rebuilt, reached, live.position)
            digests = digest_of(connection, live.schema), digest_of(connection, rebuilt.schema)
            if switch:
                builds.switch(cursor, rebuilt)
        equal = digests[0] == digests[1]
        return ReplayResult(rebuilt.name, live.position, *digests, equal), live

    def _fill(
        self, connection: psycopg.Connection[DictRow], rebuilt: Build, after: int, goal: int
    ) -> int:
        """Take the next batch, up to the goal; return the position reached."""
        events = [e for e in self._store.read(after, _BATCH) if e.position <= goal]
        if events:
            builds.fill(connection.cursor(), self._model, rebuilt, events)
        if len(events) < _BATCH:
            builds.advance(connection.cursor(), rebuilt, goal)
            return goal
        return events[-1].position

    def _live(self, connection: psycopg.Connection[DictRow]) -> Build:
        found = builds.of_model(connection.cursor(), self._model, ("live",))
        if not found:
            raise UnavailableError(f"{self._model.NAME} has no live build of this version")
        return found[0]
