"""Who writes what a service records about its own log, and under which command."""

from dataclasses import dataclass
from datetime import datetime

from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.actor import system_actor
from shared.kernel.context import Context
from shared.kernel.ids import Ids
from shared.telemetry.propagation import current_traceparent
from shared.tlog.log_book import LogBook


@dataclass(frozen=True)
class LogWriter:
    """Begins the units of work in which a service writes its own log book."""

    events: EventStore
    tenant: str
    ids: Ids
    via: str = "sealer"

    def begin(self, command: str, now: datetime) -> tuple[UnitOfWork, LogBook]:
        """Return a unit of work of the service itself, and the log book in it."""
        unit = self.events.begin(self._context(command, now))
        service = self.events.service
        return unit, unit.find(LogBook, service) or unit.create(LogBook, service)

    def _context(self, command: str, now: datetime) -> Context:
        service = self.events.service
        return Context(
            tenant=self.tenant,
            actor=system_actor(service, self.via),
            command=f"{command}/{self.ids.new()}",
            time=now,
            correlation=LogBook.stream_of(service),
            trace=current_traceparent(),
        )
