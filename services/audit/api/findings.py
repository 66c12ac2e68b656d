"""The invariants, and how far the services are followed."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.audit.api.moments import AskedMoment, Auditor
from services.audit.application import Findings, FollowedRecords, Overview
from services.audit.domain.moment import Moment
from services.audit.schemas import FollowedService, InvariantPage
from shared.http.paging import Cursor, decode_cursor, encode_cursor

ScopeLimit = Annotated[
    int, Query(ge=1, le=200, description="cases and files that one page looks at")
]


def finding_routes(findings: Findings, followed: FollowedRecords) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/invariants")
    def show_invariants(
        _: Auditor,
        moment: AskedMoment,
        recompute: Annotated[
            bool, Query(description="check again now, instead of telling what is remembered")
        ] = False,
        after: Cursor = None,
        limit: ScopeLimit = 50,
    ) -> InvariantPage:
        """Return what is known of INV-01 … INV-22; at a moment they are checked page by page."""
        if moment == Moment() and not recompute:
            return _page(findings.overview(), None)
        key = decode_cursor(after, str)
        overview, following = findings.at(moment, after=str(key[0]) if key else "", limit=limit)
        return _page(overview, following)

    @router.get("/followed")
    def show_followed(_: Auditor) -> list[FollowedService]:
        """Return how far each service has been followed."""
        return [FollowedService(**vars(one)) for one in followed.progress()]

    return router


def _page(overview: Overview, following: str | None) -> InvariantPage:
    cursor = encode_cursor(following) if following else None
    return InvariantPage.model_validate({**vars(overview), "next": cursor})
