"""Builds the directory: the one place that knows concrete things."""

from services.directory.api import routes
from services.directory.api.reading import StoreReading
from services.directory.application import DirectoryApplication, NameVault
from services.directory.policies import reactions
from services.directory.read_models.organisations import Organisations
from shared.eventstore.projections import Queries
from shared.eventstore.store import EventStore
from shared.kernel.clock import Clock, SystemClock
from shared.service import Service
from shared.settings import ServiceSettings

NAME = "directory"
READ_MODELS = (Organisations,)


def build(settings: ServiceSettings, *, clock: Clock | None = None) -> Service:
    """Return the directory service over its database; a clock enters here in tests."""
    now = clock or SystemClock()
    store = EventStore(NAME, settings.database_url)
    application = DirectoryApplication()
    reading = StoreReading(store, settings.tenant, now)
    return Service(
        name=NAME,
        settings=settings,
        store=store,
        application=application,
        reactions=reactions,
        read_models=READ_MODELS,
        routers=[routes(application, NameVault(store), Queries(store), reading)],
        clock=now,
    )
