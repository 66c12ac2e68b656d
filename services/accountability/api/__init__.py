"""Accountability over HTTP."""

from fastapi import APIRouter

from services.accountability.api.cases import case_routes
from services.accountability.api.circulars import circular_routes
from services.accountability.api.leads import lead_routes
from services.accountability.api.other_leads import other_lead_routes
from services.accountability.api.reading import StoreReading
from services.accountability.application import AccountabilityApplication
from shared.eventstore.projections import Queries
from shared.eventstore.sealing import Vault
from shared.http.directory import Directory


def routes(
    application: AccountabilityApplication,
    directory: Directory,
    queries: Queries,
    reading: StoreReading,
    vault: Vault,
) -> APIRouter:
    """Return every route of accountability under `/v1`."""
    router = APIRouter(prefix="/v1")
    router.include_router(lead_routes(application, directory, queries, reading))
    router.include_router(other_lead_routes(application))
    router.include_router(case_routes(application, directory, queries, reading, vault))
    router.include_router(circular_routes(application, vault))
    return router
