"""A tiny real service: two commands, one question, every kind of error; on a real store."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from threading import Thread
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.base import Text
from shared.contracts.directory import (
    Level,
    OrganisationRegistered,
    PersonAppointed,
    PersonRegistered,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.app import create_app
from shared.http.commands import CommandCall, Commands, command, reader
from shared.http.identity import LocalIssuer, TokenVerifier
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel import errors
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import SettableClock
from shared.kernel.ids import CountingIds
from tests.support.eventually import eventually

SERVICE = "directory"
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MAX_BODY = 20_000
SECRET = "张三 13800000000"


class MissedSignatureError(errors.GuardFailedError):
    """The principal has not signed: a domain error, as a service would define it."""

    code = "missed-signature"
    title = "The principal has not signed"


ERRORS: dict[str, errors.DubanError | Exception] = {
    "refused": errors.RefusedError("the state does not allow it", problem="P7"),
    "guard": MissedSignatureError("G06", "the principal has not signed", problem="P7", cycle=2),
    "invalid": errors.InvalidValueError("no such post"),
    "not-found": errors.NotFoundError("there is no such person"),
    "conflict": errors.ConflictError("somebody else wrote first"),
    "in-progress": errors.CommandInProgressError("being worked on"),
    "unavailable": errors.UnavailableError("the directory does not answer"),
    "contract": errors.NewerSchemaError("schema 9"),
    "bug": ValueError(f"cannot find {SECRET}"),
}


class Person(Aggregate):
    """A person with posts; just enough to be changed."""

    KIND = "person"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.posts: list[str] = []

    def register(self, note: str = "") -> None:
        self.record(PersonRegistered(person_ref=self.key))
        if note:
            unit = {"org": self.key, "level": Level.CITY, "category": "c", "sector": "s"}
            self.record(OrganisationRegistered.model_validate({**unit, "name": note}))

    def appoint(self, post: str) -> None:
        if post in self.posts:
            raise MissedSignatureError("G06", "appointed already", person=self.key)
        start = date(2026, 3, 1)
        self.record(PersonAppointed(org="o-1", person_ref=self.key, post=post, start=start))

    @applies(PersonRegistered, OrganisationRegistered)
    def _registered(self, event: PersonRegistered | OrganisationRegistered) -> None:
        pass

    @applies(PersonAppointed)
    def _appointed(self, event: PersonAppointed) -> None:
        self.posts = [*self.posts, event.post]


class Registration(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_ref: str = Field(pattern=r"^p-[a-z0-9-]{1,40}$")
    note: Text = ""


class Appointment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    post: str


ARRIVALS = count(1)
router = APIRouter(prefix="/v1/persons", tags=["persons"])
Registering = Annotated[CommandCall, Depends(command("RegisterPerson", Role.OFF, Role.ORG))]
Appointing = Annotated[CommandCall, Depends(command("AppointPerson", Role.OFF))]
Arriving = Annotated[CommandCall, Depends(command("RegisterArrival", Role.OFF))]
Failing = Annotated[CommandCall, Depends(command("Fail", Role.OFF))]
Anybody = Annotated[Actor, Depends(reader())]


@router.post("", status_code=201)
def register(body: Registration, call: Registering) -> Response:
    def registering(uow: UnitOfWork) -> dict[str, Any]:
        person = uow.create(Person, body.person_ref)
        person.register(body.note)
        uow.save(person)
        return {"person_ref": body.person_ref, "acted_as": uow.actor.role.value}

    return call.run(registering, on=None, correlation=body.person_ref, status=201)


@router.post("/{ref}/appoint")
def appoint(ref: str, body: Appointment, call: Appointing) -> Response:
    def appointing(uow: UnitOfWork) -> None:
        person = uow.load(Person, ref)
        person.appoint(body.post)
        uow.save(person)

    return call.run(appointing, on=Person.stream_of(ref), correlation=ref)


@router.post("/arrivals/{wanted}")
def arrive(wanted: int, call: Arriving) -> Response:
    """Register so many persons under numbers never given before, be it again or not at all."""

    def arriving(uow: UnitOfWork) -> dict[str, Any]:
        refs = [f"p-arrived-{next(ARRIVALS)}" for _ in range(max(wanted, 1))]
        for ref in refs[:wanted]:
            person = uow.create(Person, ref)
            person.register()
            uow.save(person)
        return {"refs": refs}

    return call.run(arriving, correlation="arrivals")


@router.post("/fail/{how}")
def fail(how: str, call: Failing) -> Response:
    def failing(uow: UnitOfWork) -> None:
        person = uow.create(Person, f"p-failed-{how}")
        person.register()
        uow.save(person)
        raise ERRORS[how]

    return call.run(failing, correlation=how)


@router.get("")
def persons(
    actor: Anybody, limit: Limit = 2, cursor: Cursor = None, min_position: MinPosition = 0
) -> Page[str]:
    after = decode_cursor(cursor, str)
    everybody = [f"p-{number}" for number in range(1, 6)]
    left = [ref for ref in everybody if after is None or ref > str(after[0])]
    return page_of(left[: limit + 1], limit, lambda ref: (ref,))


def small_app(store: EventStore, issuer: LocalIssuer, clock: SettableClock) -> FastAPI:
    """Return the application of the tiny service."""
    verifier = TokenVerifier(
        str(issuer.jwks), issuer=issuer.issuer, audience=issuer.audience, clock=clock
    )
    return create_app(
        SERVICE,
        store=store,
        commands=Commands(store, "city:yunlan", clock, CountingIds("command")),
        routers=[router],
        tokens=verifier,
        ready=lambda: {"database": True},
        max_body_bytes=MAX_BODY,
    )


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve the application on a free port of this machine; yields its base URL."""
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, name="small-service")
    thread.start()
    try:
        eventually(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
