"""Naming circulars, detentions and voluntary surrenders over HTTP: commands only."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.accountability import schemas
from services.accountability.application import AccountabilityApplication, Lead
from shared.contracts.base import Code
from shared.eventstore.sealing import Vault
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role
from shared.kernel.periods import civil_date


def circular_routes(application: AccountabilityApplication, vault: Vault) -> APIRouter:
    """Return the routes of what is told citywide, and of what is hardly told at all."""
    router = APIRouter(tags=["circulars and sealed facts"])
    router.include_router(_sealed_facts(application, vault))

    @router.post("/naming-circulars", status_code=201)
    def issue_naming_circular(
        body: schemas.IssueNamingCircular,
        call: Annotated[CommandCall, Depends(command("IssueNamingCircular", Role.LG, Role.OFF))],
    ) -> Response:
        """Name units and persons of decided cases citywide (点名通报; LG decides, OFF issues)."""
        return call.run(
            lambda uow: application.issue_naming_circular(
                uow, body.circular_no, named=body.named(), decision=body.decision
            ),
            correlation=body.circular_no,
            status=201,
        )

    return router


def _sealed_facts(application: AccountabilityApplication, vault: Vault) -> APIRouter:
    router = APIRouter()

    @router.post("/leads/{lead_no}/record-detention", status_code=201)
    def record_detention(
        lead_no: Code,
        body: schemas.RecordDetention,
        call: Annotated[CommandCall, Depends(command("RecordDetention", Role.DCI))],
    ) -> Response:
        """Record a detention out of a lead (留置; the addressee). Lead and person are sealed."""

        def record(uow: UnitOfWork) -> dict[str, Any]:
            value = vault.seal(body.detention_no, "matter", f"{lead_no} {body.person_ref}")
            uow.join(value.keep)
            return application.record_detention(
                uow,
                lead_no,
                detention_no=body.detention_no,
                matter=value.sealed,
                detained_on=body.detained_on or civil_date(uow.now),
            )

        return call.run(
            record, on=Lead.stream_of(lead_no), correlation=body.detention_no, status=201
        )

    @router.post("/voluntary-surrenders", status_code=201)
    def record_surrender(
        body: schemas.RecordSurrender,
        call: Annotated[CommandCall, Depends(command("RecordVoluntarySurrender", Role.DCI))],
    ) -> Response:
        """Record a voluntary surrender during a round (主动投案). Person and account are sealed."""

        def record(uow: UnitOfWork) -> dict[str, Any]:
            text = f"{body.person_ref} {body.account}"
            value = vault.seal(body.surrender_no, "matter", text)
            uow.join(value.keep)
            return application.record_surrender(
                uow,
                body.surrender_no,
                round_no=body.round_no,
                sector=body.sector,
                matter=value.sealed,
                surrendered_on=body.surrendered_on or civil_date(uow.now),
            )

        return call.run(record, correlation=body.surrender_no, status=201)

    return router
