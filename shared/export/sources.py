"""Where an export gets its data: the services' own routes over their sealed logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.http.client import ApiClient
from shared.kernel.errors import ForbiddenError, NotFoundError
from shared.kernel.ids import Ids, RandomIds
from shared.tlog.tiles import Tile

SealedValue = tuple[str, str]
"""A commitment and its subject, as a record holds them."""


class Logs(Protocol):
    """The sealed logs of all services. All raise UnavailableError when one does not answer."""

    @property
    def services(self) -> Sequence[str]: ...

    def record_state(self, service: str) -> int:
        """Have the state recorded; return the size of the checkpoint that covers it."""
        ...

    def checkpoint(self, service: str, size: int | None = None) -> bytes:
        """Return the last signed checkpoint or that of this size, with its cosignatures."""
        ...

    def tile(self, service: str, tile: Tile) -> bytes:
        """Return a tile of hashes or an entry bundle."""
        ...

    def disclosures(
        self, service: str, sealed: Sequence[SealedValue], purpose: str
    ) -> dict[str, list[str]]:
        """Return [salt, name, value] by commitment, of those that may be read."""
        ...


@dataclass(frozen=True)
class HttpLogs:
    """The logs over HTTP, with the token of whoever asks."""

    clients: Mapping[str, ApiClient]
    ids: Ids = field(default_factory=RandomIds)

    @property
    def services(self) -> Sequence[str]:
        return sorted(self.clients)

    def record_state(self, service: str) -> int:
        answer = self.clients[service].post("/v1/log/record-state", key=self._key())
        return int(answer["size"])

    def checkpoint(self, service: str, size: int | None = None) -> bytes:
        return self.clients[service].fetch("/v1/log/checkpoint", {"size": size}).content

    def tile(self, service: str, tile: Tile) -> bytes:
        return self.clients[service].fetch(f"/v1/log/{tile.path}").content

    def disclosures(
        self, service: str, sealed: Sequence[SealedValue], purpose: str
    ) -> dict[str, list[str]]:
        """Each question is recorded there, with reader and purpose."""
        body: dict[str, Any] = {
            "purpose": purpose,
            "values": [{"commitment": c, "subject": s} for c, s in sealed],
        }
        try:
            answer = self.clients[service].post("/v1/sealed-values/read", body, key=self._key())
        except (ForbiddenError, NotFoundError):
            return {}
        found: dict[str, list[str]] = answer["disclosures"]
        return found

    def _key(self) -> str:
        return f"export-{self.ids.new()}"
