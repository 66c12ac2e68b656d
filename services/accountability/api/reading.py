"""Questions answered from the events themselves: a unit of work that is never committed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.context import Context

Reading = Callable[[Actor], UnitOfWork]
"""Begins a unit of work to read in, as this actor, at the present instant."""


@dataclass(frozen=True)
class StoreReading:
    """Reads from the event store of this service."""

    store: EventStore
    tenant: str
    clock: Clock = field(default_factory=SystemClock)

    def __call__(self, actor: Actor) -> UnitOfWork:
        return self.store.begin(
            Context(tenant=self.tenant, actor=actor, command="Read", time=self.clock.now())
        )
