"""Commands beyond single cases: 两单一书一报告, common problems, campaigns."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.supervision import schemas
from services.supervision.api.desk import Desk
from shared.contracts.base import Code
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role

RECEIVING = (Role.FUN, Role.LIC, Role.ORG, Role.DCI, Role.DSO, Role.UP)


def instrument_routes(desk: Desk) -> APIRouter:
    """Return the commands on instruments, common problems and campaigns."""
    router = APIRouter(tags=["instruments"])
    router.include_router(_issuing(desk))
    router.include_router(_answering(desk))
    router.include_router(_common_problems(desk))
    router.include_router(_campaigns(desk))
    return router


def _issuing(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/assignments/named", status_code=201)
    def assign_named(
        body: schemas.AssignNamed,
        call: Annotated[CommandCall, Depends(command("AssignNamed", Role.OFF))],
    ) -> Response:
        """Assign what the secretary's meeting named (点人点事交办单)."""
        return call.run(
            lambda uow: application.assign_named(uow, **dict(body)),
            correlation=body.instrument_no,
            status=201,
        )

    @router.post("/assignments/common-problem", status_code=201)
    def assign_common(
        body: schemas.AssignCommon,
        call: Annotated[CommandCall, Depends(command("AssignCommonProblem", Role.COM))],
    ) -> Response:
        """Assign a confirmed common problem (共性问题交办单)."""
        return call.run(
            lambda uow: application.assign_common(uow, **dict(body)),
            correlation=body.instrument_no,
            status=201,
        )

    @router.post("/suggestion-letters", status_code=201)
    def send_letter(
        body: schemas.SendLetter,
        call: Annotated[CommandCall, Depends(command("SendSuggestionLetter", Role.OFF))],
    ) -> Response:
        """Advise a department by letter (巡察建议书; the leading group decides)."""
        return call.run(
            lambda uow: application.send_letter(uow, **dict(body)),
            correlation=body.instrument_no,
            status=201,
        )

    @router.post("/thematic-reports", status_code=201)
    def issue_report(
        body: schemas.IssueReport,
        call: Annotated[CommandCall, Depends(command("IssueThematicReport", Role.OFF))],
    ) -> Response:
        """Issue a thematic report (专题报告; the leading group decides)."""
        return call.run(
            lambda uow: application.issue_report(uow, **dict(body)),
            correlation=body.instrument_no,
            status=201,
        )

    return router


def _answering(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/instruments/{instrument_no}/receive")
    def receive(
        instrument_no: Code,
        call: Annotated[CommandCall, Depends(command("ReceiveInstrument", *RECEIVING))],
    ) -> Response:
        """Confirm an assignment, letter or report (its addressee)."""
        return call.run(
            lambda uow: application.receive_instrument(uow, instrument_no),
            on=f"instrument/{instrument_no}",
            correlation=instrument_no,
        )

    @router.post("/instruments/{instrument_no}/handle")
    def handle(
        instrument_no: Code,
        body: schemas.HandleInstrument,
        call: Annotated[CommandCall, Depends(command("HandleInstrument", *RECEIVING))],
    ) -> Response:
        """Answer for what was done about it (its addressee)."""
        return call.run(
            lambda uow: application.handle_instrument(uow, instrument_no, answer=body.answer),
            on=f"instrument/{instrument_no}",
            correlation=instrument_no,
        )

    return router


def _common_problems(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/common-problems", status_code=201)
    def propose(
        body: schemas.ProposeCommon,
        call: Annotated[CommandCall, Depends(command("ProposeCommonProblem", Role.OFF))],
    ) -> Response:
        """Propose that problems of several units are one (共性问题)."""
        return call.run(
            lambda uow: application.propose_common(uow, **dict(body)),
            correlation=body.common_no,
            status=201,
        )

    @router.post("/common-problems/{common_no}/confirm")
    def confirm(
        common_no: Code,
        body: schemas.ConfirmCommon,
        call: Annotated[CommandCall, Depends(command("ConfirmCommonProblem", Role.COM))],
    ) -> Response:
        """Confirm it (the committee)."""
        return call.run(
            lambda uow: application.confirm_common(uow, common_no, decision=body.decision),
            on=f"common-problem/{common_no}",
            correlation=common_no,
        )

    return router


def _campaigns(desk: Desk) -> APIRouter:
    router = APIRouter()
    application = desk.application

    @router.post("/campaigns", status_code=201)
    def open_campaign(
        body: schemas.OpenCampaign,
        call: Annotated[CommandCall, Depends(command("OpenCampaign", Role.COM, Role.LG))],
    ) -> Response:
        """Open a campaign (专项治理)."""
        return call.run(
            lambda uow: application.open_campaign(uow, **dict(body)),
            correlation=body.campaign_no,
            status=201,
        )

    @router.post("/campaigns/{campaign_no}/close")
    def close_campaign(
        campaign_no: Code,
        body: schemas.CloseCampaign,
        call: Annotated[CommandCall, Depends(command("CloseCampaign", Role.FUN))],
    ) -> Response:
        """Close the campaign with a report (its leading department)."""
        return call.run(
            lambda uow: application.close_campaign(uow, campaign_no, report=body.report),
            on=f"campaign/{campaign_no}",
            correlation=campaign_no,
        )

    return router
