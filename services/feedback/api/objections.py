"""Objections over HTTP (T06–T09)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.feedback import schemas
from services.feedback.application import FeedbackApplication
from shared.contracts.base import Code
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.http.directory import Directory
from shared.kernel.actor import Role


def objection_routes(application: FeedbackApplication, directory: Directory) -> APIRouter:
    """Return the routes of objecting and of deciding on objections."""
    router = APIRouter(tags=["objections"])
    router.include_router(_decisions(application))

    @router.post("/problems/{problem_no}/raise-objection")
    def raise_objection(
        problem_no: Code,
        body: schemas.RaiseObjection,
        call: Annotated[CommandCall, Depends(command("RaiseObjection", Role.UP))],
    ) -> Response:
        """The unit's principal objects, inside the window (申诉, T06)."""

        def objecting(uow: UnitOfWork) -> dict[str, Any]:
            principal = directory.unit(call.actor.org).principal
            return application.raise_objection(uow, problem_no, principal=principal, **body.facts())

        return call.run(objecting, on=f"problem/{problem_no}", correlation=problem_no)

    return router


def _decisions(application: FeedbackApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/problems/{problem_no}/dismiss-objection")
    def dismiss(
        problem_no: Code,
        body: schemas.DismissObjection,
        call: Annotated[CommandCall, Depends(command("DismissObjection", Role.LG))],
    ) -> Response:
        """The problem stands (T07)."""
        return call.run(
            lambda uow: application.dismiss_objection(uow, problem_no, **body.facts()),
            on=f"problem/{problem_no}",
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/amend")
    def amend(
        problem_no: Code,
        body: schemas.AmendProblem,
        call: Annotated[CommandCall, Depends(command("AmendProblem", Role.LG))],
    ) -> Response:
        """The problem stands in a new wording; the old version is kept (T08)."""
        return call.run(
            lambda uow: application.amend_problem(uow, problem_no, **body.facts()),
            on=f"problem/{problem_no}",
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/withdraw")
    def withdraw(
        problem_no: Code,
        body: schemas.WithdrawProblem,
        call: Annotated[CommandCall, Depends(command("WithdrawProblem", Role.LG))],
    ) -> Response:
        """The objection is upheld: the problem ends (撤销, T09)."""
        return call.run(
            lambda uow: application.withdraw_problem(uow, problem_no, **body.facts()),
            on=f"problem/{problem_no}",
            correlation=problem_no,
        )

    return router
