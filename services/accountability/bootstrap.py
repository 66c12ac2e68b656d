"""Builds accountability: the one place that knows concrete things."""

from services.accountability.api import routes
from services.accountability.api.reading import StoreReading
from services.accountability.application import AccountabilityApplication
from services.accountability.policies import reactions
from services.accountability.read_models.accountability_cases import AccountabilityCases
from services.accountability.read_models.leads import Leads
from shared.eventstore.projections import Queries
from shared.eventstore.sealing import Vault
from shared.eventstore.store import EventStore
from shared.http.client import ApiClient
from shared.http.directory import Directory, HttpDirectory
from shared.kernel.clock import Clock, SystemClock
from shared.service import Service
from shared.service.sealed_values import sealed_value_routes
from shared.settings import ServiceSettings

NAME = "accountability"
READ_MODELS = (Leads, AccountabilityCases)


def build(
    settings: ServiceSettings, *, directory: Directory | None = None, clock: Clock | None = None
) -> Service:
    """Return the accountability service; a directory's twin and a clock enter here in tests.

    Raises VaultKeyError when there is no key to seal accounts with.
    """
    vault = Vault.from_text(settings.vault_key)
    store = EventStore(NAME, settings.database_url)
    application = AccountabilityApplication()
    asked = directory or HttpDirectory(ApiClient(settings.directory_url, settings.service_token))
    now = clock or SystemClock()
    reading = StoreReading(store, settings.tenant, now)
    return Service(
        name=NAME,
        settings=settings,
        store=store,
        application=application,
        reactions=reactions,
        read_models=READ_MODELS,
        routers=[
            routes(application, asked, Queries(store), reading, vault),
            sealed_value_routes(store, vault),
        ],
        clock=now,
    )
