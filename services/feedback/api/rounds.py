"""Rounds over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.feedback.api.audience import InspectionSide, Tag, found_or_404
from services.feedback.application import FeedbackApplication
from services.feedback.read_models.rounds import (
    RoundPage,
    RoundRow,
    Rounds,
    list_rounds,
    round_page,
)
from services.feedback.schemas import (
    AdoptCoveragePlan,
    AuthoriseDeputy,
    OpenJointAction,
    OpenRound,
)
from shared.contracts.base import Code
from shared.eventstore.projections import Queries
from shared.http.commands import CommandCall, command
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Role


def round_routes(application: FeedbackApplication, queries: Queries) -> APIRouter:
    """Return the routes under `/rounds`."""
    router = APIRouter(tags=["rounds"])

    @router.post("/rounds", status_code=201)
    def open_round(
        body: OpenRound, call: Annotated[CommandCall, Depends(command("OpenRound", Role.OFF))]
    ) -> Response:
        """Open an inspection round over its targets (轮次)."""
        return call.run(
            lambda uow: application.open_round(uow, **body.facts()),
            correlation=body.round_no,
            status=201,
        )

    @router.post("/rounds/{round_no}/authorise-deputy")
    def authorise_deputy(
        round_no: Code,
        body: AuthoriseDeputy,
        call: Annotated[CommandCall, Depends(command("AuthoriseDeputy", Role.LG))],
    ) -> Response:
        """Authorise a non-resident deputy leader for the round (不驻组的副组长)."""
        return call.run(
            lambda uow: application.authorise_deputy(uow, round_no, **body.facts()),
            on=f"round/{round_no}",
            correlation=round_no,
        )

    @router.post("/coverage-plans", status_code=201)
    def adopt_coverage_plan(
        body: AdoptCoveragePlan,
        call: Annotated[CommandCall, Depends(command("AdoptCoveragePlan", Role.LG))],
    ) -> Response:
        """Adopt whom the term inspects at least once (全覆盖规划), or a new edition of it."""
        return call.run(
            lambda uow: application.adopt_coverage_plan(uow, **body.facts()),
            correlation=body.term,
            status=201,
        )

    @router.post("/joint-actions", status_code=201)
    def open_joint_action(
        body: OpenJointAction,
        call: Annotated[CommandCall, Depends(command("OpenJointAction", Role.LG))],
    ) -> Response:
        """Open a joint action of inspection, discipline and audit bodies (巡纪审联动)."""
        return call.run(
            lambda uow: application.open_joint_action(uow, **body.facts()),
            correlation=body.action_no,
            status=201,
        )

    @router.get("/rounds")
    def known_rounds(
        _: InspectionSide, after: Cursor = None, limit: Limit = 50, min_position: MinPosition = 0
    ) -> Page[RoundRow]:
        """The rounds, by their number."""
        (start,) = decode_cursor(after, str) or ("",)
        with queries.on(Rounds, min_position) as cursor:
            found = list_rounds(cursor, after=str(start), limit=limit + 1)
        return page_of(found, limit, lambda row: (row.round_no,))

    @router.get("/rounds/{round_no}")
    def one_round(
        _: InspectionSide, round_no: Code, tag: Tag, min_position: MinPosition = 0
    ) -> RoundPage:
        """A round with its targets."""
        with queries.on(Rounds, min_position) as cursor:
            found = found_or_404(round_page(cursor, round_no), "round", round_no=round_no)
        tag(found.version)
        return found

    return router
