"""Writes records as the services would: composed, chained in streams, numbered per service."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.audit.domain.known import Known
from shared.contracts.base import Commitment, Event, Sealed
from shared.eventstore.record import RecordedEvent, compose
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context

TENANT = "city:yunlan"
OFFICE = Actor(person_ref="p-golden", org="yl-inspection-office", role=Role.OFF)
SEALED = Sealed(sealed=Commitment(c="q" * 43 + "=", s="golden"))


class Scribe:
    """Each record is written one microsecond after the one before, on the day it is told of."""

    def __init__(self) -> None:
        self.log: list[Known] = []
        self.positions: Counter[str] = Counter()
        self._last: dict[tuple[str, str], RecordedEvent] = {}
        self._now = datetime(2021, 1, 1, tzinfo=UTC)

    def write(self, stream: str, event: Event, recorded_on: date) -> None:
        """Write the event down at (or after) two in the morning, UTC, of that day."""
        service = event.TYPE.partition(".")[0]
        last = self._last.get((service, stream))
        version, prev = (last.record.version + 1, last.digest) if last else (1, "")
        context = Context(TENANT, OFFICE, "Write/1", self._tick(recorded_on))
        recorded = compose(service, stream, version, prev, event, context)
        self._last[service, stream] = recorded
        self.positions[service] += 1
        record: dict[str, Any] = recorded.record.model_dump(mode="json", by_alias=True)
        self.log.append(Known(service, self.positions[service], record))

    @property
    def now(self) -> datetime:
        """When the last record was written."""
        return self._now

    def mark(self) -> dict[str, int]:
        """Return how far the log of each service has come."""
        return dict(self.positions)

    def _tick(self, day: date) -> datetime:
        morning = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
        assert morning.date() >= self._now.date(), "the log is written day by day"
        self._now = max(morning, self._now + timedelta(microseconds=1))
        return self._now
