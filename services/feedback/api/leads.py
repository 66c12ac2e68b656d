"""Leads over HTTP: offered with sealed content; only their status is ever answered."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import SecretStr

from services.feedback.api.audience import LeadReader, Tag, found_or_404, share_of
from services.feedback.application import FeedbackApplication
from services.feedback.read_models.leads import Leads, LeadStatus, lead_status, list_leads
from services.feedback.schemas import LeadContent, OfferLead, OfferLeadAgain, Purpose
from shared.contracts.base import Code, Sealed
from shared.contracts.feedback import TransferState
from shared.eventstore.projections import Queries
from shared.eventstore.sealing import Vault
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, Commands, command, reader
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Actor, Role

ContentReader = Annotated[Actor, Depends(reader(Role.DCI, Role.ORG))]


def lead_routes(application: FeedbackApplication, queries: Queries, vault: Vault) -> APIRouter:
    """Return the routes under `/leads`."""
    router = APIRouter(tags=["leads"])
    router.include_router(_questions(queries))
    router.include_router(_content(application, vault))

    @router.post("/leads", status_code=201)
    def offer_lead(
        body: OfferLead,
        call: Annotated[CommandCall, Depends(command("OfferLead", Role.TL, Role.OFF))],
    ) -> Response:
        """Offer a lead to a discipline or supervision commission or an organisation department."""

        def offering(uow: UnitOfWork) -> dict[str, Any]:
            return application.offer_lead(
                uow,
                body.lead_no,
                case_no=body.case_no,
                kind=body.kind,
                address=body.address(),
                post_level=body.post_level,
                problem_nos=body.problem_nos,
                concerns_principal=body.concerns_principal,
                content=_sealed_content(uow, vault, body.lead_no, body.content),
                joint_action=body.joint_action,
            )

        return call.run(offering, correlation=body.lead_no, status=201)

    @router.post("/leads/{lead_no}/offer-again")
    def offer_lead_again(
        lead_no: Code,
        body: OfferLeadAgain,
        call: Annotated[CommandCall, Depends(command("OfferLeadAgain", Role.TL, Role.OFF))],
    ) -> Response:
        """Offer a returned lead again, under its number."""

        def offering(uow: UnitOfWork) -> dict[str, Any]:
            content = _sealed_content(uow, vault, lead_no, body.content)
            return application.offer_lead_again(uow, lead_no, address=body.address, content=content)

        return call.run(offering, on=f"lead/{lead_no}", correlation=lead_no)

    return router


def _content(application: FeedbackApplication, vault: Vault) -> APIRouter:
    router = APIRouter()

    @router.get("/leads/{lead_no}/content")
    def content(
        lead_no: Code, purpose: Purpose, actor: ContentReader, request: Request, answer: Response
    ) -> LeadContent:
        """Open the content for its addressee (C4); the reading is recorded with its purpose."""
        commands: Commands = request.app.state.commands
        uow = commands.reading("ReadLeadContent", actor, correlation=lead_no)
        sealed = application.read_lead_content(uow, lead_no, purpose=purpose)
        opened = vault.open(commands.store, sealed)
        uow.commit()
        answer.headers["Cache-Control"] = "no-store"
        return LeadContent(lead_no=lead_no, content=opened.value)

    return router


def _sealed_content(uow: UnitOfWork, vault: Vault, lead_no: str, content: SecretStr) -> Sealed:
    """Seal the content; it goes into the vault in the transaction of the event."""
    value = vault.seal(lead_no, "content", content.get_secret_value())
    uow.join(value.keep)
    return value.sealed


def _questions(queries: Queries) -> APIRouter:
    router = APIRouter()

    @router.get("/leads")
    def known_leads(
        actor: LeadReader,
        state: TransferState | None = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[LeadStatus]:
        """The leads that the caller may know of: number, state and days, no content."""
        (start,) = decode_cursor(after, str) or ("",)
        with queries.on(Leads, min_position) as cursor:
            found = list_leads(
                cursor, share_of(actor), state=state, after=str(start), limit=limit + 1
            )
        return page_of(found, limit, lambda row: (row.lead_no,))

    @router.get("/leads/{lead_no}")
    def one_lead(
        actor: LeadReader, lead_no: Code, tag: Tag, min_position: MinPosition = 0
    ) -> LeadStatus:
        """The status of one lead."""
        with queries.on(Leads, min_position) as cursor:
            status = lead_status(cursor, share_of(actor), lead_no)
        found = found_or_404(status, "lead", lead_no=lead_no)
        tag(found.version)
        return found

    return router
