"""Accountability cases: the inspection side refers, the discipline organ or committee decides."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.accountability import schemas
from services.accountability.api.reading import Reading, StoreReading
from services.accountability.api.rules import basis_in_force
from services.accountability.application import (
    DECIDING_ROLES,
    REFERRING_ROLES,
    AccountabilityApplication,
    AccountabilityCase,
    Referral,
    Sanction,
)
from services.accountability.read_models.accountability_cases import (
    AccountabilityCases,
    CaseFile,
    CaseStatus,
    list_cases,
)
from shared.contracts.accountability import AccountabilityState
from shared.contracts.base import Code
from shared.eventstore.projections import Queries
from shared.eventstore.sealing import Vault
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command, reader
from shared.http.directory import Directory
from shared.http.etags import etag_of
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Actor, Role
from shared.kernel.periods import civil_date
from shared.telemetry.logs import logger

WHOLE_FILE = (*DECIDING_ROLES, Role.LG, Role.SEC)
STATUS_ONLY = (Role.OFF, Role.ORG, Role.DSO, Role.RDT, Role.AUD)

CaseReader = Annotated[Actor, Depends(reader(*WHOLE_FILE, *STATUS_ONLY))]
AccountReader = Annotated[Actor, Depends(reader(*DECIDING_ROLES))]


def case_routes(
    application: AccountabilityApplication,
    directory: Directory,
    queries: Queries,
    reading: StoreReading,
    vault: Vault,
) -> APIRouter:
    """Return the routes under `/accountability-cases`."""
    router = APIRouter(tags=["accountability cases"])
    router.include_router(_questions(application, queries, reading))
    router.include_router(_account(application, reading, vault))
    router.include_router(_referral(application, vault))
    router.include_router(_decision(application, directory, reading))
    return router


def _questions(
    application: AccountabilityApplication, queries: Queries, reading: Reading
) -> APIRouter:
    router = APIRouter()

    @router.get("/accountability-cases")
    def cases(
        actor: CaseReader,
        state: AccountabilityState | None = None,
        unit: Code | None = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[CaseFile | CaseStatus]:
        """Return the cases: the file to those who decide, the status to the others."""
        key = decode_cursor(after, str)
        with queries.on(AccountabilityCases, min_position) as cursor:
            found = list_cases(
                cursor, state=state, unit=unit, after=str(key[0]) if key else "", limit=limit + 1
            )
        shown = found if actor.role in WHOLE_FILE else [_status_of(case) for case in found]
        return page_of(shown, limit, lambda case: (case.accountability_no,))

    @router.get("/accountability-cases/{accountability_no}")
    def case(
        accountability_no: Code, actor: CaseReader, response: Response
    ) -> schemas.CasePage | schemas.CaseStatusPage:
        """Return the case: the file to those who decide, the status to the others."""
        found = application.case(reading(actor), accountability_no)
        response.headers["ETag"] = etag_of(found.version)
        whole = actor.role in WHOLE_FILE
        return schemas.CasePage.of(found) if whole else schemas.CaseStatusPage.of(found)

    return router


def _account(
    application: AccountabilityApplication, reading: StoreReading, vault: Vault
) -> APIRouter:
    router = APIRouter()

    @router.get("/accountability-cases/{accountability_no}/account")
    def account(accountability_no: Code, actor: AccountReader) -> schemas.Account:
        """Open the sealed account for the deciding organs; every reading is logged."""
        sealed = application.account(reading(actor), accountability_no)
        logger("accountability").info(
            "account_read", of=accountability_no, by=actor.person_ref, role=actor.role
        )
        opened = vault.open(reading.store, sealed)
        return schemas.Account(accountability_no=accountability_no, account=opened.value)

    return router


def _referral(application: AccountabilityApplication, vault: Vault) -> APIRouter:
    router = APIRouter()

    @router.post("/accountability-cases", status_code=201)
    def refer_case(
        body: schemas.ReferCase,
        call: Annotated[CommandCall, Depends(command("ReferForAccountability", *REFERRING_ROLES))],
    ) -> Response:
        """Refer a case, or confirm the proposal of this number (OFF, LG)."""
        sealed = vault.seal(body.subject, "account", body.account)
        facts = body.model_dump(exclude={"accountability_no", "account"})
        referral = Referral(**facts, account=sealed.sealed)

        def refer(uow: UnitOfWork) -> None:
            application.refer_case(uow, body.accountability_no, referral)
            uow.join(sealed.keep)

        return call.run(refer, correlation=body.accountability_no, status=201)

    return router


def _decision(
    application: AccountabilityApplication, directory: Directory, reading: Reading
) -> APIRouter:
    router = APIRouter()

    @router.post("/accountability-cases/{accountability_no}/accept")
    def accept_case(
        accountability_no: Code,
        call: Annotated[CommandCall, Depends(command("AcceptCase", *DECIDING_ROLES))],
    ) -> Response:
        """Take the case up (DCI, COM)."""
        return call.run(
            lambda uow: application.accept_case(uow, accountability_no),
            on=AccountabilityCase.stream_of(accountability_no),
            correlation=accountability_no,
        )

    @router.post("/accountability-cases/{accountability_no}/reject")
    def reject_case(
        accountability_no: Code,
        body: schemas.RejectCase,
        call: Annotated[CommandCall, Depends(command("RejectCase", *DECIDING_ROLES))],
    ) -> Response:
        """Do not take the case up (DCI, COM)."""
        return call.run(
            lambda uow: application.reject_case(uow, accountability_no, reason=body.reason),
            on=AccountabilityCase.stream_of(accountability_no),
            correlation=accountability_no,
        )

    @router.post("/accountability-cases/{accountability_no}/decide")
    def decide_case(
        accountability_no: Code,
        body: schemas.DecideCase,
        call: Annotated[CommandCall, Depends(command("DecideCase", *DECIDING_ROLES))],
    ) -> Response:
        """Decide severity and measure on a legal basis (DCI, COM; G27, G28)."""
        conduct_on = application.case(reading(call.actor), accountability_no).conduct_on
        basis = basis_in_force(directory, body.legal_basis, conduct_on)
        sanction = Sanction(**body.model_dump(exclude={"decided_on"}))

        def decide(uow: UnitOfWork) -> None:
            decided_on = body.decided_on or civil_date(uow.now)
            application.decide_case(
                uow, accountability_no, sanction, basis=basis, decided_on=decided_on
            )

        return call.run(
            decide,
            on=AccountabilityCase.stream_of(accountability_no),
            correlation=accountability_no,
        )

    @router.post("/accountability-cases/{accountability_no}/execute")
    def execute_case(
        accountability_no: Code,
        body: schemas.ExecuteCase,
        call: Annotated[CommandCall, Depends(command("ExecuteCase", *DECIDING_ROLES))],
    ) -> Response:
        """Note that the decision was carried out (DCI, COM)."""

        def execute(uow: UnitOfWork) -> None:
            executed_on = body.executed_on or civil_date(uow.now)
            application.execute_case(
                uow, accountability_no, executed_on=executed_on, record=body.record
            )

        return call.run(
            execute,
            on=AccountabilityCase.stream_of(accountability_no),
            correlation=accountability_no,
        )

    return router


def _status_of(case: CaseFile) -> CaseStatus:
    return CaseStatus.model_validate(case.model_dump(include=set(CaseStatus.model_fields)))
