"""What only the incumbent principal signs: nil items, pledge, declaration, closing report."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.rectification import schemas
from services.rectification.api.problems import run
from services.rectification.application import RectificationApplication
from shared.contracts.base import Code
from shared.contracts.directory import Incumbent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.http.directory import Directory
from shared.kernel.actor import Role


def closing_routes(application: RectificationApplication, directory: Directory) -> APIRouter:
    """Return the routes that the principal signs, under `/problems`."""
    router = APIRouter(tags=["problems"])

    def incumbent(uow: UnitOfWork, problem_no: str) -> Incumbent | None:
        return directory.unit(application.unit_of_problem(uow, problem_no)).principal

    @router.post("/problems/{problem_no}/confirm-nil-items")
    def confirm_nil_items(
        problem_no: Code,
        call: Annotated[CommandCall, Depends(command("ConfirmNilItems", Role.UP))],
    ) -> Response:
        """Confirm that nothing is left to rectify (A54)."""
        return run(
            call,
            problem_no,
            lambda uow: application.confirm_nil_items(
                uow, problem_no, incumbent=incumbent(uow, problem_no)
            ),
        )

    @router.post("/problems/{problem_no}/pledge-authenticity")
    def pledge_authenticity(
        problem_no: Code,
        body: schemas.Signed,
        call: Annotated[CommandCall, Depends(command("PledgeAuthenticity", Role.UP))],
    ) -> Response:
        """Pledge content that was completed before closing (G14)."""
        return run(
            call,
            problem_no,
            lambda uow: application.pledge_authenticity(
                uow, problem_no, digest=body.digest, incumbent=incumbent(uow, problem_no)
            ),
        )

    @router.post("/problems/{problem_no}/declare-rectified")
    def declare_rectified(
        problem_no: Code,
        body: schemas.Signed,
        call: Annotated[CommandCall, Depends(command("DeclareRectified", Role.UP))],
    ) -> Response:
        """Pledge this content and declare the problem rectified (T18: G06 G12 G13 G14)."""
        return run(
            call,
            problem_no,
            lambda uow: application.declare_rectified(
                uow, problem_no, digest=body.digest, incumbent=incumbent(uow, problem_no)
            ),
        )

    @router.post("/problems/{problem_no}/submit-closure-report")
    def submit_closure_report(
        problem_no: Code,
        body: schemas.Signed,
        call: Annotated[CommandCall, Depends(command("SubmitClosureReport", Role.UP))],
    ) -> Response:
        """Sign the closing report and apply for closing; not delegable (T26)."""

        def handler(uow: UnitOfWork) -> dict[str, Any]:
            return application.submit_closure_report(
                uow, problem_no, digest=body.digest, incumbent=incumbent(uow, problem_no)
            )

        return run(call, problem_no, handler)

    return router
