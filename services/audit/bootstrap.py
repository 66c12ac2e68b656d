"""Builds audit: the one place that knows concrete things."""

from datetime import timedelta

from services.audit.api import routes
from services.audit.application import AuditApplication, Findings, FollowedRecords, TimeTravel
from services.audit.policies import reactions
from services.audit.read_models.reads import Reads
from shared.eventstore.projections import Queries
from shared.eventstore.store import EventStore
from shared.kernel.clock import Clock, SystemClock
from shared.service import Service, Timer
from shared.settings import ServiceSettings

NAME = "audit"
READ_MODELS = (Reads,)
LOOKS_AT_NEWS_EVERY = timedelta(seconds=2)


def build(settings: ServiceSettings, *, clock: Clock | None = None) -> Service:
    """Return the audit service; a clock enters here in tests."""
    store = EventStore(NAME, settings.database_url)
    followed = FollowedRecords(store)
    application = AuditApplication(followed)
    findings = Findings(followed)
    wall = clock or SystemClock()
    return Service(
        name=NAME,
        settings=settings,
        store=store,
        application=application,
        reactions=reactions,
        read_models=READ_MODELS,
        routers=[routes(application, TimeTravel(followed, wall), findings, Queries(store))],
        timers=[Timer("check-invariants", LOOKS_AT_NEWS_EVERY, lambda _: findings.look_at_news())],
        clock=wall,
    )
