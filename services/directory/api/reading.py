"""Questions answered from the events themselves: a unit of work that is never committed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Query

from shared.contracts.base import UtcTime
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import reader
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.context import Context

Reading = Callable[[Actor], UnitOfWork]
"""Begins a unit of work to read in, as this actor, at the present instant."""

Anybody = Annotated[Actor, Depends(reader())]

At = Annotated[
    UtcTime | None,
    Query(description="as of this instant, with its time zone; now when left out"),
]


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
