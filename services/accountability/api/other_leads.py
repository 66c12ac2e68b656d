"""Leads of other sources: registered, classified and concluded by the organ that has them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.accountability import schemas
from services.accountability.application import AccountabilityApplication
from shared.contracts.base import Code
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role

DISPOSING = (Role.DCI, Role.ORG)


def other_lead_routes(application: AccountabilityApplication) -> APIRouter:
    """Return the routes under `/other-leads`."""
    router = APIRouter(tags=["leads"])

    @router.post("/other-leads", status_code=201)
    def register(
        body: schemas.RegisterOtherLead,
        call: Annotated[CommandCall, Depends(command("RegisterOtherLead", *DISPOSING))],
    ) -> Response:
        """Register a lead that no inspection found."""
        return call.run(
            lambda uow: application.register_other_lead(uow, **dict(body)),
            correlation=body.lead_no,
            status=201,
        )

    @router.post("/other-leads/{lead_no}/classify")
    def classify(
        lead_no: Code,
        body: schemas.ClassifyLead,
        call: Annotated[CommandCall, Depends(command("ClassifyOtherLead", *DISPOSING))],
    ) -> Response:
        """Decide its way of disposal."""
        return call.run(
            lambda uow: application.classify_other_lead(uow, lead_no, method=body.method),
            on=f"other-lead/{lead_no}",
            correlation=lead_no,
        )

    @router.post("/other-leads/{lead_no}/conclude")
    def conclude(
        lead_no: Code,
        body: schemas.ConcludeOtherLead,
        call: Annotated[CommandCall, Depends(command("ConcludeOtherLead", *DISPOSING))],
    ) -> Response:
        """Settle it."""
        return call.run(
            lambda uow: application.conclude_other_lead(uow, lead_no, **dict(body)),
            on=f"other-lead/{lead_no}",
            correlation=lead_no,
        )

    return router
