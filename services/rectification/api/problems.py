"""Commands on a problem while the unit works on it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.rectification import schemas
from services.rectification.application import RectificationApplication
from services.rectification.domain.closing import Problem
from shared.contracts.base import Code
from shared.contracts.rectification import InstitutionChanged
from shared.http.commands import CommandCall, Handler, command
from shared.http.directory import Directory
from shared.kernel.actor import Role


def problem_routes(application: RectificationApplication, directory: Directory) -> APIRouter:
    """Return the routes of claim, work, lists, blockers and deadline under `/problems`."""
    router = APIRouter(tags=["problems"])
    router.include_router(_work(application))
    router.include_router(_lasting(application))
    router.include_router(_blockers(application))

    @router.post("/problems/{problem_no}/claim", status_code=201)
    def claim(
        problem_no: Code,
        body: schemas.ClaimProblem,
        call: Annotated[CommandCall, Depends(command("ClaimProblem", Role.UP))],
    ) -> Response:
        """Claim the problem; not delegable (T10: G06)."""
        return call.run(
            lambda uow: application.claim_problem(
                uow,
                problem_no,
                **dict(body),
                incumbent=directory.unit(application.unit_of_problem(uow, problem_no)).principal,
            ),
            correlation=problem_no,
            status=201,
        )

    @router.post("/problems/{problem_no}/extend-deadline")
    def extend_deadline(
        problem_no: Code,
        body: schemas.ExtendDeadline,
        call: Annotated[
            CommandCall,
            Depends(command("ExtendDeadline", Role.OFF, Role.TL, Role.RDT, Role.DSO)),
        ],
    ) -> Response:
        """Grant a later date as the accountable supervisor (T16)."""
        return run(
            call, problem_no, lambda uow: application.extend_deadline(uow, problem_no, **dict(body))
        )

    return router


def run(call: CommandCall, problem_no: str, handler: Handler) -> Response:
    """Carry out a command on an existing problem."""
    return call.run(handler, on=Problem.stream_of(problem_no), correlation=problem_no)


def _work(application: RectificationApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/problems/{problem_no}/progress-task")
    def progress_task(
        problem_no: Code,
        body: schemas.ProgressTask,
        call: Annotated[CommandCall, Depends(command("ProgressTask", Role.UH, Role.UM))],
    ) -> Response:
        """Record progress on a task or residual item (T15)."""
        return run(
            call, problem_no, lambda uow: application.progress_task(uow, problem_no, **dict(body))
        )

    @router.post("/problems/{problem_no}/complete-task")
    def complete_task(
        problem_no: Code,
        body: schemas.CompleteTask,
        call: Annotated[CommandCall, Depends(command("CompleteTask", Role.UH, Role.UM))],
    ) -> Response:
        """Complete a task or residual item, with evidence (T15)."""
        return run(
            call, problem_no, lambda uow: application.complete_task(uow, problem_no, **dict(body))
        )

    @router.post("/problems/{problem_no}/record-effect")
    def record_effect(
        problem_no: Code,
        body: schemas.RecordEffect,
        call: Annotated[CommandCall, Depends(command("RecordEffect", Role.UH, Role.UM))],
    ) -> Response:
        """Add to the effect list (R120)."""
        return run(
            call, problem_no, lambda uow: application.record_effect(uow, problem_no, **dict(body))
        )

    @router.post("/problems/{problem_no}/archive-document")
    def archive_document(
        problem_no: Code,
        body: schemas.ArchiveDocument,
        call: Annotated[CommandCall, Depends(command("ArchiveDocument", Role.UH, Role.UM))],
    ) -> Response:
        """Add to the archive list (R120)."""
        return run(
            call,
            problem_no,
            lambda uow: application.archive_document(uow, problem_no, **dict(body)),
        )

    @router.post("/problems/{problem_no}/record-results")
    def record_results(
        problem_no: Code,
        body: schemas.RecordResults,
        call: Annotated[CommandCall, Depends(command("RecordResults", Role.UH, Role.UM))],
    ) -> Response:
        """Record the three results 改 / 问 / 立 (R128)."""
        return run(
            call, problem_no, lambda uow: application.record_results(uow, problem_no, **dict(body))
        )

    return router


def _lasting(application: RectificationApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/problems/{problem_no}/close-loophole")
    def close_loophole(
        problem_no: Code,
        body: schemas.CloseLoophole,
        call: Annotated[CommandCall, Depends(command("CloseLoophole", Role.UH, Role.UM))],
    ) -> Response:
        """Close a loophole that the problem showed (R129)."""
        return run(
            call, problem_no, lambda uow: application.close_loophole(uow, problem_no, **dict(body))
        )

    @router.post("/problems/{problem_no}/change-institution")
    def change_institution(
        problem_no: Code,
        body: schemas.ChangeInstitution,
        call: Annotated[CommandCall, Depends(command("ChangeInstitution", Role.UH, Role.UM))],
    ) -> Response:
        """Make, amend or repeal a rule because of the problem (建章立制, R130)."""
        changed = InstitutionChanged(problem_no=problem_no, **dict(body))
        return run(
            call, problem_no, lambda uow: application.change_institution(uow, problem_no, changed)
        )

    return router


def _blockers(application: RectificationApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/problems/{problem_no}/raise-blocker")
    def raise_blocker(
        problem_no: Code,
        body: schemas.RaiseBlocker,
        call: Annotated[CommandCall, Depends(command("RaiseBlocker", Role.UH, Role.UM, Role.UP))],
    ) -> Response:
        """Say what the unit cannot remove alone (R126)."""
        return run(
            call, problem_no, lambda uow: application.raise_blocker(uow, problem_no, **dict(body))
        )

    @router.post("/problems/{problem_no}/resolve-blocker")
    def resolve_blocker(
        problem_no: Code,
        body: schemas.ResolveBlocker,
        call: Annotated[
            CommandCall,
            Depends(command("ResolveBlocker", Role.UH, Role.UM, Role.UP, Role.OFF)),
        ],
    ) -> Response:
        """Say how the obstacle was removed (R126)."""
        return run(
            call, problem_no, lambda uow: application.resolve_blocker(uow, problem_no, **dict(body))
        )

    return router
