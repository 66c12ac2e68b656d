"""Requests as any stranger may send them: raw, with nothing put right on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx

from shared.cli.sample.city import Person
from shared.embedded.stack import Stack
from shared.kernel.actor import Role

PATIENCE = httpx.Timeout(30.0)
ALL_ROLES = tuple(Role)


@dataclass
class Wire:
    """Connections to every service of a running system."""

    stack: Stack
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for service, url in self.stack.map.services.items():
            self._clients[service] = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.close()

    def token(self, *roles: Role, ref: str = "p-stranger", org: str = "nowhere") -> str:
        return self.stack.issuer.issue(ref, org, *roles)

    def token_of(self, person: Person) -> str:
        return self.stack.issuer.issue(person.ref, person.org, *person.roles)

    def send(self, service: str, method: str, path: str, **request: Any) -> httpx.Response:
        return self._clients[service].request(method, path, **request)

    def document(self, service: str) -> dict[str, Any]:
        """Return the OpenAPI description that the service itself gives."""
        found: dict[str, Any] = self.send(service, "GET", "/openapi.json").json()
        return found

    def version(self, service: str, path: str, token: str) -> int:
        """Return the version of the thing at this path."""
        answer = self.send(service, "GET", path, headers=headers(token, key=None))
        return int(answer.headers["ETag"].strip('"'))


def headers(token: str, key: str | None = "", if_match: str | None = None) -> dict[str, str]:
    """Return the headers of a command; an empty `key` draws a fresh one, None sends none."""
    named = {
        "Authorization": f"Bearer {token}" if token else None,
        "Idempotency-Key": key if key is None else key or str(uuid4()),
        "If-Match": if_match,
    }
    return {name: text for name, text in named.items() if text is not None}


def require_problem(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """Require a refusal as RFC 9457 tells it, with one of these statuses; return it."""
    where = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
    assert answer.status_code in statuses, f"{where}, not {statuses}: {answer.text[:400]}"
    assert answer.headers["Content-Type"] == "application/problem+json", where
    told: dict[str, Any] = answer.json()
    require_members(told, where)
    assert told["status"] == answer.status_code, where
    return told


def require_members(told: Mapping[str, Any], where: str) -> None:
    assert told["type"] == f"/problems/{told['code']}", where
    assert told["title"] and told["detail"], where
    assert "Traceback" not in str(told) and ".py" not in str(told), where
