"""Problems over HTTP, from the draft to the approval (T01–T04)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.feedback import schemas
from services.feedback.api.audience import CaseReader, Tag, audience_of, found_or_404
from services.feedback.application import FeedbackApplication
from services.feedback.read_models.problems import (
    ProblemRow,
    Problems,
    list_problems,
    problem_page,
)
from shared.contracts.base import Code
from shared.contracts.feedback import ProblemState
from shared.eventstore.projections import Queries
from shared.http.commands import CommandCall, command
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Role


def problem_routes(application: FeedbackApplication, queries: Queries) -> APIRouter:
    """Return the routes of the questions about problems and of their drafting."""
    router = APIRouter(tags=["problems"])
    router.include_router(_questions(queries))
    router.include_router(_team(application))

    @router.post("/problems/{problem_no}/approve")
    def approve(
        problem_no: Code,
        body: schemas.ApproveProblem,
        call: Annotated[CommandCall, Depends(command("ApproveProblem", Role.LG))],
    ) -> Response:
        """The leading group approves; the problem is listed for feedback (审定, T04)."""
        return call.run(
            lambda uow: application.approve_problem(uow, problem_no, **body.facts()),
            on=f"problem/{problem_no}",
            correlation=problem_no,
        )

    return router


def _team(application: FeedbackApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/problems", status_code=201)
    def draft(
        body: schemas.DraftProblem,
        call: Annotated[CommandCall, Depends(command("DraftProblem", Role.TM, Role.TL))],
    ) -> Response:
        """The team drafts a problem (底稿形成, T01)."""
        return call.run(
            lambda uow: application.draft_problem(uow, **body.facts()),
            correlation=body.problem_no,
            status=201,
        )

    @router.post("/problems/{problem_no}/substantiate")
    def substantiate(
        problem_no: Code,
        body: schemas.SubstantiateProblem,
        call: Annotated[CommandCall, Depends(command("SubstantiateProblem", Role.TM, Role.TL))],
    ) -> Response:
        """A second person finds that the papers carry the problem (定性有据, T02)."""
        return call.run(
            lambda uow: application.substantiate_problem(uow, problem_no, **body.facts()),
            on=f"problem/{problem_no}",
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/return-draft")
    def return_draft(
        problem_no: Code,
        body: schemas.ReturnDraft,
        call: Annotated[CommandCall, Depends(command("ReturnDraft", Role.TL, Role.OFF))],
    ) -> Response:
        """The draft goes back to the team (T03)."""
        return call.run(
            lambda uow: application.return_draft(uow, problem_no, **body.facts()),
            on=f"problem/{problem_no}",
            correlation=problem_no,
        )

    return router


def _questions(queries: Queries) -> APIRouter:
    router = APIRouter()

    @router.get("/problems")
    def known_problems(
        actor: CaseReader,
        case: Code | None = None,
        round: Code | None = None,
        unit: Code | None = None,
        state: ProblemState | None = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[ProblemRow]:
        """The problems that the caller may see, by their number."""
        (start,) = decode_cursor(after, str) or ("",)
        filters = {"case_no": case, "round_no": round, "unit": unit, "state": state}
        with queries.on(Problems, min_position) as cursor:
            found = list_problems(
                cursor, audience_of(actor), filters=filters, after=str(start), limit=limit + 1
            )
        return page_of(found, limit, lambda row: (row.problem_no,))

    @router.get("/problems/{problem_no}")
    def one_problem(
        actor: CaseReader, problem_no: Code, tag: Tag, min_position: MinPosition = 0
    ) -> ProblemRow:
        """A problem with its wording and its state here (P0–P3, P3x, P3w)."""
        with queries.on(Problems, min_position) as cursor:
            page = problem_page(cursor, audience_of(actor), problem_no)
        found = found_or_404(page, "problem", problem_no=problem_no)
        tag(found.version)
        return found

    return router
