"""The HTTP interface of audit: questions about any instant; a read of a file leaves its trace."""

from fastapi import APIRouter

from services.audit.api.findings import finding_routes
from services.audit.api.guarded import guarded_routes
from services.audit.api.statistics import statistic_routes
from services.audit.api.travel import travel_routes
from services.audit.application import AuditApplication, Findings, TimeTravel
from services.audit.application.figures import Figures
from shared.eventstore.projections import Queries


def routes(
    application: AuditApplication,
    travel: TimeTravel,
    findings: Findings,
    figures: Figures,
    queries: Queries,
) -> APIRouter:
    """Return every route under /v1."""
    router = APIRouter(prefix="/v1")
    router.include_router(travel_routes(travel), tags=["time travel"])
    router.include_router(guarded_routes(application, travel, queries), tags=["audited reads"])
    router.include_router(finding_routes(findings, travel.followed), tags=["invariants"])
    router.include_router(statistic_routes(figures))
    return router
