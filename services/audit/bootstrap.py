"""Builds audit: the one place that knows concrete things."""

from datetime import timedelta
from pathlib import Path

from services.audit.api import routes
from services.audit.application import AuditApplication, Findings, FollowedRecords, TimeTravel
from services.audit.application.figures import Figures
from services.audit.application.received_records import ReceivedRecords
from services.audit.application.witnessing import Witnessing
from services.audit.gateways.sealed_logs import HttpSealedLogs
from services.audit.policies import reactions
from services.audit.read_models.reads import Reads
from shared.eventstore.projections import Queries
from shared.eventstore.store import EventStore
from shared.export.trust_folder import TrustFolder
from shared.http.client import ApiClient
from shared.kernel.clock import Clock, SystemClock
from shared.service import Service, Timer
from shared.settings import ServiceSettings
from shared.telemetry.logs import logger
from shared.tlog.signer import FileSigner
from shared.tlog.witness import FileMemory, Witness

NAME = "audit"
READ_MODELS = (Reads,)
LOOKS_AT_NEWS_EVERY = timedelta(seconds=2)
LOOKS_AT_ROUNDS_EVERY = timedelta(hours=1)
LOOKS_AT_LOGS_EVERY = timedelta(seconds=2)


def build(settings: ServiceSettings, *, clock: Clock | None = None) -> Service:
    """Return the audit service; a clock enters here in tests."""
    store = EventStore(NAME, settings.database_url)
    followed = FollowedRecords(store)
    application = AuditApplication(followed)
    wall = clock or SystemClock()
    findings = Findings(followed, wall)
    return Service(
        name=NAME,
        settings=settings,
        store=store,
        application=application,
        reactions=reactions,
        read_models=READ_MODELS,
        routers=[
            routes(
                application,
                TimeTravel(followed, wall),
                findings,
                Figures(followed, wall),
                Queries(store),
            )
        ],
        timers=[
            Timer("check-invariants", LOOKS_AT_NEWS_EVERY, lambda _: findings.look_at_news()),
            Timer("check-rounds", LOOKS_AT_ROUNDS_EVERY, lambda _: findings.look_at_rounds()),
            *_witness(settings, store, wall),
        ],
        clock=wall,
    )


def _witness(settings: ServiceSettings, store: EventStore, clock: Clock) -> list[Timer]:
    """Return the timer of the witness; none without its key, or without trust notes to go by."""
    keys = Path(settings.log_key_dir)
    if not settings.log_key_dir or not settings.trust_dir or not (keys / "witness.key").exists():
        logger(__name__).warning("no-witness", reason="its key or DUBAN_TRUST_DIR is missing")
        return []
    received = ReceivedRecords(store)
    urls, token = settings.sources, settings.service_token
    witnessing = Witnessing(
        logs=HttpSealedLogs({name: ApiClient(url, token) for name, url in urls.items()}),
        received=received.after,
        count_received=received.count_to,
        witness=Witness(
            signer=FileSigner(keys / "witness.key"),
            memory=FileMemory(keys / "witness.sqlite"),
            log_keys=lambda _: (),
            clock=clock,
        ),
        trust=lambda: TrustFolder.read(Path(settings.trust_dir)).newest,
    )
    return [Timer("witness", LOOKS_AT_LOGS_EVERY, witnessing.look)]
