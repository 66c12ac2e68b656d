"""Reads the logs of all services from their own feeds, as an auditor may."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.cli.sample.city import AUDITOR
from shared.embedded.stack import Stack
from shared.http.client import ApiClient

PAGE = 1000


@dataclass(frozen=True)
class Fact:
    """One record of a feed."""

    position: int
    record: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.record["type"])

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.record["data"])

    @property
    def place(self) -> tuple[str, str, int]:
        return self.record["service"], self.record["stream"], self.record["version"]


def facts_of(stack: Stack) -> tuple[Fact, ...]:
    """Return every event of every service in the order of recording: one machine, one clock."""
    token = stack.issuer.issue(AUDITOR.ref, AUDITOR.org, *AUDITOR.roles)
    found: list[Fact] = []
    for url in stack.map.services.values():
        with ApiClient(url, token) as client:
            found += _log(client)
    return tuple(sorted(found, key=lambda fact: (fact.record["time"], fact.position)))


def _log(client: ApiClient) -> Iterator[Fact]:
    after, is_more = 0, True
    while is_more:
        page = client.get("/v1/events", {"after": after, "limit": PAGE})
        yield from (Fact(item["position"], item["record"]) for item in page["items"])
        is_more, after = len(page["items"]) == PAGE, page["next"]
