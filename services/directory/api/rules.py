"""The rules of the time: policy editions, legal bases, calendars, and the dates that follow."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from services.directory import schemas
from services.directory.api.reading import Anybody, At, Reading
from services.directory.application import DirectoryApplication
from shared.contracts.base import Code, Day
from shared.contracts.directory import DueDate, LegalBasisView, PolicyView
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role

Year = Annotated[int, Path(ge=1949, le=9999)]


def rule_routes(application: DirectoryApplication, reading: Reading) -> APIRouter:
    """Return the routes of policy, legal bases and calendars."""
    router = APIRouter(tags=["rules"])
    router.include_router(_commands(application))

    @router.get("/policy")
    def policy(actor: Anybody, at: At = None) -> PolicyView:
        """Return the policy parameters in force at the instant, now by default."""
        return application.policy(reading(actor), at)

    @router.get("/due-dates")
    def due_date(actor: Anybody, parameter: Code, start: Day, at: At = None) -> DueDate:
        """Return when the period ends that began on `start`, by the policy in force at `at`."""
        return application.due_date(reading(actor), parameter, start, at)

    @router.get("/legal-bases/{basis}")
    def legal_basis(basis: Code, on: Day, actor: Anybody) -> LegalBasisView:
        """Return the edition of the legal basis in force on that date (G28)."""
        return application.legal_basis(reading(actor), basis, on)

    return router


def _commands(application: DirectoryApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/policy-editions", status_code=201)
    def adopt_policy_edition(
        body: schemas.AdoptPolicyEdition,
        call: Annotated[CommandCall, Depends(command("AdoptPolicyEdition", Role.LG))],
    ) -> Response:
        """Adopt an edition of the policy that fixes every limit (LG)."""
        return call.run(
            lambda uow: application.adopt_policy_edition(uow, **dict(body)),
            correlation=body.edition,
            status=201,
        )

    @router.post("/legal-bases", status_code=201)
    def register_legal_basis(
        body: schemas.RegisterLegalBasis,
        call: Annotated[CommandCall, Depends(command("RegisterLegalBasis", Role.LG))],
    ) -> Response:
        """Register an edition of a legal basis with its validity and bands (LG)."""
        return call.run(
            lambda uow: application.register_legal_basis(uow, **dict(body)),
            correlation=body.basis,
            status=201,
        )

    @router.post("/calendars/{year}", status_code=201)
    def publish_calendar(
        year: Year,
        body: schemas.PublishCalendar,
        call: Annotated[CommandCall, Depends(command("PublishCalendar", Role.ADM))],
    ) -> Response:
        """Publish the work calendar of a year, or publish it anew (ADM)."""
        return call.run(
            lambda uow: application.publish_calendar(uow, year, **dict(body)),
            correlation=f"calendar-{year}",
            status=201,
        )

    return router
