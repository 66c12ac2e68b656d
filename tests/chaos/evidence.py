"""Everything that a run left behind, read from the databases: logs, answers, inboxes, letters."""

import importlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg

from shared.eventstore.record import RecordedEvent, parse
from tests.chaos.journal import Journal

EVENTS = "SELECT notification_id, state FROM stored_events ORDER BY notification_id"
ANSWERS = "SELECT person_ref, key, status, body, stream, version FROM idempotency"
MARKS = "SELECT source, stream, version FROM inbox"
LETTERS = "SELECT source, stream, version, error_code FROM dead_letters WHERE status = 'parked'"
BUILDS = "SELECT name, position FROM read_models WHERE state = 'live'"
FOLLOWED = "SELECT source, stream, version, raw FROM followed_records"
LEAVES = "SELECT position, leaf_hash FROM tlog_leaves ORDER BY leaf_index"

Row = tuple[Any, ...]
Place = tuple[str, int]
"""A stream and a version."""


@dataclass(frozen=True)
class Store:
    """One service's database."""

    service: str
    url: str

    @cached_property
    def events(self) -> Sequence[RecordedEvent]:
        """The whole log, in position order."""
        import_vocabularies(self.service)
        return [parse(bytes(raw), position) for position, raw in self.rows(EVENTS)]

    @cached_property
    def streams(self) -> Mapping[str, Sequence[RecordedEvent]]:
        """The records of each stream, in position order."""
        found: defaultdict[str, list[RecordedEvent]] = defaultdict(list)
        for event in self.events:
            found[event.originator_id].append(event)
        return found

    @cached_property
    def places(self) -> Mapping[Place, RecordedEvent]:
        return {(one.originator_id, one.originator_version): one for one in self.events}

    @cached_property
    def commands(self) -> Mapping[str, Sequence[RecordedEvent]]:
        """The records of each command id."""
        found: defaultdict[str, list[RecordedEvent]] = defaultdict(list)
        for event in self.events:
            found[event.record.command].append(event)
        return found

    @cached_property
    def answers(self) -> Mapping[tuple[str, str], Row]:
        """The first answers, by person and key: status, body, stream, version."""
        return {(row[0], row[1]): row[2:] for row in self.rows(ANSWERS)}

    @cached_property
    def marks(self) -> Mapping[tuple[str, str], int]:
        """The inbox: how far each stream of each source has been consumed."""
        return {(source, stream): version for source, stream, version in self.rows(MARKS)}

    @cached_property
    def heads(self) -> Mapping[str, int]:
        return {stream: events[-1].originator_version for stream, events in self.streams.items()}

    @cached_property
    def sources(self) -> Sequence[str]:
        """The services that this one follows."""
        policies = importlib.import_module(f"services.{self.service}.policies")
        return sorted(policies.reactions.sources)

    def rows(self, query: str) -> list[Row]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


def import_vocabularies(service: str) -> None:
    """Let every event that the service's log may hold be declared in this process."""
    importlib.import_module(f"services.{service}.bootstrap")


@dataclass(frozen=True)
class Evidence:
    """The stores, what the users were told, and what stands in the topics (None: not read)."""

    stores: Mapping[str, Store]
    journal: Journal = field(default_factory=Journal)
    topics: Mapping[str, set[bytes]] | None = None

    @classmethod
    def of(
        cls,
        databases: Mapping[str, str],
        journal: Journal,
        topics: Mapping[str, set[bytes]] | None = None,
    ) -> "Evidence":
        stores = {service: Store(service, url) for service, url in databases.items()}
        return cls(stores, journal, topics)
