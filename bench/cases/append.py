"""Append: what one command costs in the store, alone and among others."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from typing import Any, LiteralString

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from bench.clients import Clients, Once, Work, clients
from bench.drafts import PER_STREAM, SERVICE, next_record
from bench.filling import PLACE, fill
from bench.ground import Ground
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import take_turns
from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore, PoolSizes

_CLIENTS = (1, 4, 16, 64)
_FULL_SECONDS = 3.0
_STREAMS_KEPT = 10_000
_UPKEEP: tuple[LiteralString, ...] = (
    "VACUUM stored_events",
    "ANALYZE stored_events",
    "CREATE INDEX CONCURRENTLY kept_idx ON stored_events (topic, notification_id)",
    "DROP INDEX CONCURRENTLY kept_idx",
)
_NOTE = "clients in {0} process(es); ours: compose (serialise, chain, validate) and append"


@benchmark("append")
def append_one_command(ground: Ground) -> Sequence[Row]:
    """Append one command, 1 to 64 clients: floor bare insert, peer the library's recorder."""
    urls = _databases(ground)
    with clients() as made:
        return [row for n in _CLIENTS for row in _rows(ground, made, urls, n)]


def _databases(ground: Ground) -> dict[str, str]:
    urls = {side: ground.database() for side in ("floor", "peer", "ours")}
    migrate(urls["floor"])
    migrate(urls["ours"])
    with _library(urls["peer"], 1) as recorder:
        recorder.create_table()
    return urls


def _rows(ground: Ground, made: Clients, urls: dict[str, str], n: int) -> list[Row]:
    works: dict[str, list[Work]] = {side: [] for side in urls}

    def contestant(side: str) -> float:
        seconds = max(0.3, _FULL_SECONDS * min(ground.size, 1))
        works[side].append(made.work(_SIDES[side], urls[side], n, seconds))
        return works[side][-1].rate

    rates = take_turns({side: partial(contestant, side) for side in urls}, ground.turns)
    beside_peer = Target("at least", 2.5, "peer") if n == 16 else Target("at least", 1, "peer")
    who = f"{n} client{'s' if n > 1 else ''}"
    note = _NOTE.format(min(n, 4))
    return [
        compare(f"append, {who}", "events/s", rates, Target("at least", 0.6), note),
        compare(f"append, {who}, beside the library", "events/s", rates, beside_peer),
        *(_latency(who, name, share, works) for name, share in (("p50", 0.5), ("p99", 0.99))),
    ]


def _latency(who: str, name: str, share: float, works: dict[str, list[Work]]) -> Row:
    turns = {side: [work.percentile(share) for work in each] for side, each in works.items()}
    return compare(f"append, {who}, {name}", "ms", turns, None)


@contextmanager
def bare(database_url: str, names: Sequence[str]) -> Iterator[list[Once]]:
    """Insert bytes that are there already, each in a transaction of its own."""
    with ExitStack() as connections:

        def client(name: str) -> Once:
            raw, numbers = next_record(name).raw, count()
            connection = connections.enter_context(psycopg.connect(database_url, autocommit=True))

            def once() -> None:
                key, version = divmod(next(numbers), PER_STREAM)
                connection.execute(
                    "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
                    " VALUES (%b, %b, %b, %b)",
                    (f"draft/{name}-{key}", version + 1, "feedback.problem-draft-returned", raw),
                    prepare=True,
                )

            return once

        yield [client(name) for name in names]


@contextmanager
def library(database_url: str, names: Sequence[str]) -> Iterator[list[Once]]:
    """Insert the same with the library's own recorder, as it is; the clients share it."""
    with _library(database_url, len(names)) as recorder:

        def client(name: str) -> Once:
            raw, numbers = next_record(name).raw, count()

            def once() -> None:
                key, version = divmod(next(numbers), PER_STREAM)
                place = (f"draft/{name}-{key}", version + 1)
                recorder.insert_events(
                    [StoredEvent(*place, "feedback.problem-draft-returned", raw)]
                )

            return once

        yield [client(name) for name in names]


@contextmanager
def ours(database_url: str, names: Sequence[str]) -> Iterator[list[Once]]:
    """Compose the record, chained to the one before, and append it; the clients share a store."""
    sizes = PoolSizes(command=len(names), query=1, feed=1)
    with closing(EventStore(SERVICE, database_url, pool=sizes)) as store:

        def client(name: str) -> Once:
            numbers, last = count(), None

            def once() -> None:
                nonlocal last
                key, version = divmod(next(numbers), PER_STREAM)
                last = next_record(f"{name}-{key}", last if version else None)
                store.append([last])

            return once

        yield [client(name) for name in names]


@contextmanager
def _library(database_url: str, clients: int) -> Iterator[PostgresApplicationRecorder]:
    given: dict[str, Any] = conninfo_to_dict(database_url)
    where = {name: given[name] for name in ("dbname", "host", "port", "user", "password")}
    datastore = PostgresDatastore(
        **where, originator_id_type="text", pool_size=clients, max_overflow=0
    )
    with datastore:
        yield PostgresApplicationRecorder(datastore, events_table_name="stored_events")


_SIDES = {"floor": bare, "peer": library, "ours": ours}


@benchmark("append-maintenance")
def append_during_maintenance(ground: Ground) -> Sequence[Row]:
    """Append p99 while VACUUM, ANALYZE, CREATE INDEX CONCURRENTLY run: floor without them."""
    url = ground.database()
    migrate(url)
    fill(url, [next_record(PLACE)] * PER_STREAM, 0, ground.amount(_STREAMS_KEPT, least=100))
    seconds = max(1.0, 2 * _FULL_SECONDS * min(ground.size, 1))
    with clients() as made:

        def contestant(upkeep: Sequence[LiteralString]) -> float:
            with _maintained(url, upkeep):
                return made.work(ours, url, 4, seconds).percentile(0.99)

        sides = {"floor": partial(contestant, ()), "ours": partial(contestant, _UPKEEP)}
        turns = take_turns(sides, ground.turns)
    note = "4 clients in 4 processes; floor: the same without maintenance"
    return [compare("append p99 in maintenance", "ms", turns, Target("at most", 3), note)]


@contextmanager
def _maintained(database_url: str, upkeep: Sequence[LiteralString]) -> Iterator[None]:
    """Do the upkeep of the table over and over, in a session of its own, during the block."""
    stop = threading.Event()

    def maintain() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("SET statement_timeout = 0")
            while not stop.is_set():
                for statement in upkeep:
                    connection.execute(statement)

    keeper = threading.Thread(target=maintain if upkeep else stop.wait)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()
