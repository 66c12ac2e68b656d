"""Users of a chaos run: the sample's players, who keep a journal of what they were told."""

import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx

from shared.cli.sample.city import Person
from shared.cli.sample.player import Player
from shared.http.client import ApiClient
from shared.http.etags import version_of
from shared.kernel.errors import DubanError, UnauthenticatedError
from tests.chaos.journal import Acknowledged, Journal, Refused, Seen

WITH_TOKEN = ("feedback", "rectification", "supervision")
"""Their pages are read models and wait for a position; the others' pages are the store itself."""

QUICK = httpx.Timeout(5.0, connect=1.0)


class JournalingClient(ApiClient):
    """Notes what is sent to one service and what it answers; asks with the token it was given."""

    def __init__(self, service: str, url: str, player: "JournalingPlayer") -> None:
        super().__init__(url, lambda: player.token, timeout=QUICK)
        self._service = service
        self._player = player

    def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        timeout: httpx.Timeout | None,
        **content: Any,
    ) -> httpx.Response:
        if method == "POST":
            return self._give(path, headers, timeout, content)
        return self._look(path, headers, timeout, content)

    def _give(
        self,
        path: str,
        headers: dict[str, str],
        timeout: httpx.Timeout | None,
        content: dict[str, Any],
    ) -> httpx.Response:
        who, key = self._player.person_ref, headers["Idempotency-Key"]
        journal = self._player.journal
        begun, tries = journal.sends(self._service, who, key, time.monotonic())
        try:
            answer = super()._ask("POST", path, headers, timeout, **content)
        except JournalingPlayer.ASKED_AGAIN:
            raise
        except DubanError as error:
            journal.refuses(Refused(self._service, who, key, path, error.code, tries))
            raise
        self._note(path, who, key, answer.json(), begun, tries)
        return answer

    def _note(
        self, path: str, who: str, key: str, told: dict[str, Any], begun: float, tries: int
    ) -> None:
        command = Acknowledged(
            service=self._service,
            person_ref=who,
            key=key,
            path=path,
            stream=told["stream"],
            version=told["version"],
            position=told["position"],
            events=tuple(told["events"]),
            begun=begun,
            ended=time.monotonic(),
            tries=tries,
        )
        self._player.journal.acknowledges(command, thing_of(path))

    def _look(
        self,
        path: str,
        headers: dict[str, str],
        timeout: httpx.Timeout | None,
        content: dict[str, Any],
    ) -> httpx.Response:
        journal, begun = self._player.journal, time.monotonic()
        token = journal.token(self._service, path)
        if token and self._service in WITH_TOKEN:
            content = {**content, "params": {**content.get("params", {}), "min_position": token}}
        answer = super()._ask("GET", path, headers, timeout, **content)
        if tag := answer.headers.get("ETag"):
            version = version_of(tag) or 0
            journal.sees(Seen(self._service, path, version, token, begun, time.monotonic()))
        return answer


@dataclass
class JournalingPlayer(Player):
    """A player of the sample whose connections keep a journal.

    A service whose clock is off takes good tokens for expired or not yet valid. It decides nothing
    then, so its users ask again; one that never knows them again breaks their story.
    """

    ASKED_AGAIN: ClassVar[tuple[type[DubanError], ...]] = (
        *Player.ASKED_AGAIN,
        UnauthenticatedError,
    )

    journal: Journal = field(default_factory=Journal)

    def __post_init__(self) -> None:
        for service, url in self.urls.items():
            self._clients[service] = JournalingClient(service, url, self)

    @property
    def token(self) -> str:
        """The token of whoever speaks in this thread."""
        return str(self._speaking.token)

    @property
    def person_ref(self) -> str:
        """Who speaks in this thread."""
        return str(self._speaking.person_ref)

    def _speak_as(self, who: Person) -> None:
        super()._speak_as(who)
        self._speaking.person_ref = who.ref


def thing_of(path: str) -> str:
    """Return the thing that a command addresses: `/v1/problems/1/claim` is about the problem."""
    return "/".join(path.split("/")[:4])
