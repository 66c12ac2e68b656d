"""The sibling logs over HTTP: their public checkpoints, and records with this service's token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import httpx

from shared.http.client import ApiClient
from shared.kernel.errors import NotFoundError
from shared.tlog.tiles import Tile

ANSWERED_WITHIN = httpx.Timeout(3.0, connect=1.0)  # seconds; an export waits for all of them


@dataclass(frozen=True)
class HttpSiblingLogs:
    """Asks the other services, seldom: each question has a connection of its own."""

    urls: Mapping[str, str]
    token: str

    @classmethod
    def of(cls, urls: Mapping[str, str], service: str, token: str) -> Self:
        """Return the logs at these addresses, without that of the service itself."""
        return cls({name: url for name, url in urls.items() if name != service}, token)

    @property
    def services(self) -> Sequence[str]:
        return sorted(self.urls)

    def checkpoint(self, service: str) -> bytes | None:
        """Return the last signed checkpoint, None before the first; raises UnavailableError."""
        try:
            return self._fetch(service, "/v1/log/checkpoint")
        except NotFoundError:
            return None

    def entries(self, service: str, tile: Tile) -> bytes:
        """Return a bundle of records; raises UnavailableError, NotFoundError."""
        return self._fetch(service, f"/v1/log/{tile.path}")

    def _fetch(self, service: str, path: str) -> bytes:
        with ApiClient(self.urls[service], self.token, timeout=ANSWERED_WITHIN) as client:
            return client.fetch(path).content
