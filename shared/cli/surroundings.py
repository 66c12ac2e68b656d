"""Where the services are and who is asking: a local system's own map, or the environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shared.embedded.system_map import SystemMap
from shared.http.client import ApiClient
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role
from shared.kernel.errors import InvalidValueError, NotFoundError

DEFAULT_DATA = Path(".duban")


@dataclass(frozen=True)
class Surroundings:
    """The base URLs of the services, a token to ask them with, and their databases if local."""

    urls: Mapping[str, str]
    token: str
    databases: Mapping[str, str]

    @classmethod
    def found(cls, data: Path) -> Self:
        """Return those of the environment (DUBAN_SOURCES, DUBAN_TOKEN), else of a local system.

        Raises UnavailableError when neither is there, InvalidValueError for broken JSON.
        """
        if named := os.environ.get("DUBAN_SOURCES"):
            return cls(_urls(named), os.environ.get("DUBAN_TOKEN", ""), {})
        system = SystemMap.read(data)
        token = local_issuer(data).issue("p-operator", "duban", Role.AUD, Role.ADM)
        return cls(system.services, token, system.databases)

    def client(self, service: str) -> ApiClient:
        """Return a client of one service; raises NotFoundError when it is not known."""
        if service not in self.urls:
            known = ", ".join(sorted(self.urls))
            raise NotFoundError(f"no service is called {service}; known: {known}")
        return ApiClient(self.urls[service], self.token)


def local_issuer(data: Path) -> LocalIssuer:
    """Return the issuer of the local system running there; raises UnavailableError if none."""
    return LocalIssuer(Path(SystemMap.read(data).keys))


def _urls(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidValueError("DUBAN_SOURCES is not a JSON object of service → URL")
    return {str(service): str(url) for service, url in found.items()}
