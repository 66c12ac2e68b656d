"""A record on Kafka: key, value and CloudEvents 1.0 headers in binary mode, read strictly."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from shared.contracts.base import format_time
from shared.eventstore import canonical
from shared.eventstore.record import Record, RecordedEvent, told_by
from shared.kernel.errors import ContractError, NotCanonicalError
from shared.kernel.ids import event_id
from shared.messaging.topics import topic_of

Headers = list[tuple[str, bytes]]

SPECVERSION = "1.0"
CONTENT_TYPE = "application/json"
_POSITION = re.compile(r"[1-9][0-9]{0,18}")
_GENERATION = re.compile(r"[\x21-\x7e]{1,100}")
_LARGEST_POSITION = 2**63 - 1  # what the database counts with
_REQUIRED = frozenset(
    {
        "ce_id",
        "ce_type",
        "ce_source",
        "ce_subject",
        "ce_time",
        "ce_specversion",
        "ce_datacontenttype",
        "position",
        "generation",
    }
)
_ALLOWED = _REQUIRED | {"traceparent"}


@dataclass(frozen=True)
class Message:
    """A record that has arrived; its facts are decoded only when a reaction wants them.

    `generation` is "" for a record that came from the source's feed.
    """

    raw: bytes
    record: Record
    position: int = 0
    generation: str = ""

    @property
    def source(self) -> str:
        return self.record.service

    @property
    def stream(self) -> str:
        return self.record.stream

    @property
    def version(self) -> int:
        return self.record.version

    def recorded(self) -> RecordedEvent:
        """Return the event with its facts at the present schema; raises ContractError."""
        return told_by(self.raw, self.record, self.position)

    def headers(self) -> dict[str, str]:
        """Return the headers as text, to be kept with a dead letter."""
        named = {**_described(self.record), "position": str(self.position)}
        return {**named, "generation": self.generation}


def encode(recorded: RecordedEvent, generation: str) -> Headers:
    """Return the headers of a stored event."""
    named = _described(recorded.record)
    named |= {"position": str(recorded.position), "generation": generation}
    return [(name, value.encode()) for name, value in named.items()]


def decode(
    topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> Message:
    """Return the message in these bytes; raises ContractError when anything does not agree."""
    if key is None or value is None:
        raise ContractError("a message has no key or no value")
    named = _named(headers)
    record = envelope(value)
    _require_agreement(topic, key, record, named)
    return Message(value, record, int(named["position"]), named["generation"])


def from_feed(source: str, raw: bytes, position: int) -> Message:
    """Return the message in a record that the feed of `source` gave; raises ContractError."""
    record = envelope(raw)
    if record.service != source:
        raise ContractError("the feed of a service gave the record of another one")
    return Message(raw, record, position)


def envelope(raw: bytes) -> Record:
    """Return the record in these bytes, its facts not yet decoded; raises NotCanonicalError."""
    try:
        record = Record.model_validate(canonical.decode(raw))
    except ValidationError as error:
        raise NotCanonicalError(f"{error.error_count()} fields break the contract") from None
    if record.id != event_id(record.service, record.stream, record.version):
        raise NotCanonicalError("the id is not that of this place")
    return record


def source_uri(tenant: str, service: str) -> str:
    """Return the CloudEvents source of a service of a tenant."""
    return f"/duban/{tenant}/{service}"


def _described(record: Record) -> dict[str, str]:
    named = {
        "ce_id": record.id,
        "ce_type": record.type,
        "ce_source": source_uri(record.tenant, record.service),
        "ce_subject": record.stream,
        "ce_time": format_time(record.time),
        "ce_specversion": SPECVERSION,
        "ce_datacontenttype": CONTENT_TYPE,
    }
    return named | ({"traceparent": record.trace} if record.trace else {})


def _named(headers: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    try:
        named = {name: value.decode() for name, value in headers}
    except (UnicodeDecodeError, AttributeError):
        raise ContractError("a header is not text") from None
    if len(named) != len(headers):
        raise ContractError("a header stands twice")
    if not _REQUIRED <= named.keys() <= _ALLOWED:
        raise ContractError("headers are missing or unknown")
    if not _is_position(named["position"]) or not _GENERATION.fullmatch(named["generation"]):
        raise ContractError("position or generation is not well-formed")
    return named


def _is_position(text: str) -> bool:
    return bool(_POSITION.fullmatch(text)) and int(text) <= _LARGEST_POSITION


def _require_agreement(topic: str, key: bytes, record: Record, named: dict[str, str]) -> None:
    expected = _described(record)
    found = {name: text for name, text in named.items() if name not in ("position", "generation")}
    if found != expected or key != record.stream.encode() or topic != topic_of(record.service):
        raise ContractError("topic, key or headers do not agree with the record")
