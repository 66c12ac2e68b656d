"""Audit beside a true service: what that one records arrives over the broker, byte for byte."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from shared.embedded.stack import Stack
from shared.http.client import ApiClient
from shared.kernel.actor import Role
from tests.support.eventually import eventually

ORG = "yunlan-water-bureau"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("audited"), services=("directory", "audit")) as running:
        yield running


def client(stack: Stack, service: str, role: Role) -> ApiClient:
    return ApiClient(stack.url(service), stack.issuer.issue("p-somebody", "audit-office", role))


def rows(stack: Stack, service: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.postgres.uri(service)) as connection:
        return connection.execute(query.encode()).fetchall()


def test_every_record_of_a_service_is_kept_as_it_was_stored(stack: Stack) -> None:
    body = {"org": ORG, "name": "云岚市水利局", "level": "CITY", "category": "GOVERNMENT",
            "sector": "WATER"}  # fmt: skip
    with client(stack, "directory", Role.ADM) as directory:
        directory.post("/v1/organisations", body, key="key-00000001")

    def stored() -> list[tuple[Any, ...]]:
        return rows(stack, "directory", "SELECT notification_id, state FROM stored_events")

    def kept() -> list[tuple[Any, ...]]:
        query = "SELECT position, raw FROM followed_records WHERE source = 'directory'"
        return rows(stack, "audit", query)

    eventually(lambda: sorted(kept()) == sorted(stored()), within=60)
    with client(stack, "audit", Role.AUD) as audit:
        assert audit.get(f"/v1/units/{ORG}")["name"] == "云岚市水利局"


def test_nothing_that_happened_breaks_an_invariant(stack: Stack) -> None:
    with client(stack, "audit", Role.AUD) as audit:
        found = audit.get("/v1/invariants", {"recompute": True})
    assert [line["invariant"] for line in found["invariants"]] == [
        f"INV-{number:02}" for number in range(1, 23)
    ]
    assert found["violations"] == []
