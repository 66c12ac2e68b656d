"""Builds supervision: the one place that knows concrete things."""

from services.supervision.api import routes
from services.supervision.application import SupervisionApplication
from services.supervision.policies import reactions
from services.supervision.read_models.cases import Cases
from services.supervision.read_models.ledgers import Ledgers
from services.supervision.read_models.look_back_list import LookBackList
from services.supervision.read_models.open_problems import OpenProblems
from services.supervision.read_models.problem_page import ProblemPages
from shared.eventstore.projections import Queries
from shared.eventstore.store import EventStore
from shared.http.client import ApiClient
from shared.http.directory import Directory, HttpDirectory
from shared.kernel.clock import Clock, SystemClock
from shared.service import Service
from shared.settings import ServiceSettings

NAME = "supervision"
READ_MODELS = (OpenProblems, ProblemPages, Ledgers, Cases, LookBackList)


def build(
    settings: ServiceSettings, *, directory: Directory | None = None, clock: Clock | None = None
) -> Service:
    """Return the supervision service; a directory's twin and a clock enter here in tests."""
    store = EventStore(NAME, settings.database_url)
    application = SupervisionApplication()
    asked = directory or HttpDirectory(ApiClient(settings.directory_url, settings.service_token))
    return Service(
        name=NAME,
        settings=settings,
        store=store,
        application=application,
        reactions=reactions,
        read_models=READ_MODELS,
        routers=[routes(application, asked, Queries(store))],
        clock=clock or SystemClock(),
    )
