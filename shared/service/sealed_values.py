"""Sealed values over HTTP: reading them, which is itself recorded, and destroying their key.

For services with a vault. Nothing that was sealed enters an event, a stored answer or a log line.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.base import Code, Commitment, Sealed, Text
from shared.eventstore.sealing import Disclosure, SubjectKeyDestroyedError, Vault
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.kernel.actor import Role
from shared.kernel.errors import NotFoundError, RefusedError
from shared.tlog.log_book import LogBook

READERS = (Role.DCI, Role.LG)
ERASERS = (Role.LG, Role.DCI)
METHOD = "key-destroyed-values-deleted"
MOST_AT_ONCE = 100


class SecondPersonNeededError(RefusedError):
    """Erasure is approved by somebody else than the person who carries it out."""

    code = "second-person-needed"
    title = "Somebody else must have approved"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DestroyKey(_Body):
    """Why a subject's key is destroyed, and who approved it."""

    legal_ground: Text = Field(min_length=1)
    approved_by: Code


class Wanted(_Body):
    """A sealed value, as a record holds it."""

    commitment: str = Field(pattern=r"^[A-Za-z0-9+/]{43}=$")
    subject: Code


class ReadValues(_Body):
    """Which sealed values to read, and why."""

    purpose: Text = Field(min_length=1)
    values: list[Wanted] = Field(min_length=1, max_length=MOST_AT_ONCE)


def sealed_value_routes(store: EventStore, vault: Vault) -> APIRouter:
    """Return the routes over this service's vault."""
    router = APIRouter(prefix="/v1", tags=["sealed values"])
    _add_destroying(router, store, vault)
    _add_reading(router, store, vault)
    return router


def _add_destroying(router: APIRouter, store: EventStore, vault: Vault) -> None:
    @router.post("/sealed-subjects/{subject}/destroy-key")
    def destroy_key(
        subject: Code,
        body: DestroyKey,
        call: Annotated[CommandCall, Depends(command("DestroySubjectKey", *ERASERS))],
    ) -> Response:
        """Make all sealed values of a data subject unreadable, for ever. Its records stay."""

        def destroying(uow: UnitOfWork) -> dict[str, Any]:
            if body.approved_by == uow.actor.person_ref:
                raise SecondPersonNeededError("name another person who approved the erasure")
            book = _book(uow, store)
            book.destroy_subject_key(subject, body.legal_ground, METHOD, body.approved_by)
            uow.save(book)
            uow.join(vault.destroying(subject))
            return {"subject": subject}

        return call.run(destroying, correlation=subject)


def _add_reading(router: APIRouter, store: EventStore, vault: Vault) -> None:
    @router.post("/sealed-values/read")
    def read_values(
        body: ReadValues,
        call: Annotated[CommandCall, Depends(command("ReadSealedValues", *READERS))],
    ) -> Response:
        """Return [salt, name, value] by commitment, of those that still can be read.

        That they were read, by whom and what for, is recorded first.
        """
        found = _opened(store, vault, body.values)
        if not found:
            raise NotFoundError("the vault has none of these values")

        def noting(uow: UnitOfWork) -> dict[str, Any]:
            book = _book(uow, store)
            book.note_values_read(sorted({s for s, _ in found}), len(found), body.purpose)
            uow.save(book)
            return {"values": len(found)}

        answer = call.run(noting, correlation=LogBook.stream_of(store.service))
        told = {one.commitment: [one.salt, one.name, one.value] for _, one in found}
        content = {**json.loads(bytes(answer.body)), "disclosures": told}
        headers = {"Cache-Control": "no-store"}
        return Response(json.dumps(content), headers=headers, media_type="application/json")


def _book(uow: UnitOfWork, store: EventStore) -> LogBook:
    return uow.find(LogBook, store.service) or uow.create(LogBook, store.service)


def _opened(store: EventStore, vault: Vault, wanted: list[Wanted]) -> list[tuple[str, Disclosure]]:
    found = []
    for one in wanted:
        sealed = Sealed(sealed=Commitment(c=one.commitment, s=one.subject))
        try:
            found.append((one.subject, vault.open(store, sealed)))
        except (NotFoundError, SubjectKeyDestroyedError):
            continue
    return found
