"""Builds rectification: the one place that knows concrete things. Fakes enter here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.rectification.api import routes
from services.rectification.application import RectificationApplication
from services.rectification.domain.guards import business_day
from services.rectification.policies import reactions
from services.rectification.read_models.awaited_changes import (
    AwaitedChanges,
    units_with_due_change,
)
from services.rectification.read_models.cases import Cases
from services.rectification.read_models.deadlines import Deadlines, unsaid_overdue
from services.rectification.read_models.five_lists import Lists
from services.rectification.read_models.problem_page import Problems
from shared.eventstore.projections import Queries
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.client import ApiClient
from shared.http.directory import Directory, HttpDirectory
from shared.kernel.actor import system_actor
from shared.kernel.context import Context
from shared.kernel.errors import ConflictError
from shared.kernel.ids import Ids, RandomIds
from shared.service import Service, Timer
from shared.settings import ServiceSettings
from shared.telemetry.propagation import current_traceparent
from shared.telemetry.spans import work_span

NAME = "rectification"
READ_MODELS = (Cases, Problems, Lists, Deadlines, AwaitedChanges)
AT_ONCE = 500


@dataclass(frozen=True)
class Timers:
    """Gives the commands that time itself causes.

    The read models say where to look; whether there is something to do the aggregate decides.
    """

    store: EventStore
    queries: Queries
    application: RectificationApplication
    tenant: str
    ids: Ids

    def mark_overdue(self, now: datetime) -> int:
        """Say of every passed deadline that it passed, once for each version (T17)."""
        with self.queries.on(Deadlines) as cursor:
            due = unsaid_overdue(cursor, business_day(now), AT_ONCE)
        say = self.application.mark_overdue
        return sum(self._given("MarkOverdue", number, now, say) for number in due)

    def apply_due_changes(self, now: datetime) -> int:
        """Apply the changes of principal that have taken effect since they were noted (T37)."""
        with self.queries.on(AwaitedChanges) as cursor:
            due = units_with_due_change(cursor, now, AT_ONCE)
        apply = self.application.apply_due_changes
        return sum(self._given("ApplyDueChanges", org, now, apply) for org in due)

    def _given(
        self, name: str, key: str, now: datetime, use_case: Callable[[UnitOfWork, str], int]
    ) -> int:
        """Give one command; what somebody else has just changed is looked at again next time."""
        with work_span(name):
            uow = self.store.begin(self._context(name, key, now))
            try:
                is_given = bool(use_case(uow, key))
                if is_given:
                    uow.commit()
            except ConflictError:
                return 0
            return int(is_given)

    def _context(self, name: str, key: str, now: datetime) -> Context:
        return Context(
            tenant=self.tenant,
            actor=system_actor(NAME, "timer"),
            command=f"{name}/{self.ids.new()}",
            time=now,
            correlation=key,
            trace=current_traceparent(),
        )

    def all(self) -> list[Timer]:
        return [
            Timer("mark-overdue", timedelta(minutes=1), self.mark_overdue),
            Timer("apply-due-changes", timedelta(seconds=10), self.apply_due_changes),
        ]


def build(settings: ServiceSettings, directory: Directory | None = None) -> Service:
    """Return the service over its database, asking the given directory or the real one."""
    store = EventStore(NAME, settings.database_url)
    queries, application = Queries(store), RectificationApplication()
    asked = directory or HttpDirectory(ApiClient(settings.directory_url, settings.service_token))
    timers = Timers(store, queries, application, settings.tenant, RandomIds())
    return Service(
        name=NAME,
        settings=settings,
        store=store,
        application=application,
        reactions=reactions,
        read_models=READ_MODELS,
        routers=[routes(application, asked, store, queries)],
        timers=timers.all(),
    )
