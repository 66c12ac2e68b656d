"""The audit service on a real database; what the other services record is handed to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from services.audit.application import Findings, FollowedRecords
from services.audit.bootstrap import READ_MODELS, build
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role
from shared.kernel.clock import SettableClock
from shared.messaging.handling import Handler
from shared.messaging.headers import Message
from shared.settings import ServiceSettings
from tests.integration.http.small_service import served
from tests.unit.audit.yunlan import MORNING, History


@dataclass
class Console:
    """Audit as an auditor sees it, and as the topics reach it."""

    http: Client
    issuer: LocalIssuer
    store: EventStore
    handler: Handler
    clock: SettableClock
    history: History = field(default_factory=History)
    keys: Iterator[int] = field(default_factory=count)
    heard: int = 0

    def receives(self, recorded: RecordedEvent) -> None:
        """Handle one record as it comes from its topic."""
        self.handler.handle(Message(recorded.raw, recorded.record, recorded.position))

    def follows(self, history: History | None = None) -> "Console":
        """Receive what was recorded since the last time."""
        for recorded in self.history.records[self.heard :]:
            self.receives(recorded)
        self.heard = len(self.history.records)
        self.clock.instant = self.history.now
        return self

    def get(self, path: str, role: Role = Role.AUD, **query: Any) -> Response:
        token = self.issuer.issue("p-auditor", "audit-office", role)
        asked = {name: _text(value) for name, value in query.items()}
        return self.http.get(path, params=asked, headers={"Authorization": f"Bearer {token}"})

    def post(self, path: str, body: dict[str, Any], role: Role = Role.AUD) -> Response:
        token = self.issuer.issue("p-auditor", "audit-office", role)
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": f"key-{next(self.keys):08}",
        }
        return self.http.post(path, json=body, headers=headers)

    def shows(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def project(self) -> None:
        Projector(self.store, READ_MODELS).catch_up()

    def look(self) -> int:
        """Check everything that has news at once."""
        return self._findings.look_at_news()

    def look_at_rounds(self) -> None:
        """Note all completed rounds, as the timer does."""
        self._findings.look_at_rounds()

    @property
    def _findings(self) -> Findings:
        return Findings(FollowedRecords(self.store), self.clock, quiet_s=0)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture
def console(database_url: str, tmp_path: Path) -> Iterator[Console]:
    issuer = LocalIssuer(tmp_path)
    settings = ServiceSettings(
        tenant="city:yunlan",
        database_url=database_url,
        kafka_bootstrap="127.0.0.1:9",
        jwks=str(issuer.jwks),
        issuer=issuer.issuer,
    )
    migrate(database_url, READ_MODELS)
    clock = SettableClock(MORNING)
    service = build(settings, clock=clock)
    with served(service.http(dict)) as base_url, Client(base_url=base_url, timeout=20) as http:
        yield Console(http, issuer, service.store, service.handler(), clock)
    service.store.close()
