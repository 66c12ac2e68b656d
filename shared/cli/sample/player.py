"""Speaks for the people of the sample: every command goes through the public HTTP interface."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock, local
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

from shared.cli.sample.city import Person
from shared.http.client import ApiClient
from shared.http.etags import version_of
from shared.http.identity import LocalIssuer
from shared.kernel.clock import SystemClock
from shared.kernel.errors import (
    CommandInProgressError,
    ConflictError,
    DubanError,
    NotFoundError,
    UnavailableError,
)
from shared.kernel.periods import civil_date

T = TypeVar("T")

STALE_TRIES = 40
PATIENCE_S = 120.0
LONGEST_PAUSE_S = 0.5


class StoryStuckError(DubanError):
    """The system did not come to what the story expects of it, within the patience."""

    code = "story-stuck"
    title = "The sample did not go on"


@dataclass
class Player:
    """Gives commands and asks questions as any of the people; `today` is the business date.

    `patience_s` is how many seconds it waits for an answer, or for what is to follow from one.
    `ASKED_AGAIN` are the answers that give no verdict: the very same request is repeated.
    """

    ASKED_AGAIN: ClassVar[tuple[type[DubanError], ...]] = (UnavailableError, CommandInProgressError)

    urls: Mapping[str, str]
    issuer: LocalIssuer
    today: date = field(default_factory=lambda: civil_date(SystemClock().now()))
    commands: int = 0
    patience_s: float = PATIENCE_S
    _tokens: dict[str, str] = field(default_factory=dict)
    _versions: dict[tuple[str, str], int] = field(default_factory=dict)
    _clients: dict[str, ApiClient] = field(default_factory=dict)
    _speaking: local = field(default_factory=local)
    _changes: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        for service, url in self.urls.items():
            self._clients[service] = ApiClient(url, lambda: str(self._speaking.token))

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def found(self, who: Person, service: str, path: str, body: Any) -> dict[str, Any]:
        """Give a command that makes something new."""
        return self._give(who, service, path, body, lambda: None)

    def act(
        self, who: Person, service: str, thing: str, verb: str, body: Any = None
    ) -> dict[str, Any]:
        """Give a command on an existing thing, naming the version that it was last seen with."""

        def version() -> int | None:
            known = self._versions.pop((service, thing), None)
            return self._version(who, service, thing) if known is None else known

        answer = self._give(who, service, f"{thing}/{verb}", body, version)
        if answer["stream"].endswith(thing.rsplit("/", 1)[1]):
            self._versions[service, thing] = answer["version"]
        return answer

    def ask(
        self, who: Person, service: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Any:
        """Ask a question; a service that is silent is asked again, bounded."""
        self._speak_as(who)
        return self._despite_silence(lambda: self._clients[service].get(path, query))

    def await_(self, what: str, question: Callable[[], T | None]) -> T:
        """Ask until there is an answer; raises StoryStuckError when the patience ends."""
        deadline, pause = time.monotonic() + self.patience_s, 0.02
        while time.monotonic() < deadline:
            try:
                if (answer := question()) is not None:
                    return answer
            except NotFoundError:
                pass  # the event is still on its way
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
        raise StoryStuckError(f"waited {self.patience_s:.0f} s for {what}")

    def _give(
        self, who: Person, service: str, path: str, body: Any, version: Callable[[], int | None]
    ) -> dict[str, Any]:
        for attempt in range(STALE_TRIES):
            self._speak_as(who)
            key, named = str(uuid4()), version()

            def give(key: str = key, named: int | None = named) -> dict[str, Any]:
                return self._clients[service].post(path, body, key=key, if_match=named)

            try:
                answer = self._despite_silence(give)
            except ConflictError:  # stale, or somebody else wrote at the same moment
                time.sleep(min(0.01 * 2**attempt, LONGEST_PAUSE_S))
                continue
            with self._changes:
                self.commands += 1
            return answer
        raise StoryStuckError(f"{path} changed {STALE_TRIES} times while it was being read")

    def _despite_silence(self, give: Callable[[], T]) -> T:
        """Repeat the very same request while there is no verdict: its key makes that harmless."""
        deadline = time.monotonic() + self.patience_s
        while time.monotonic() < deadline:
            try:
                return give()
            except self.ASKED_AGAIN:
                time.sleep(LONGEST_PAUSE_S)
        return give()

    def _version(self, who: Person, service: str, thing: str) -> int | None:
        self._speak_as(who)
        answer = self.await_(
            thing,
            lambda: self._despite_silence(lambda: self._clients[service].fetch(thing)),
        )
        return version_of(answer.headers.get("ETag"))

    def _speak_as(self, who: Person) -> None:
        if who.ref not in self._tokens:
            self._tokens[who.ref] = self.issuer.issue(who.ref, who.org, *who.roles)
        self._speaking.token = self._tokens[who.ref]


def digest(*parts: str) -> str:
    """Return the digest of an invented document."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
