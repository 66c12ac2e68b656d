"""The services in one process, on their real stores: what each has, and how it is watched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.accountability.application import AccountabilityApplication
from services.accountability.policies import reactions as accountability_reactions
from services.audit.application import AuditApplication, FollowedRecords
from services.audit.policies import reactions as audit_reactions
from services.feedback.application import FeedbackApplication
from services.feedback.policies import reactions as feedback_reactions
from services.rectification.application import RectificationApplication
from services.rectification.policies import reactions as rectification_reactions
from services.supervision.application import SupervisionApplication
from services.supervision.policies import reactions as supervision_reactions
from shared.embedded.log_keys import log_directory
from shared.eventstore.aggregate import Aggregate
from shared.eventstore.store import EventStore, Participant, PoolSizes
from shared.eventstore.unit_of_work import Receipt, UnitOfWork
from shared.kernel.clock import SettableClock
from shared.kernel.context import Context
from shared.kernel.ids import RandomIds
from shared.messaging.crash_points import CrashPoint
from shared.messaging.handling import Handler
from shared.messaging.headers import Message
from shared.messaging.source_feed import MemorySourceFeed
from shared.tlog.checkpoints import DEFAULT_ORIGIN, origin_of
from shared.tlog.sealer import Sealer
from shared.tlog.signer import CheckpointSigner
from shared.tlog.states import StateRecorder
from shared.tlog.store import TlogStore
from tests.support.in_memory import TENANT

AUDIT = "audit"
FEW = PoolSizes(command=2, query=2, feed=2)

Told = Callable[[str, Sequence[Aggregate], Receipt], None]
"""Takes what a unit of work of a service saved, and its receipt, right after the commit."""


class TickingClock(SettableClock):
    """No two things happen at the same instant."""

    def now(self) -> Any:
        self.advance(timedelta(seconds=1))
        return self.instant


@dataclass(frozen=True)
class Watch:
    """Sees every commit of every service, and may end the process (or the server) at its steps.

    `decided`: nothing is stored; `stored`: within the transaction; `committed`: the caller does
    not know yet.
    """

    told: Told
    at: CrashPoint


class WatchedUnitOfWork(UnitOfWork):
    """Shows the things that it saved as they are after the commit: the live state."""

    def __init__(self, store: "WatchedStore", context: Context, **given: Any) -> None:
        super().__init__(store, context, **given)
        self._watch = store.watch
        self._service = store.service
        self._things: list[Aggregate] = []

    def save(self, *aggregates: Aggregate) -> None:
        super().save(*aggregates)
        self._things += [one for one in aggregates if one not in self._things]

    def commit(
        self,
        participants: Sequence[Participant] = (),
        *,
        answered: Callable[[Receipt], Participant] | None = None,
    ) -> Receipt:
        self._watch.at("decided")
        watched = [*participants, lambda _: self._watch.at("stored")]
        receipt = super().commit(watched, answered=answered)
        self._watch.at("committed")
        self._watch.told(self._service, self._things, receipt)
        return receipt


class WatchedStore(EventStore):
    """The event store, with watched units of work."""

    def __init__(self, service: str, database_url: str, watch: Watch) -> None:
        super().__init__(service, database_url, pool=FEW)
        self.watch = watch

    def begin(
        self,
        context: Context,
        *,
        expected: Mapping[str, int] | None = None,
        participants: Sequence[Participant] = (),
    ) -> UnitOfWork:
        given = {"expected": expected or {}, "participants": participants}
        return WatchedUnitOfWork(self, context, **given)


@dataclass
class Office:
    """One service: its store, use cases and reactions, and the sealer of its log."""

    store: WatchedStore
    application: Any
    handler: Handler
    tlog: TlogStore
    sealer: Sealer
    heard: int = 0

    @property
    def service(self) -> str:
        return self.store.service

    def hear(self, messages: Sequence[Message]) -> None:
        """Handle messages of one source, as they came over its topic; none may be parked."""
        source = messages[0].source
        for work in self.handler.plan(source, messages):
            gap = self.handler.follow(work)
            parked = self.handler.dead_letters.parked_streams(source, [work.stream])
            assert gap is None, f"{self.service} misses something of {work.stream}"
            assert not parked, [
                (one.stream, one.version, one.error_code, one.error_detail)
                for one in self.handler.dead_letters.list()
            ]


def opened(
    service: str, database_url: str, keys: Path, clock: SettableClock, watch: Watch
) -> Office:
    """Return the office of this service; raises UnavailableError."""
    store = WatchedStore(service, database_url, watch)
    application, reactions = _parts(service, store)
    ids = RandomIds()
    feed = MemorySourceFeed()
    handler = Handler(store, TENANT, reactions, application, feed, clock, ids, at=watch.at)
    tlog = TlogStore(store, origin_of(DEFAULT_ORIGIN, TENANT, service))
    signer = CheckpointSigner.in_directory(log_directory(keys, service), watch.at)
    sealer = Sealer(
        store, tlog, signer, StateRecorder(store, tlog, TENANT, ids), clock, watch.at, batch=40
    )
    return Office(store, application, handler, tlog, sealer)


def _parts(service: str, store: EventStore) -> tuple[Any, Any]:
    if service == AUDIT:
        return AuditApplication(FollowedRecords(store)), audit_reactions
    return _SERVICES[service][0](), _SERVICES[service][1]


_SERVICES: dict[str, tuple[type, Any]] = {
    "feedback": (FeedbackApplication, feedback_reactions),
    "rectification": (RectificationApplication, rectification_reactions),
    "supervision": (SupervisionApplication, supervision_reactions),
    "accountability": (AccountabilityApplication, accountability_reactions),
}
SERVICES = tuple(_SERVICES)
ALL = (*SERVICES, AUDIT)
