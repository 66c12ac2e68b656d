"""Rectification over HTTP."""

from fastapi import APIRouter

from services.rectification.api.cases import case_routes
from services.rectification.api.closing import closing_routes
from services.rectification.api.problems import problem_routes
from services.rectification.api.questions import question_routes
from services.rectification.api.stating import stating_routes
from services.rectification.application import RectificationApplication
from shared.eventstore.projections import Queries
from shared.eventstore.store import EventStore
from shared.http.directory import Directory

__all__ = ["routes"]


def routes(
    application: RectificationApplication,
    directory: Directory,
    store: EventStore,
    queries: Queries,
) -> APIRouter:
    """Return every route of rectification under `/v1`."""
    router = APIRouter(prefix="/v1")
    router.include_router(case_routes(application, directory))
    router.include_router(problem_routes(application, directory))
    router.include_router(closing_routes(application, directory))
    router.include_router(stating_routes(application, queries))
    router.include_router(question_routes(store, queries))
    return router
