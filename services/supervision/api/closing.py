"""Commands of closing, in their order: accept, approve, countersign; or return at each step."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.supervision import schemas
from services.supervision.api.desk import Desk, review
from shared.contracts.base import Code
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role


def closing_routes(desk: Desk) -> APIRouter:
    """Return the commands from the application on to the closing."""
    router = APIRouter(tags=["closing"])
    router.include_router(_approvals(desk))
    router.include_router(_returns(desk))
    return router


def _approvals(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/problems/{problem_no}/accept-closure")
    def accept_closure(
        problem_no: Code,
        body: schemas.AcceptClosure,
        call: Annotated[CommandCall, Depends(command("AcceptClosure", Role.DSO))],
    ) -> Response:
        """Accept the rectification (验收合格, T28)."""
        return call.run(
            lambda uow: application.accept_closure(
                uow,
                problem_no,
                methods=body.methods,
                linked_office=desk.linked_office(uow, problem_no),
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/approve-closure")
    def approve_closure(
        problem_no: Code,
        call: Annotated[CommandCall, Depends(command("ApproveClosure", Role.OFF))],
    ) -> Response:
        """Agree in the inspection office's name, the ledgers being equal (T30)."""
        return call.run(
            lambda uow: application.approve_closure(uow, problem_no),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/countersign-closure")
    def countersign_closure(
        problem_no: Code,
        body: schemas.CountersignClosure,
        call: Annotated[CommandCall, Depends(command("CountersignClosure", Role.DSO, Role.TL))],
    ) -> Response:
        """Sign the closing; the second signature closes the problem (会签报结, T31)."""

        def countersign(uow: UnitOfWork) -> dict[str, object]:
            unit = desk.unit_of_problem(uow, problem_no)
            return application.countersign_closure(
                uow,
                problem_no,
                digest=body.digest,
                linked_office=unit.linked_office or "",
                principal=unit.principal.person_ref if unit.principal else None,
            )

        return call.run(countersign, on=review(problem_no), correlation=problem_no)

    return router


def _returns(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/problems/{problem_no}/return-closure")
    def return_closure(
        problem_no: Code,
        body: schemas.ReturnClosure,
        call: Annotated[CommandCall, Depends(command("ReturnClosure", Role.DSO, Role.OFF))],
    ) -> Response:
        """Return the closing at the step that waits for the caller (T27, T29)."""
        return call.run(
            lambda uow: application.return_closure(
                uow,
                problem_no,
                reasons=body.reasons,
                items=body.items,
                rectify_by=desk.rectify_by(uow),
                linked_office=desk.linked_office(uow, problem_no),
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/refuse-countersignature")
    def refuse_countersignature(
        problem_no: Code,
        body: schemas.ReturnClosure,
        call: Annotated[CommandCall, Depends(command("RefuseCountersignature", Role.DSO, Role.TL))],
    ) -> Response:
        """Refuse one's signature: the closing is returned (T32)."""
        return call.run(
            lambda uow: application.refuse_countersignature(
                uow,
                problem_no,
                reasons=body.reasons,
                items=body.items,
                rectify_by=desk.rectify_by(uow),
                linked_office=desk.linked_office(uow, problem_no),
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    return router
