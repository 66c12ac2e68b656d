"""A unit of work without a database: use cases run on true records in a dictionary."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from shared.contracts.base import Event
from shared.eventstore.aggregate import Aggregate
from shared.eventstore.record import RecordedEvent, compose, parse
from shared.eventstore.recorder import Participant
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context
from shared.kernel.errors import ConflictError

A = TypeVar("A", bound=Aggregate)

TENANT = "city:yunlan"
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SOMEBODY = Actor(person_ref="p-somebody", org="o-somewhere", role=Role.OFF)


class InMemoryStore:
    """What a unit of work needs of the event store, in a dictionary."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.log: list[RecordedEvent] = []
        self.streams: dict[str, list[RecordedEvent]] = {}

    def version_of(self, stream: str) -> int:
        return len(self.streams.get(stream, []))

    def reconstruct(self, cls: type[A], key: str) -> A | None:
        aggregate = cls(key)
        for stored in self.streams.get(aggregate.stream, []):
            aggregate.replayed(stored.event, stored.record.version, stored.digest)
        return aggregate if aggregate.exists else None

    def reconstruct_all(self, cls: type[A], keys: Sequence[str]) -> dict[str, A]:
        return {key: found for key in keys if (found := self.reconstruct(cls, key))}

    def append(
        self, records: Sequence[RecordedEvent], participants: Sequence[Participant] = ()
    ) -> tuple[RecordedEvent, ...]:
        """Store all or, when somebody else wrote first, nothing."""
        assert not participants, "there is no transaction to take part in"
        self._require_next(records)
        return tuple(self._stored(recorded) for recorded in records)

    def _require_next(self, records: Sequence[RecordedEvent]) -> None:
        free: dict[str, int] = {}
        for recorded in records:
            stream = recorded.originator_id
            free.setdefault(stream, self.version_of(stream) + 1)
            if recorded.originator_version != free[stream]:
                raise ConflictError("somebody else wrote first", stream=stream)
            free[stream] += 1

    def _stored(self, recorded: RecordedEvent) -> RecordedEvent:
        stored = parse(recorded.raw, len(self.log) + 1)
        self.log.append(stored)
        self.streams.setdefault(stored.originator_id, []).append(stored)
        return stored


class InMemoryUnitOfWork(UnitOfWork):
    """The unit of work of one command, and the beginning of the next ones on the same store.

        office = InMemoryUnitOfWork("rectification")
        office.given("case/C1", CaseOpened(...))                      # given these events
        uow = office.acting(as_=PRINCIPAL, at=NOON)
        application.claim_problem(uow, "P1", ...)                     # when this command
        assert uow.recorded == [ProblemClaimed(...)]                  # then these events

    Everything is serialised as in production: facts without a canonical form fail here.
    """

    def __init__(
        self,
        service: str = "test",
        *,
        actor: Actor = SOMEBODY,
        time: datetime = NOON,
        store: InMemoryStore | None = None,
        expected: dict[str, int] | None = None,
    ) -> None:
        self.store = store or InMemoryStore(service)
        context = Context(tenant=TENANT, actor=actor, command="Test/1", time=time)
        super().__init__(cast(EventStore, self.store), context, expected=expected or {})
        self._began_at = len(self.store.log)

    @property
    def records(self) -> list[RecordedEvent]:
        """What this unit of work stored or, before its commit, would store."""
        return [*self.store.log[self._began_at :], *self._composed()]

    @property
    def recorded(self) -> list[Event]:
        """The events among `records`, in order."""
        return [recorded.event for recorded in self.records]

    def acting(
        self,
        as_: Actor | None = None,
        at: datetime | None = None,
        expected: dict[str, int] | None = None,
    ) -> "InMemoryUnitOfWork":
        """Commit, then begin the next unit of work: as another actor, at another time."""
        self.commit()
        return InMemoryUnitOfWork(
            actor=as_ or self.actor, time=at or self.now, store=self.store, expected=expected
        )

    def given(self, stream: str, *events: Event) -> "InMemoryUnitOfWork":
        """Put history into the store; begin with `acting` what is to be tested on it."""
        for event in events:
            self.store.append([self._record(stream, event)])
        self._began_at = len(self.store.log)
        return self

    def _record(self, stream: str, event: Event) -> RecordedEvent:
        history = self.store.streams.get(stream, [])
        prev = history[-1].digest if history else ""
        service = self.store.service
        return compose(service, stream, len(history) + 1, prev, event, self.context)


def delivered(
    event: Event,
    *,
    stream: str,
    actor: Actor = SOMEBODY,
    time: datetime = NOON,
    version: int = 1,
    **context: Any,
) -> RecordedEvent:
    """Return the event as a reaction receives it: a record of its publishing service."""
    service = event.TYPE.partition(".")[0]
    given = Context(tenant=TENANT, actor=actor, command="Test/1", time=time, **context)
    prev = "0" * 64 if version > 1 else ""
    return parse(compose(service, stream, version, prev, event, given).raw, 1)
