"""Supervision over HTTP."""

from fastapi import APIRouter

from services.supervision.api.cases import case_routes
from services.supervision.api.closing import closing_routes
from services.supervision.api.desk import Desk
from services.supervision.api.evaluating import evaluation_routes
from services.supervision.api.instruments import instrument_routes
from services.supervision.api.questions import question_routes
from services.supervision.api.reopening import reopening_routes
from services.supervision.api.rounds import round_routes
from services.supervision.application import SupervisionApplication
from shared.eventstore.projections import Queries
from shared.http.directory import Directory

__all__ = ["routes"]


def routes(
    application: SupervisionApplication, directory: Directory, queries: Queries
) -> APIRouter:
    """Return every route of supervision under `/v1`."""
    desk = Desk(application, directory)
    router = APIRouter(prefix="/v1")
    router.include_router(case_routes(desk))
    router.include_router(evaluation_routes(desk))
    router.include_router(closing_routes(desk))
    router.include_router(reopening_routes(desk))
    router.include_router(instrument_routes(desk))
    router.include_router(round_routes(desk))
    router.include_router(question_routes(queries))
    return router
