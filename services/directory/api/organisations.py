"""Organisations and who answers for them. ADM keeps the list, ORG the appointments and links."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.directory import schemas
from services.directory.api.reading import Anybody, At, Reading
from services.directory.application import DirectoryApplication, Organisation
from services.directory.read_models.organisations import (
    KnownOrganisation,
    Organisations,
    list_organisations,
)
from shared.contracts.base import Code
from shared.contracts.directory import UnitView
from shared.eventstore.projections import Queries
from shared.http.commands import CommandCall, command
from shared.http.etags import etag_of
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Role


def organisation_routes(
    application: DirectoryApplication, queries: Queries, reading: Reading
) -> APIRouter:
    """Return the routes under `/organisations`."""
    router = APIRouter(tags=["organisations"])
    router.include_router(_questions(application, queries, reading))
    router.include_router(_appointments(application))
    router.include_router(_links(application))

    @router.post("/organisations", status_code=201)
    def register_organisation(
        body: schemas.RegisterOrganisation,
        call: Annotated[CommandCall, Depends(command("RegisterOrganisation", Role.ADM))],
    ) -> Response:
        """Make an organisation known (ADM)."""
        return call.run(
            lambda uow: application.register_organisation(uow, **body.model_dump()),
            correlation=body.org,
            status=201,
        )

    return router


def _questions(application: DirectoryApplication, queries: Queries, reading: Reading) -> APIRouter:
    router = APIRouter()

    @router.get("/organisations")
    def known_organisations(
        _: Anybody,
        parent: Code | None = None,
        category: Code | None = None,
        vacant: Annotated[bool | None, Query(description="without a principal (A57)")] = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[KnownOrganisation]:
        """Return the organisations by their code."""
        key = decode_cursor(after, str)
        with queries.on(Organisations, min_position) as cursor:
            found = list_organisations(
                cursor,
                parent=parent,
                category=category,
                vacant=vacant,
                after=str(key[0]) if key else "",
                limit=limit + 1,
            )
        return page_of(found, limit, lambda one: (one.org,))

    @router.get("/organisations/{org}")
    def organisation(org: Code, actor: Anybody, response: Response) -> schemas.OrganisationPage:
        """Return the organisation with the history of who answered for it."""
        found = application.organisation(reading(actor), org)
        response.headers["ETag"] = etag_of(found.version)
        return schemas.OrganisationPage.of(found)

    @router.get("/organisations/{org}/view", response_model_exclude_none=True)
    def view(org: Code, actor: Anybody, at: At = None) -> UnitView:
        """Return who answers for the unit as of the instant, now by default (R012)."""
        return application.unit_view(reading(actor), org, at)

    return router


def _appointments(application: DirectoryApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/organisations/{org}/principal")
    def change_principal(
        org: Code,
        body: schemas.ChangePrincipal,
        call: Annotated[CommandCall, Depends(command("ChangePrincipal", Role.ORG))],
    ) -> Response:
        """Let another person, an acting one, or nobody be principal (ORG)."""
        return call.run(
            lambda uow: application.change_principal(uow, org, **dict(body)),
            on=Organisation.stream_of(org),
            correlation=org,
        )

    @router.post("/organisations/{org}/appointments")
    def appoint_person(
        org: Code,
        body: schemas.AppointPerson,
        call: Annotated[CommandCall, Depends(command("AppointPerson", Role.ORG))],
    ) -> Response:
        """Give a person a post other than principal (ORG)."""
        return call.run(
            lambda uow: application.appoint_person(uow, org, **dict(body)),
            on=Organisation.stream_of(org),
            correlation=org,
        )

    @router.post("/organisations/{org}/appointments/end")
    def end_appointment(
        org: Code,
        body: schemas.EndAppointment,
        call: Annotated[CommandCall, Depends(command("EndAppointment", Role.ORG))],
    ) -> Response:
        """Let a person leave a post other than principal (ORG)."""
        return call.run(
            lambda uow: application.end_appointment(uow, org, **dict(body)),
            on=Organisation.stream_of(org),
            correlation=org,
        )

    return router


def _links(application: DirectoryApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/organisations/{org}/linked-office")
    def assign_linked_office(
        org: Code,
        body: schemas.AssignLinkedOffice,
        call: Annotated[CommandCall, Depends(command("AssignLinkedOffice", Role.ORG))],
    ) -> Response:
        """Link a discipline-supervision office to the unit (ORG)."""
        return call.run(
            lambda uow: application.assign_linked_office(uow, org, **dict(body)),
            on=Organisation.stream_of(org),
            correlation=org,
        )

    @router.post("/organisations/{org}/resident-team")
    def assign_resident_team(
        org: Code,
        body: schemas.AssignResidentTeam,
        call: Annotated[CommandCall, Depends(command("AssignResidentTeam", Role.ORG))],
    ) -> Response:
        """Let a resident discipline team watch the unit (ORG)."""
        return call.run(
            lambda uow: application.assign_resident_team(uow, org, **dict(body)),
            on=Organisation.stream_of(org),
            correlation=org,
        )

    @router.post("/organisations/{org}/leader-in-charge")
    def assign_leader_in_charge(
        org: Code,
        body: schemas.AssignLeaderInCharge,
        call: Annotated[CommandCall, Depends(command("AssignLeaderInCharge", Role.ORG))],
    ) -> Response:
        """Let a leader in charge answer for the unit (ORG)."""
        return call.run(
            lambda uow: application.assign_leader_in_charge(uow, org, **dict(body)),
            on=Organisation.stream_of(org),
            correlation=org,
        )

    return router
