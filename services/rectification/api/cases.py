"""Commands on a case: plan, special meeting, handover.

Who is principal is asked of the directory before anything is decided.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.rectification import schemas
from services.rectification.application import RectificationApplication
from services.rectification.domain.case import RectificationCase
from shared.contracts.base import Code
from shared.contracts.directory import Incumbent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, Handler, command
from shared.http.directory import Directory
from shared.kernel.actor import Role


def case_routes(application: RectificationApplication, directory: Directory) -> APIRouter:
    """Return the command routes under `/cases`."""
    router = APIRouter(tags=["cases"])

    def incumbent(uow: UnitOfWork, case_no: str) -> Incumbent | None:
        return directory.unit(application.unit_of_case(uow, case_no)).principal

    @router.post("/cases/{case_no}/submit-plan")
    def submit_plan(
        case_no: Code,
        body: schemas.SubmitPlan,
        call: Annotated[CommandCall, Depends(command("SubmitPlan", Role.UP))],
    ) -> Response:
        """Submit the plan for joint review (T12: G06 to G10)."""

        def handler(uow: UnitOfWork) -> dict[str, Any]:
            principal = incumbent(uow, case_no)
            return application.submit_plan(
                uow, case_no, problems=body.problems, incumbent=principal
            )

        return _run(call, case_no, handler)

    @router.post("/cases/{case_no}/hold-meeting")
    def hold_meeting(
        case_no: Code,
        body: schemas.HoldMeeting,
        call: Annotated[CommandCall, Depends(command("HoldMeeting", Role.UP))],
    ) -> Response:
        """Record that the special democratic-life meeting was held (G12)."""
        return _run(
            call,
            case_no,
            lambda uow: application.hold_meeting(
                uow, case_no, held_on=body.held_on, incumbent=incumbent(uow, case_no)
            ),
        )

    @router.post("/cases/{case_no}/report-meeting")
    def report_meeting(
        case_no: Code,
        body: schemas.ReportMeeting,
        call: Annotated[CommandCall, Depends(command("ReportMeeting", Role.UP))],
    ) -> Response:
        """Record that the meeting was reported (G12)."""
        return _run(
            call,
            case_no,
            lambda uow: application.report_meeting(
                uow, case_no, **dict(body), incumbent=incumbent(uow, case_no)
            ),
        )

    @router.post("/cases/{case_no}/handover/sign")
    def sign_handover(
        case_no: Code,
        body: schemas.SignHandover,
        call: Annotated[CommandCall, Depends(command("SignHandover", Role.UP, Role.XP, Role.UPP))],
    ) -> Response:
        """Sign the handover for the outgoing or the incoming side (T38)."""

        def handler(uow: UnitOfWork) -> None:
            unit = directory.unit(application.unit_of_case(uow, case_no))
            application.sign_handover(
                uow, case_no, **dict(body), incumbent=unit.principal, upper_level=unit.parent
            )

        return _run(call, case_no, handler)

    @router.post("/cases/{case_no}/handover/complete")
    def complete_handover(
        case_no: Code,
        call: Annotated[CommandCall, Depends(command("CompleteHandover", Role.OFF))],
    ) -> Response:
        """Witness the handover for the inspection office (T38)."""
        return _run(call, case_no, lambda uow: application.complete_handover(uow, case_no))

    return router


def _run(call: CommandCall, case_no: str, handler: Handler) -> Response:
    return call.run(handler, on=RectificationCase.stream_of(case_no), correlation=case_no)
