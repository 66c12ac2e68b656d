"""After the story: was anything lost, doubled or parked? Read from the stores themselves."""

import importlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg

from shared.eventstore import canonical
from shared.eventstore.record import parse

SETTLED_WITHIN_S = 60.0

HEADS = "SELECT originator_id, max(originator_version) FROM stored_events GROUP BY originator_id"
MARKS = "SELECT stream, version FROM inbox WHERE source = %s"
EVENTS = "SELECT notification_id, state FROM stored_events ORDER BY notification_id"
PARKED = "SELECT count(*) FROM dead_letters WHERE status = 'parked'"


@dataclass(frozen=True)
class Verdict:
    """What the stores say: events per service, and what must all be zero."""

    events: dict[str, int]
    lost: int
    duplicates: int
    parked: int
    broken_chains: int


def settled_verdict(databases: Mapping[str, str]) -> Verdict:
    """Return the verdict once every follower has caught up, or when the time for it is over."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while behind(databases) and time.monotonic() < deadline:
        time.sleep(0.2)
    tellings = {service: _tell(url) for service, url in databases.items()}
    return Verdict(
        events={service: told.events for service, told in tellings.items()},
        lost=behind(databases),
        duplicates=sum(told.doubled for told in tellings.values()),
        parked=sum(told.parked for told in tellings.values()),
        broken_chains=sum(told.broken for told in tellings.values()),
    )


@dataclass(frozen=True)
class Unread:
    """A stream of a followed service that its follower has not consumed to its end."""

    source: str
    stream: str
    mark: int
    head: int


def behind(databases: Mapping[str, str]) -> int:
    """Return how many events of followed services have not been consumed, over all followers."""
    heads = _all_heads(databases)
    unread = (one for name, url in databases.items() for one in _unread(name, url, heads))
    return sum(one.head - one.mark for one in unread)


def unread_by(follower: str, databases: Mapping[str, str]) -> list[Unread]:
    """Return what a follower has still to consume, stream by stream."""
    return list(_unread(follower, databases[follower], _all_heads(databases)))


def _unread(follower: str, url: str, heads: Mapping[str, dict[str, int]]) -> Iterator[Unread]:
    for source, marks in _marks(follower, url):
        for stream, head in heads[source].items():
            if head > (mark := marks.get(stream, 0)):
                yield Unread(source, stream, mark, head)


def _all_heads(databases: Mapping[str, str]) -> dict[str, dict[str, int]]:
    return {service: _heads(url) for service, url in databases.items()}


def _heads(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute(HEADS).fetchall())


def _marks(follower: str, url: str) -> Iterator[tuple[str, dict[str, int]]]:
    reactions = importlib.import_module(f"services.{follower}.policies").reactions
    with psycopg.connect(url) as connection:
        for source in sorted(reactions.sources):
            yield source, dict(connection.execute(MARKS, (source,)).fetchall())


@dataclass(frozen=True)
class _Telling:
    events: int
    doubled: int
    broken: int
    parked: int


def _tell(url: str) -> _Telling:
    """Read a whole store: chains of versions and digests, effects with one cause, parked ones."""
    effects: Counter[tuple[str, str, str, bytes]] = Counter()
    last: dict[str, tuple[int, str]] = {}
    events = broken = 0
    with psycopg.connect(url) as connection, connection.cursor(name="verdict") as cursor:
        for position, raw in cursor.execute(EVENTS):
            recorded = parse(bytes(raw), position)
            record, events = recorded.record, events + 1
            version, digest = last.get(record.stream, (0, ""))
            broken += (record.version, record.prev) != (version + 1, digest)
            last[record.stream] = (record.version, recorded.digest)
            if record.actor.via == "policy":
                facts = canonical.encode(record.data)
                effects[record.causation, record.stream, record.type, facts] += 1
    with psycopg.connect(url) as connection:
        parked = connection.execute(PARKED).fetchone()
    doubled = sum(count - 1 for count in effects.values())
    return _Telling(events, doubled, broken, parked[0] if parked else 0)
