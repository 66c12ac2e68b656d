"""Stored records on their way out: their bytes as they stand, and the headers they tell."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from shared.eventstore.store import EventStore, StoredRecord
from shared.messaging.headers import CONTENT_TYPE, SPECVERSION, Headers, source_uri


class _HasPosition(Protocol):
    @property
    def position(self) -> int: ...


Placed = TypeVar("Placed", bound=_HasPosition)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be published. It was checked when it was stored: it is not checked again."""

    stored: StoredRecord
    told: Mapping[str, bytes]

    @property
    def position(self) -> int:
        return self.stored.position

    @property
    def stream(self) -> str:
        return self.stored.stream

    @property
    def trace(self) -> str:
        return self.told["trace"].decode()

    def message(self, generation: str) -> dict[str, Any]:
        """Return what the client's batch takes: time, key, value and headers."""
        time = datetime.fromisoformat(self.told["time"].decode())
        return {
            "timestamp": int(time.timestamp() * 1000),
            "key": self.told["stream"],
            "value": self.stored.raw,
            "headers": self._headers(generation),
        }

    def _headers(self, generation: str) -> Headers:
        """Return what `headers.encode` would, from the bytes as they stand."""
        told = self.told
        trace = [("traceparent", told["trace"])] if told["trace"] else []
        return [
            ("ce_id", told["id"]),
            ("ce_type", told["type"]),
            ("ce_source", _source(told["tenant"], told["service"])),
            ("ce_subject", told["stream"]),
            ("ce_time", told["time"]),
            *_SAME_FOR_ALL,
            *trace,
            ("position", b"%d" % self.position),
            ("generation", generation.encode()),
        ]


_TOLD = ("id", "service", "stream", "tenant", "time", "trace", "type")
_SAME_FOR_ALL = [
    ("ce_specversion", SPECVERSION.encode()),
    ("ce_datacontenttype", CONTENT_TYPE.encode()),
]
_AFTER_DATA = b',"f":"duban/1","id":"'
_TAIL = re.compile(
    rb',"f":"duban/1","id":"(?P<id>[^"\\]*)","policy":"[^"\\]*","prev":"[^"\\]*","schema":\d+,'
    rb'"service":"(?P<service>[^"\\]*)","stream":"(?P<stream>[^"\\]*)",'
    rb'"tenant":"(?P<tenant>[^"\\]*)","time":"(?P<time>[^"\\]*)","trace":"(?P<trace>[^"\\]*)",'
    rb'"type":"(?P<type>[^"\\]*)","version":\d+\}'
)
"""The fields behind `data`: keys stand in order, so they are found from the end without parsing."""


def told_by(raw: bytes) -> Mapping[str, bytes]:
    """Return the fields of a stored record that its headers tell."""
    found = _TAIL.fullmatch(raw, max(0, raw.rfind(_AFTER_DATA)))
    if found is not None:
        return found.groupdict()
    record = json.loads(raw)
    return {name: record[name].encode() for name in _TOLD}


@lru_cache(maxsize=64)
def _source(tenant: bytes, service: bytes) -> bytes:
    return source_uri(tenant.decode(), service.decode()).encode()


@dataclass(frozen=True)
class Window:
    """Records to publish; after them everything up to `reaches` is published.

    Positions of undone transactions hold nothing: they are passed like the others.
    """

    records: Sequence[Outgoing]
    settled: int
    reaches: int
    is_last: bool


def next_window(store: EventStore, after: int, span: int) -> Window:
    """Read what comes after a position, as far as it spans less than `span` positions."""
    settled = store.settled_position()
    stored = store.read_stored(after, settled, span)
    window = within_span(stored, span)
    is_last = len(stored) == len(window) < span
    end = window[-1].position if window else 0
    records = [Outgoing(record, told_by(record.raw)) for record in window]
    reaches = max(after, end, settled if is_last else 0)
    return Window(records, settled, reaches, is_last)


def within_span(records: Sequence[Placed], span: int) -> list[Placed]:
    """Return the first records, as far as they span less than `span` positions."""
    return [record for record in records if record.position < records[0].position + span]
