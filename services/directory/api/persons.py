"""Persons: pseudonyms for everybody, names for the few who need them (class C4)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.directory import schemas
from services.directory.application import DirectoryApplication, NameVault, Person
from shared.contracts.base import Code
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command, reader
from shared.kernel.actor import Actor, Role
from shared.telemetry.logs import logger

MayReadNames = Annotated[Actor, Depends(reader(Role.ORG, Role.DCI))]


def person_routes(application: DirectoryApplication, vault: NameVault) -> APIRouter:
    """Return the routes under `/persons`."""
    router = APIRouter(tags=["persons"])

    @router.post("/persons", status_code=201)
    def register_person(
        body: schemas.RegisterPerson,
        call: Annotated[CommandCall, Depends(command("RegisterPerson", Role.ADM))],
    ) -> Response:
        """Make a person known: the pseudonym to everybody, the name to the vault (ADM)."""

        def register(uow: UnitOfWork) -> None:
            application.register_person(uow, body.person_ref)
            uow.join(vault.keeping(body.person_ref, body.name))

        return call.run(register, correlation=body.person_ref, status=201)

    @router.post("/persons/{person_ref}/erase-name")
    def erase_name(
        person_ref: Code,
        call: Annotated[CommandCall, Depends(command("ErasePersonName", Role.ADM))],
    ) -> Response:
        """Erase the name for good; the pseudonym and every count stay (ADM)."""

        def erase(uow: UnitOfWork) -> None:
            application.erase_person_name(uow, person_ref)
            uow.join(vault.erasing(person_ref))

        return call.run(erase, on=Person.stream_of(person_ref), correlation=person_ref)

    @router.get("/persons/{person_ref}/name")
    def person_name(person_ref: Code, actor: MayReadNames) -> schemas.PersonName:
        """Return the name (ORG, DCI); every reading is logged."""
        logger("directory").info(
            "name_read", of=person_ref, by=actor.person_ref, org=actor.org, role=actor.role
        )
        return schemas.PersonName(person_ref=person_ref, name=vault.name_of(person_ref))

    return router
