"""Leads: disposed of by the addressee only; the others learn the status (requirements 3.4)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.accountability import schemas
from services.accountability.api.reading import Reading
from services.accountability.api.rules import FIRST_DISPOSAL, basis_in_force
from services.accountability.application import AccountabilityApplication, Lead
from services.accountability.read_models.leads import Leads, LeadStatus, LedgerLead, list_leads
from shared.contracts.accountability import LeadState
from shared.contracts.base import Code
from shared.eventstore.projections import Queries
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command, reader
from shared.http.directory import Directory
from shared.http.etags import etag_of
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Actor, Role
from shared.kernel.periods import civil_date
from shared.telemetry.logs import logger

DISPOSING = (Role.DCI, Role.ORG)
STATUS_ONLY = (Role.OFF, Role.SEC, Role.LG, Role.COM, Role.AUD)

LeadReader = Annotated[Actor, Depends(reader(*DISPOSING, *STATUS_ONLY))]


def lead_routes(
    application: AccountabilityApplication,
    directory: Directory,
    queries: Queries,
    reading: Reading,
) -> APIRouter:
    """Return the routes under `/leads`."""
    router = APIRouter(tags=["leads"])
    router.include_router(_questions(application, queries, reading))
    router.include_router(_hand_over(application, directory, reading))
    router.include_router(_disposal(application, directory))
    return router


def _questions(
    application: AccountabilityApplication, queries: Queries, reading: Reading
) -> APIRouter:
    router = APIRouter()

    @router.get("/leads")
    def leads(
        actor: LeadReader,
        state: LeadState | None = None,
        late: Annotated[bool, Query(description="first disposal overdue (R254)")] = False,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[LedgerLead | LeadStatus]:
        """Return the leads: to an addressee its own in full, to the others the status of all."""
        key = decode_cursor(after, str)
        disposes = actor.role in DISPOSING
        with queries.on(Leads, min_position) as cursor:
            found = list_leads(
                cursor,
                addressee=actor.org if disposes else None,
                state=state,
                late_on=civil_date(reading(actor).now) if late else None,
                after=str(key[0]) if key else "",
                limit=limit + 1,
            )
        shown = found if disposes else [_status_of(lead) for lead in found]
        return page_of(shown, limit, lambda lead: (lead.lead_no,))

    @router.get("/leads/{lead_no}")
    def lead(
        lead_no: Code, actor: LeadReader, response: Response
    ) -> schemas.LeadPage | schemas.LeadStatusPage:
        """Return the lead: in full to its addressee, its status to the others; logged."""
        found = application.lead(reading(actor), lead_no)
        full = found.is_addressed_to(actor)
        logger("accountability").info(
            "lead_read", lead_no=lead_no, by=actor.person_ref, role=actor.role, full=full
        )
        response.headers["ETag"] = etag_of(found.version)
        return schemas.LeadPage.of(found) if full else schemas.LeadStatusPage.of(found)

    return router


def _hand_over(
    application: AccountabilityApplication, directory: Directory, reading: Reading
) -> APIRouter:
    router = APIRouter()

    @router.post("/leads/{lead_no}/accept")
    def accept_lead(
        lead_no: Code,
        body: schemas.AcceptLead,
        call: Annotated[CommandCall, Depends(command("AcceptLead", *DISPOSING))],
    ) -> Response:
        """Register the offered lead (the addressee: DCI, or ORG for its kinds)."""
        registered_on = body.registered_on or civil_date(reading(call.actor).now)
        due = directory.due(FIRST_DISPOSAL, registered_on)
        return call.run(
            lambda uow: application.accept_lead(uow, lead_no, registered_on=registered_on, due=due),
            on=Lead.stream_of(lead_no),
            correlation=lead_no,
        )

    @router.post("/leads/{lead_no}/return")
    def return_lead(
        lead_no: Code,
        body: schemas.ReturnLead,
        call: Annotated[CommandCall, Depends(command("ReturnLead", *DISPOSING))],
    ) -> Response:
        """Return the offered lead with a reason (the addressee)."""
        return call.run(
            lambda uow: application.return_lead(uow, lead_no, reason=body.reason),
            on=Lead.stream_of(lead_no),
            correlation=lead_no,
        )

    return router


def _disposal(application: AccountabilityApplication, directory: Directory) -> APIRouter:
    router = APIRouter()
    router.include_router(_measures(application, directory))

    @router.post("/leads/{lead_no}/classify")
    def classify_lead(
        lead_no: Code,
        body: schemas.ClassifyLead,
        call: Annotated[CommandCall, Depends(command("ClassifyLead", *DISPOSING))],
    ) -> Response:
        """Decide the way of disposal (the addressee)."""
        return call.run(
            lambda uow: application.classify_lead(uow, lead_no, method=body.method),
            on=Lead.stream_of(lead_no),
            correlation=lead_no,
        )

    @router.post("/leads/{lead_no}/conclude")
    def conclude_lead(
        lead_no: Code,
        body: schemas.ConcludeLead,
        call: Annotated[CommandCall, Depends(command("ConcludeLead", *DISPOSING))],
    ) -> Response:
        """Settle the lead (the addressee)."""

        def conclude(uow: UnitOfWork) -> None:
            application.conclude_lead(
                uow,
                lead_no,
                conclusion=body.conclusion,
                pursuit_known=body.pursuit_known,
                concluded_on=body.concluded_on or civil_date(uow.now),
            )

        return call.run(conclude, on=Lead.stream_of(lead_no), correlation=lead_no)

    @router.post("/leads/{lead_no}/cancel")
    def cancel_lead(
        lead_no: Code, call: Annotated[CommandCall, Depends(command("CancelLead", *DISPOSING))]
    ) -> Response:
        """Take the concluded lead off the transfer list (the addressee)."""
        return call.run(
            lambda uow: application.cancel_lead(uow, lead_no),
            on=Lead.stream_of(lead_no),
            correlation=lead_no,
        )

    return router


def _measures(application: AccountabilityApplication, directory: Directory) -> APIRouter:
    router = APIRouter()

    @router.post("/leads/{lead_no}/impose-measure")
    def impose_measure(
        lead_no: Code,
        body: schemas.ImposeMeasure,
        call: Annotated[CommandCall, Depends(command("ImposeMeasure", *DISPOSING))],
    ) -> Response:
        """Impose a measure on a person (the addressee; G28)."""
        basis = basis_in_force(directory, body.legal_basis, body.conduct_on)
        return call.run(
            lambda uow: application.impose_measure(uow, lead_no, basis=basis, **dict(body)),
            on=Lead.stream_of(lead_no),
            correlation=lead_no,
        )

    @router.post("/leads/{lead_no}/file-case")
    def file_case(
        lead_no: Code,
        body: schemas.FileCase,
        call: Annotated[CommandCall, Depends(command("FileCase", Role.DCI))],
    ) -> Response:
        """File a case against a person (DCI)."""

        def file(uow: UnitOfWork) -> None:
            application.file_case(
                uow,
                lead_no,
                person_ref=body.person_ref,
                post_level=body.post_level,
                filed_on=body.filed_on or civil_date(uow.now),
            )

        return call.run(file, on=Lead.stream_of(lead_no), correlation=lead_no)

    @router.post("/leads/{lead_no}/transfer-to-judiciary")
    def transfer_to_judiciary(
        lead_no: Code,
        body: schemas.TransferToJudiciary,
        call: Annotated[CommandCall, Depends(command("TransferToJudiciary", Role.DCI))],
    ) -> Response:
        """Transfer a person to the judiciary (DCI)."""

        def transfer(uow: UnitOfWork) -> None:
            application.transfer_to_judiciary(
                uow,
                lead_no,
                person_ref=body.person_ref,
                transferred_on=body.transferred_on or civil_date(uow.now),
            )

        return call.run(transfer, on=Lead.stream_of(lead_no), correlation=lead_no)

    return router


def _status_of(lead: LedgerLead) -> LeadStatus:
    return LeadStatus.model_validate(lead.model_dump(include=set(LeadStatus.model_fields)))
