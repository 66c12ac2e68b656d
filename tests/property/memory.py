"""What was true when it happened, kept beside the stores: replay is compared with this.

Nothing here is read back from a store. A thing is pictured as the command left it, a stream's
digest is taken forward record by record, an answer of audit is kept as it was given.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import BaseModel

from shared.eventstore.aggregate import Aggregate
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import StreamHead
from shared.reducers import Replay, canonical, leaf_hash

Place = tuple[str, str, int]
"""Service, stream and version."""


@dataclass(frozen=True)
class Life:
    """A thing as the command that reached this version left it."""

    kind: type[Aggregate]
    key: str
    picture: Any


@dataclass(frozen=True)
class Given:
    """What audit answered about a problem when it knew this much of each service's log."""

    problem_no: str
    positions: Mapping[str, int]
    last: RecordedEvent
    answer: Any


@dataclass
class Memory:
    """Everything that was seen live, of all services."""

    log: list[RecordedEvent] = field(default_factory=list)
    lives: dict[Place, Life] = field(default_factory=dict)
    digests: dict[Place, str] = field(default_factory=dict)
    answers: list[Given] = field(default_factory=list)
    _streams: dict[tuple[str, str], Replay] = field(default_factory=dict)
    _heads: dict[tuple[str, str], StreamHead] = field(default_factory=dict)

    def take(self, events: Iterable[RecordedEvent]) -> None:
        """Take records in, those of each stream in order."""
        for one in events:
            record = one.record
            place = record.service, record.stream
            replay = self._streams.setdefault(place, Replay(*place))
            told = json.loads(one.raw)
            facts = hashlib.sha256(canonical(told["data"])).digest()
            replay.take(told, leaf_hash(one.raw), facts)
            self.digests[*place, record.version] = replay.digest()
            self._heads[place] = StreamHead(record.stream, record.version, one.position)
            self.log.append(one)

    def remember(self, service: str, things: Iterable[Aggregate]) -> None:
        """Picture these things as they are now."""
        for one in things:
            place = service, one.stream, one.version
            self.lives[place] = Life(type(one), one.key, picture(one))

    def heads(self, service: str) -> list[StreamHead]:
        """Return the heads of a service's streams, in the order of their positions."""
        found = [head for (owner, _), head in self._heads.items() if owner == service]
        return sorted(found, key=lambda head: head.position)

    def position(self, service: str) -> int:
        """Return the last position of a service's log, 0 when it is empty."""
        return max((head.position for head in self.heads(service)), default=0)

    def records(self, service: str) -> list[RecordedEvent]:
        """Return a service's records in the order of their positions."""
        found = [one for one in self.log if one.record.service == service]
        return sorted(found, key=lambda one: one.position)

    def up_to(self, positions: Mapping[str, int]) -> "Memory":
        """Return what was known when the logs ended there: the rest was lost by a restore."""
        kept = Memory()
        kept.take(one for one in self.log if one.position <= positions[one.record.service])
        kept.lives = {place: one for place, one in self.lives.items() if place in kept.digests}
        kept.answers = [
            one
            for one in self.answers
            if all(one.positions[service] <= last for service, last in positions.items())
        ]
        return kept


def picture(value: Any) -> Any:
    """Return plain values that are equal when the two things are: no object, no identity."""
    if isinstance(value, BaseModel):
        return type(value).__name__, value.model_dump()
    if isinstance(value, dict):
        return {picture(key): picture(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [picture(inner) for inner in value]
    if isinstance(value, tuple):
        return tuple(picture(inner) for inner in value)
    if isinstance(value, set | frozenset):
        return frozenset(picture(inner) for inner in value)
    if hasattr(value, "__dict__") and not isinstance(value, Enum | type):
        inside = {name: picture(inner) for name, inner in vars(value).items() if name != "pending"}
        return type(value).__name__, inside
    return value
