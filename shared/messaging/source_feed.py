"""The feed of a source: its log over HTTP, which heals what Kafka has lost."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from shared.eventstore.store import EventStore
from shared.kernel.errors import ContractError, UnavailableError

PAGE = 500
_LINE = re.compile(rb'^\{"position":([1-9][0-9]{0,18}),"record":(\{.*\})\}$')
ANSWERED_WITHIN = 10.0  # seconds


@dataclass(frozen=True)
class Head:
    """The last settled version of a stream of the source, and its position."""

    stream: str
    version: int
    position: int


@dataclass(frozen=True)
class Fed:
    """A record as the source has stored it, byte for byte, and its position there."""

    raw: bytes
    position: int


class SourceFeed(Protocol):
    """Reads other services' logs; both raise UnavailableError when there is no answer."""

    def read_stream(self, source: str, stream: str, after_version: int) -> list[Fed]:
        """Return the next records of the stream, in order; an empty list at its end."""
        ...

    def heads(self, source: str, after: int, limit: int) -> list[Head]:
        """Return the streams whose head lies beyond a position, in the order of positions."""
        ...


@dataclass
class MemorySourceFeed:
    """The in-memory twin: the records of each (source, stream), and what fails when told to."""

    streams: dict[tuple[str, str], list[Fed]] = field(default_factory=dict)
    known_heads: dict[str, list[Head]] = field(default_factory=dict)
    is_available: bool = True

    def read_stream(self, source: str, stream: str, after_version: int) -> list[Fed]:
        self._require_available()
        return self.streams.get((source, stream), [])[after_version : after_version + PAGE]

    def heads(self, source: str, after: int, limit: int) -> list[Head]:
        self._require_available()
        known = sorted(self.known_heads.get(source, []), key=lambda head: head.position)
        return [head for head in known if head.position > after][:limit]

    def _require_available(self) -> None:
        if not self.is_available:
            raise UnavailableError("the feed does not answer")


class OwnFeed:
    """Reads this service's own log from its store, and every other source elsewhere."""

    def __init__(self, store: EventStore, elsewhere: SourceFeed) -> None:
        self._store = store
        self._elsewhere = elsewhere

    def read_stream(self, source: str, stream: str, after_version: int) -> list[Fed]:
        if source != self._store.service:
            return self._elsewhere.read_stream(source, stream, after_version)
        return [
            Fed(event.raw, event.position)
            for event in self._store.read_stream(stream, after_version, PAGE)
        ]

    def heads(self, source: str, after: int, limit: int) -> list[Head]:
        if source != self._store.service:
            return self._elsewhere.heads(source, after, limit)
        heads = self._store.heads(after, limit)
        return [Head(head.stream, head.version, head.position) for head in heads]


class HttpSourceFeed:
    """The feeds of other services, `GET /v1/events` and `GET /v1/heads`."""

    def __init__(
        self, sources: Mapping[str, str], token: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._sources = sources
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=ANSWERED_WITHIN,
            transport=transport,
        )

    def read_stream(self, source: str, stream: str, after_version: int) -> list[Fed]:
        answer = self._get(
            source,
            "/v1/events",
            {"stream": stream, "after_version": after_version, "limit": PAGE},
            accept="application/x-ndjson",
        )
        return [_fed(source, line) for line in answer.content.split(b"\n") if line]

    def heads(self, source: str, after: int, limit: int) -> list[Head]:
        answer = self._get(
            source, "/v1/heads", {"after": after, "limit": limit}, accept="application/json"
        )
        try:
            return [
                Head(str(item["stream"]), int(item["version"]), int(item["position"]))
                for item in json.loads(answer.content)["items"]
            ]
        except (ValueError, KeyError, TypeError):
            raise ContractError(f"the heads of {source} are not well-formed") from None

    def close(self) -> None:
        self._client.close()

    def _get(
        self, source: str, path: str, parameters: Mapping[str, Any], accept: str
    ) -> httpx.Response:
        base = self._sources.get(source)
        if base is None:
            raise UnavailableError(f"no address is known of the feed of {source}")
        try:
            answer = self._client.get(
                f"{base.rstrip('/')}{path}", params=parameters, headers={"Accept": accept}
            )
        except httpx.HTTPError as error:
            raise UnavailableError(f"the feed of {source} fails: {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            raise UnavailableError(f"the feed of {source} answers {answer.status_code}")
        return answer


def _fed(source: str, line: bytes) -> Fed:
    """Cut the record out of its line as it stands: its bytes are never written again."""
    found = _LINE.match(line)
    if found is None:
        raise ContractError(f"a line of the feed of {source} is not well-formed")
    return Fed(found[2], int(found[1]))
