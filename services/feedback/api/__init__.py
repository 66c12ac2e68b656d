"""Feedback over HTTP."""

from fastapi import APIRouter

from services.feedback.api.cases import case_routes
from services.feedback.api.leads import lead_routes
from services.feedback.api.objections import objection_routes
from services.feedback.api.problems import problem_routes
from services.feedback.api.rounds import round_routes
from services.feedback.application import FeedbackApplication
from shared.eventstore.projections import Queries
from shared.eventstore.sealing import Vault
from shared.http.directory import Directory
from shared.kernel.clock import Clock


def routes(
    application: FeedbackApplication,
    directory: Directory,
    queries: Queries,
    vault: Vault,
    clock: Clock,
) -> APIRouter:
    """Return every route of feedback under `/v1`."""
    router = APIRouter(prefix="/v1")
    router.include_router(round_routes(application, queries))
    router.include_router(problem_routes(application, queries))
    router.include_router(objection_routes(application, directory))
    router.include_router(case_routes(application, directory, queries, clock))
    router.include_router(lead_routes(application, queries, vault))
    return router
