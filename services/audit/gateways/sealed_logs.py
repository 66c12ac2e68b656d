"""The sealed logs of all services over HTTP: their checkpoints, and our cosignatures for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.http.client import ApiClient
from shared.kernel.errors import NotFoundError
from shared.kernel.ids import Ids, RandomIds


@dataclass(frozen=True)
class HttpSealedLogs:
    """Asks with the token of this service."""

    clients: Mapping[str, ApiClient]
    ids: Ids = field(default_factory=RandomIds)

    @property
    def services(self) -> list[str]:
        return sorted(self.clients)

    def checkpoint(self, service: str) -> bytes | None:
        """Return the last signed checkpoint, None before the first; raises UnavailableError."""
        try:
            return self.clients[service].fetch("/v1/log/checkpoint").content
        except NotFoundError:
            return None

    def add_cosignature(self, service: str, size: int, line: str) -> None:
        """Hand our cosignature over; raises UnavailableError, InvalidValueError."""
        path = f"/v1/log/cosignatures?size={size}"
        self.clients[service].post(path, [line], key=f"cosignature-{self.ids.new()}")
