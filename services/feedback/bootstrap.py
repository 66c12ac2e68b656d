"""Builds feedback: the one place that knows concrete things."""

from services.feedback.api import routes
from services.feedback.application import FeedbackApplication
from services.feedback.policies import reactions
from services.feedback.read_models.cases import Cases
from services.feedback.read_models.leads import Leads
from services.feedback.read_models.problems import Problems
from services.feedback.read_models.rounds import Rounds
from shared.eventstore.projections import Queries
from shared.eventstore.sealing import Vault
from shared.eventstore.store import EventStore
from shared.http.client import ApiClient
from shared.http.directory import Directory, HttpDirectory
from shared.kernel.clock import Clock, SystemClock
from shared.service import Service
from shared.service.sealed_values import sealed_value_routes
from shared.settings import ServiceSettings

NAME = "feedback"
READ_MODELS = (Rounds, Problems, Cases, Leads)


def build(
    settings: ServiceSettings, *, directory: Directory | None = None, clock: Clock | None = None
) -> Service:
    """Return the feedback service; a directory's twin and a clock enter here in tests.

    Raises VaultKeyError when there is no key to seal the content of leads with.
    """
    vault = Vault.from_text(settings.vault_key)
    store = EventStore(NAME, settings.database_url)
    application = FeedbackApplication()
    asked = directory or HttpDirectory(ApiClient(settings.directory_url, settings.service_token))
    now = clock or SystemClock()
    return Service(
        name=NAME,
        settings=settings,
        store=store,
        application=application,
        reactions=reactions,
        read_models=READ_MODELS,
        routers=[
            routes(application, asked, Queries(store), vault, now),
            sealed_value_routes(store, vault),
        ],
        clock=now,
    )
