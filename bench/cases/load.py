"""Load: what an aggregate costs before it can decide."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

import psycopg

from bench.drafts import SERVICE, Draft, next_record
from bench.ground import Ground
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import seconds, take_turns
from shared.eventstore.migrations import migrate
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore

_LENGTHS = (10, 100, 1000)
_EVENTS_READ = 20_000


@benchmark("load")
def load_an_aggregate(ground: Ground) -> Sequence[Row]:
    """Load an aggregate of 10, 100 and 1,000 events: floor select and JSON parse."""
    url = ground.database()
    migrate(url)
    store = EventStore(SERVICE, url)
    with psycopg.connect(url, autocommit=True) as connection:
        rows = [_row(ground, store, connection, length) for length in _LENGTHS]
    store.close()
    return rows


def _row(
    ground: Ground, store: EventStore, connection: psycopg.Connection[Any], length: int
) -> Row:
    key = f"of-{length}"
    store.append(_history(key, length))
    times = max(5, ground.amount(_EVENTS_READ) // length)
    sides: dict[str, Callable[[], object]] = {
        "floor": lambda: _bare(connection, Draft.stream_of(key)),
        "ours": lambda: store.reconstruct(Draft, key),
    }
    turns = take_turns({s: partial(_typical, sides[s], times) for s in sides}, ground.turns)
    return compare(f"load of {length} events", "ms", turns, Target("at most", 2))


def _history(key: str, length: int) -> list[RecordedEvent]:
    history = [next_record(key)]
    while len(history) < length:
        history.append(next_record(key, history[-1]))
    return history


def _bare(connection: psycopg.Connection[Any], stream: str) -> list[Any]:
    found = connection.execute(
        "SELECT state FROM stored_events WHERE originator_id = %s ORDER BY originator_version",
        (stream,),
        prepare=True,
    )
    return [json.loads(state) for (state,) in found]


def _typical(work: Callable[[], object], times: int) -> float:
    return 1000 * median(seconds(work) for _ in range(times))
