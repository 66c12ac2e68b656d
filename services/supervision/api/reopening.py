"""Commands after closing: watch, archive, reopen."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.supervision import schemas
from services.supervision.api.desk import Desk, review
from shared.contracts.base import Code
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role


def reopening_routes(desk: Desk) -> APIRouter:
    """Return the commands on a closed problem."""
    router = APIRouter(tags=["after closing"])
    application = desk.application

    @router.post("/problems/{problem_no}/accept-watch")
    def accept_watch(
        problem_no: Code,
        call: Annotated[CommandCall, Depends(command("AcceptWatch", Role.RDT))],
    ) -> Response:
        """Take the closed problem over into long-term watch (长期监督, T33)."""
        return call.run(
            lambda uow: application.accept_watch(
                uow,
                problem_no,
                resident_team=desk.unit_of_problem(uow, problem_no).resident_team or "",
                until=desk.watch_until(uow),
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/check-case-file")
    def check_case_file(
        problem_no: Code,
        body: schemas.Archive,
        call: Annotated[CommandCall, Depends(command("CheckCaseFile", Role.OFF))],
    ) -> Response:
        """Find the index of the file complete, before it is sealed (T36)."""
        return call.run(
            lambda uow: application.check_file(uow, problem_no, documents=body.documents),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/archive")
    def archive(
        problem_no: Code,
        body: schemas.Archive,
        call: Annotated[CommandCall, Depends(command("ArchiveCaseFile", Role.RDT))],
    ) -> Response:
        """Seal the file of a watched problem (归档, T36)."""
        return call.run(
            lambda uow: application.archive(uow, problem_no, documents=body.documents),
            on=review(problem_no),
            correlation=problem_no,
        )

    @router.post("/problems/{problem_no}/reopen")
    def reopen(
        problem_no: Code,
        body: schemas.Reopen,
        call: Annotated[CommandCall, Depends(command("ReopenProblem", Role.LG))],
    ) -> Response:
        """Bring a closed problem back into a new cycle (重启, T34)."""
        return call.run(
            lambda uow: application.reopen(
                uow,
                problem_no,
                **dict(body),
                rectify_by=desk.rectify_by(uow),
            ),
            on=review(problem_no),
            correlation=problem_no,
        )

    return router
