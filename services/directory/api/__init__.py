"""The directory over HTTP."""

from fastapi import APIRouter

from services.directory.api.organisations import organisation_routes
from services.directory.api.persons import person_routes
from services.directory.api.reading import Reading
from services.directory.api.rules import rule_routes
from services.directory.application import DirectoryApplication, NameVault
from shared.eventstore.projections import Queries

__all__ = ["Reading", "routes"]


def routes(
    application: DirectoryApplication, vault: NameVault, queries: Queries, reading: Reading
) -> APIRouter:
    """Return every route of the directory under `/v1`."""
    router = APIRouter(prefix="/v1")
    router.include_router(organisation_routes(application, queries, reading))
    router.include_router(person_routes(application, vault))
    router.include_router(rule_routes(application, reading))
    return router
