"""Leads and accountability files: state and steps only, and every look at them is recorded."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from services.audit.api.moments import AskedMoment
from services.audit.application import AuditApplication, TimeTravel
from services.audit.domain.moment import Moment
from services.audit.read_models.reads import Read, Reads, reads
from services.audit.schemas import ExportTaken, State
from shared.contracts.audit import ReadSubject
from shared.contracts.base import Code, Text
from shared.eventstore.projections import Queries
from shared.http.commands import CommandCall, Commands, command, reader
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Actor, Role
from shared.kernel.context import Context
from shared.telemetry.propagation import current_traceparent

FileReader = Annotated[Actor, Depends(reader(Role.AUD, Role.DCI, Role.LG))]
ReadsReader = Annotated[Actor, Depends(reader(Role.AUD, Role.LG))]
Purpose = Annotated[
    Text, Query(min_length=2, max_length=400, description="why this is read; it is recorded")
]
NoteRead = Callable[[Actor, ReadSubject, str, str, Moment], None]


def guarded_routes(
    application: AuditApplication, travel: TimeTravel, queries: Queries
) -> APIRouter:
    """Return the routes whose use is itself recorded."""
    router = APIRouter()
    _files(router, application, travel)

    @router.post("/exports", status_code=201)
    def record_export(
        body: ExportTaken,
        call: Annotated[CommandCall, Depends(command("RecordExport", Role.AUD, Role.ADM))],
    ) -> Response:
        """Record that an export was taken. Audit's one command: it decides nothing."""
        return call.run(
            lambda uow: application.note_read(
                uow, ReadSubject.EXPORT, body.scope, body.purpose, digest=body.digest
            ),
            correlation=body.scope,
            status=201,
        )

    @router.get("/reads")
    def list_reads(
        _: ReadsReader,
        number: Code | None = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[Read]:
        """Return who read which file or took which export, when and why (R344)."""
        key = decode_cursor(after, int)
        with queries.on(Reads, min_position) as cursor:
            found = reads(cursor, number, after=int(key[0]) if key else 0, limit=limit + 1)
        return page_of(found, limit, lambda one: (one.position,))

    return router


def _files(router: APIRouter, application: AuditApplication, travel: TimeTravel) -> None:
    def noting(request: Request) -> NoteRead:
        commands: Commands = request.app.state.commands

        def note(
            actor: Actor, subject: ReadSubject, number: str, purpose: str, moment: Moment
        ) -> None:
            uow = commands.store.begin(_context(commands, actor, number))
            application.note_read(uow, subject, number, purpose, as_of=moment.as_of)
            uow.commit()

        return note

    @router.get("/leads/{lead_no}", response_model=State)
    def show_lead(
        lead_no: Code,
        actor: FileReader,
        moment: AskedMoment,
        purpose: Purpose,
        note: Annotated[NoteRead, Depends(noting)],
    ) -> JSONResponse:
        """Return state and steps of a lead, never its content; the look is recorded first."""
        found = travel.guarded_file("lead", lead_no, moment)
        note(actor, ReadSubject.LEAD, lead_no, purpose, moment)
        return JSONResponse(found)

    @router.get("/accountability-cases/{accountability_no}", response_model=State)
    def show_accountability_case(
        accountability_no: Code,
        actor: FileReader,
        moment: AskedMoment,
        purpose: Purpose,
        note: Annotated[NoteRead, Depends(noting)],
    ) -> JSONResponse:
        """Return state and steps of an accountability case; the look is recorded first."""
        found = travel.guarded_file("accountability-case", accountability_no, moment)
        note(actor, ReadSubject.ACCOUNTABILITY_FILE, accountability_no, purpose, moment)
        return JSONResponse(found)


def _context(commands: Commands, actor: Actor, number: str) -> Context:
    return Context(
        tenant=commands.tenant,
        actor=actor,
        command=f"ReadFile/{commands.ids.new()}",
        time=commands.clock.now(),
        correlation=number,
        trace=current_traceparent(),
    )
