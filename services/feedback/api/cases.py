"""The feedback of a case over HTTP: reports, issue, receipts, copy notices."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.feedback import schemas
from services.feedback.api.audience import CaseReader, Tag, found_or_404, recipient_of
from services.feedback.api.deadlines import deadlines_from
from services.feedback.application import FeedbackApplication
from services.feedback.read_models.cases import (
    CasePage,
    Cases,
    NoticeRow,
    NoticeState,
    case_page,
    list_copy_notices,
)
from shared.contracts.base import Code
from shared.eventstore.projections import Queries
from shared.eventstore.unit_of_work import UnitOfWork
from shared.http.commands import CommandCall, command
from shared.http.directory import Directory
from shared.http.paging import Cursor, Limit, MinPosition, Page, decode_cursor, page_of
from shared.kernel.actor import Role
from shared.kernel.clock import Clock
from shared.kernel.periods import civil_date


def case_routes(
    application: FeedbackApplication, directory: Directory, queries: Queries, clock: Clock
) -> APIRouter:
    """Return the routes under `/cases` and `/copy-notices`."""
    router = APIRouter(tags=["cases"])
    router.include_router(_issuing(application, directory))
    router.include_router(_answers(application))
    router.include_router(_questions(queries, clock))
    return router


def _issuing(application: FeedbackApplication, directory: Directory) -> APIRouter:
    router = APIRouter()

    @router.post("/cases/{case_no}/reports", status_code=201)
    def file_reports(
        case_no: Code,
        body: schemas.FileReports,
        call: Annotated[CommandCall, Depends(command("FileReports", Role.TL))],
    ) -> Response:
        """File the lead, interview and inspection reports (三位一体, G02)."""
        return call.run(
            lambda uow: application.file_reports(
                uow, case_no, round_no=body.round_no, reports=body.reports()
            ),
            correlation=case_no,
            status=201,
        )

    @router.post("/cases/{case_no}/issue-feedback")
    def issue_feedback(
        case_no: Code,
        body: schemas.IssueFeedback,
        call: Annotated[CommandCall, Depends(command("IssueFeedback", Role.TL))],
    ) -> Response:
        """Feed every approved problem of the case back to the unit (已反馈, T05)."""

        def issuing(uow: UnitOfWork) -> dict[str, Any]:
            unit = directory.unit(application.unit_of(uow, case_no))
            dates, edition = deadlines_from(directory, body.issued_on)
            return application.issue_feedback(
                uow,
                case_no,
                session=body.session(),
                unit=unit,
                dates=dates,
                policy_edition=edition,
                departments=body.departments,
                former_items=body.former_items,
            )

        return call.run(issuing, on=f"feedback/{case_no}", correlation=case_no)

    return router


ConfirmCall = Annotated[
    CommandCall,
    Depends(
        command(
            "ConfirmDelivery",
            *(Role.UP, Role.UPP, Role.XP, Role.LIC, Role.FUN, Role.TL, Role.OFF),
        )
    ),
]


def _answers(application: FeedbackApplication) -> APIRouter:
    router = APIRouter()

    @router.post("/cases/{case_no}/deliveries/receipt")
    def confirm_delivery(
        case_no: Code, body: schemas.ConfirmDelivery, call: ConfirmCall
    ) -> Response:
        """A recipient confirms a delivery, or the team or office does (四个反馈)."""
        return call.run(
            lambda uow: application.confirm_delivery(uow, case_no, **body.facts()),
            on=f"feedback/{case_no}",
            correlation=case_no,
        )

    @router.post("/cases/{case_no}/copy-notices/{notice_no}/reply")
    def reply_to_notice(
        case_no: Code,
        notice_no: Code,
        body: schemas.ReplyToNotice,
        call: Annotated[CommandCall, Depends(command("ReplyToNotice", Role.LIC, Role.FUN))],
    ) -> Response:
        """The recipient answers a copy notice (抄后反馈, R087)."""
        return call.run(
            lambda uow: application.reply_to_notice(uow, case_no, notice_no, **body.facts()),
            on=f"feedback/{case_no}",
            correlation=case_no,
        )

    return router


def _questions(queries: Queries, clock: Clock) -> APIRouter:
    router = APIRouter()

    @router.get("/cases/{case_no}")
    def one_case(
        actor: CaseReader, case_no: Code, tag: Tag, min_position: MinPosition = 0
    ) -> CasePage:
        """The feedback of a case; a recipient sees only what went to the recipient."""
        today = civil_date(clock.now())
        with queries.on(Cases, min_position) as cursor:
            page = case_page(cursor, case_no, today=today, recipient=recipient_of(actor))
        found = found_or_404(page, "case", case_no=case_no)
        tag(found.version)
        return found

    @router.get("/copy-notices")
    def copy_notices(
        actor: CaseReader,
        state: NoticeState | None = None,
        case: Code | None = None,
        after: Cursor = None,
        limit: Limit = 50,
        min_position: MinPosition = 0,
    ) -> Page[NoticeRow]:
        """Copy notices as they stand today: sent, overdue or replied (抄告单)."""
        (start,) = decode_cursor(after, str) or ("",)
        with queries.on(Cases, min_position) as cursor:
            found = list_copy_notices(
                cursor,
                today=civil_date(clock.now()),
                case_no=case,
                recipient=recipient_of(actor),
                state=state,
                after=str(start),
                limit=limit + 1,
            )
        return page_of(found, limit, lambda row: (row.notice_no,))

    return router
