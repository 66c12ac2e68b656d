"""Operators over HTTP: they look at parked messages, redrive them, discard what is no record."""

import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

from shared.embedded.stack import Stack
from shared.http.client import ApiClient
from shared.kernel.actor import Role
from shared.kernel.errors import DubanError, UnavailableError
from tests.chaos.topics import STRAY

LETTERS = "/v1/dead-letters"
PAUSE_S = 0.5
Letter = dict[str, Any]


class Operators:
    """One administrator for all services."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._token = stack.issuer.issue("p-administrator", "inspection-office", Role.ADM)

    def parked(self, service: str) -> list[Letter]:
        """Return what is parked at a service; raises UnavailableError."""
        with self._client(service) as client:
            found: list[Letter] = client.get(LETTERS, {"limit": 500})["items"]
            return found

    def redrive(self, service: str) -> None:
        """Handle everything parked at a service again; what fails stays parked."""
        self._settle(service, discards=False)

    def clear(self, service: str, within: float = 60.0) -> None:
        """Discard what came from no log of ours, redrive the rest, until nothing is parked."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            with suppress(UnavailableError):
                self._settle(service, discards=True)
                if not self.parked(service):
                    return
            time.sleep(PAUSE_S)  # between attempts, bounded by the deadline

    def _settle(self, service: str, *, discards: bool) -> None:
        for letter in self.parked(service):
            path = f"{LETTERS}/{letter['id']}"
            with self._client(service) as client, suppress(DubanError):
                if discards and _is_stray(letter):
                    reason = {"reason": "no record of ours"}
                    client.post(f"{path}/discard", reason, key=str(uuid4()))
                else:
                    client.post(f"{path}/redrive", key=str(uuid4()))

    def _client(self, service: str) -> ApiClient:
        return ApiClient(self._stack.url(service), self._token)


def _is_stray(letter: Letter) -> bool:
    return str(letter["stream"]).startswith(("?", f"problem/{STRAY}"))
