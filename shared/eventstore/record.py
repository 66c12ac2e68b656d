"""The record: one event as it is stored, published, hashed and exported. One byte string."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError
from pydantic_core import from_json

from shared.contracts.base import Event, format_time, within_reach
from shared.contracts.registry import decode as decode_event
from shared.eventstore import canonical
from shared.kernel.actor import Actor
from shared.kernel.context import Context
from shared.kernel.errors import NotCanonicalError
from shared.kernel.ids import event_id

FORMAT = "duban/1"
Place = tuple[str, int, str]
"""Stream, version and type of a record."""

MAX_STREAM = 500
"""Characters of a stream's name: what every index on streams surely holds."""


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def _instant(written: Any) -> datetime:
    """Return the instant that `format_time` wrote; raises ValueError for any other form."""
    if not isinstance(written, str) or not _INSTANT.fullmatch(written):
        raise ValueError("an instant in a record is UTC with six digits of a second")
    return within_reach(datetime.fromisoformat(written))


class Record(BaseModel):
    """The envelope and the facts, field by field (docs/events.md explains each)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    f: str = Field(default=FORMAT, pattern=r"^duban/1$")
    tenant: str
    service: str
    stream: str = Field(min_length=1, max_length=MAX_STREAM)
    version: int = Field(ge=1, strict=True)
    prev: str = Field(pattern=r"^([0-9a-f]{64})?$")
    id: str
    type: str
    schema_: int = Field(alias="schema", ge=1, strict=True)
    time: Annotated[datetime, PlainValidator(_instant), PlainSerializer(format_time)]
    actor: Actor
    command: str
    correlation: str
    causation: str
    trace: str
    class_: str = Field(alias="class", pattern=r"^C[0-5]$")
    policy: str
    data: dict[str, Any]


@dataclass(frozen=True)
class RecordedEvent:
    """A record with its bytes and, once stored, its position in the service's log.

    This is also what the event-sourcing library sees as a domain event.
    """

    raw: bytes
    record: Record
    event: Event
    position: int = 0

    @property
    def originator_id(self) -> str:
        return self.record.stream

    @property
    def originator_version(self) -> int:
        return self.record.version

    @property
    def recorded_at(self) -> datetime:
        return self.record.time

    def at(self, position: int) -> "RecordedEvent":
        """Return the same event, stored at this position."""
        return RecordedEvent(self.raw, self.record, self.event, position)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return digest_of(self.raw)


def digest_of(raw: bytes) -> str:
    """Return SHA-256 of a record's bytes: the `prev` of the next record of its stream."""
    return hashlib.sha256(raw).hexdigest()


def compose(
    service: str, stream: str, version: int, prev: str, event: Event, context: Context
) -> RecordedEvent:
    """Return the record of `event` at this place, serialised for the only time in its life.

    Raises NotCanonicalError when the facts have no canonical form or are too large.
    """
    fields: dict[str, Any] = {
        "f": FORMAT,
        "tenant": context.tenant,
        "service": service,
        "stream": stream,
        "version": version,
        "prev": prev,
        "id": event_id(service, stream, version),
        "type": event.TYPE,
        "schema": event.SCHEMA,
        "time": format_time(context.time),
        "actor": context.actor.model_dump(mode="json"),
        "command": context.command,
        "correlation": context.correlation,
        "causation": context.causation,
        "trace": context.trace,
        "class": event.CLASS.value,
        "policy": context.policy,
        "data": event.facts(),
    }
    return RecordedEvent(canonical.encode(fields), Record.model_validate(fields), event)


def parse(raw: bytes, position: int = 0) -> RecordedEvent:
    """Return the event in bytes that came from elsewhere, its facts in the present schema.

    Raises NotCanonicalError, UnknownEventError or NewerSchemaError.
    """
    canonical.decode(raw)  # its value is not needed: that it has one is
    return read_back(raw, position)


def read_back(raw: bytes, position: int) -> RecordedEvent:
    """Return the event in bytes of this service's own log, which only `compose` writes.

    Unlike `parse`, it does not make sure again that the bytes are in canonical form (the log's
    digests are what tells a change); else the same, and the same errors.
    """
    try:
        record = Record.model_validate_json(raw)
    except ValidationError as error:
        raise _broken(error) from None
    return told_by(raw, record, position)


def told_in(raw: bytes) -> tuple[Place, Event]:
    """Return place and event of a record of this service's own log; raises as `parse`."""
    try:
        fields = from_json(raw)
        place = (fields["stream"], fields["version"], fields["type"])
        return place, decode_event(fields["type"], fields["schema"], fields["data"])
    except ValidationError as error:
        raise _broken(error) from None
    except (ValueError, KeyError, TypeError):
        raise NotCanonicalError("bytes in the log are no record") from None


def told_by(raw: bytes, record: Record, position: int = 0) -> RecordedEvent:
    """Return the event that an envelope tells, read before from these bytes; raises as `parse`."""
    try:
        event = decode_event(record.type, record.schema_, record.data)
    except ValidationError as error:
        raise _broken(error) from None
    return RecordedEvent(raw, record, event, position)


def _broken(error: ValidationError) -> NotCanonicalError:
    return NotCanonicalError(f"{error.error_count()} fields break the contract")
