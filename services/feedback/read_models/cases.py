"""How far is the feedback of a case, who received it, and which copy notices are overdue?"""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel

from shared.contracts.feedback import (
    CopyNoticeReplied,
    CopyNoticeSent,
    CopyRecipientKind,
    DeliveryComputed,
    DeliveryKind,
    DeliveryReceipted,
    FeedbackIssued,
    ProblemListed,
    ReportTripleFiled,
)
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class NoticeState(StrEnum):
    """Where a copy notice stands on the day of the question (R087)."""

    SENT = "SENT"
    OVERDUE = "OVERDUE"
    REPLIED = "REPLIED"


class DeliveryRow(BaseModel):
    """One delivery to one recipient; no `received_on` means not confirmed."""

    kind: DeliveryKind
    recipient: str
    problem_nos: list[str]
    received_on: date | None = None


class NoticeRow(BaseModel):
    """One copy notice and its state on the day of the question."""

    notice_no: str
    case_no: str
    recipient: str
    recipient_kind: CopyRecipientKind
    problem_nos: list[str]
    reply_due: date
    state: NoticeState
    replied_on: date | None = None
    reply: str | None = None


class CasePage(BaseModel):
    """The feedback of one case; `version` is that of the stream `feedback/<case_no>`."""

    case_no: str
    round_no: str
    unit: str
    orphans: int
    listed: list[str]
    issued_on: date | None = None
    principal: str | None = None
    team_leader: str | None = None
    linked_office: str | None = None
    resident_team: str | None = None
    plan_due: date | None = None
    window_end: date | None = None
    rectify_by: date | None = None
    deliveries: list[DeliveryRow]
    copy_notices: list[NoticeRow]
    version: int


class Cases(ReadModel):
    """The feedback of each case, its deliveries and its copy notices."""

    NAME = "cases"
    VERSION = 1
    TABLES = """
        CREATE TABLE feedback_case (
            case_no text PRIMARY KEY,
            round_no text NOT NULL,
            unit text NOT NULL,
            orphans int NOT NULL,
            listed text[] NOT NULL DEFAULT '{}',
            issued_on date,
            principal text,
            team_leader text,
            linked_office text,
            resident_team text,
            plan_due date,
            window_end date,
            rectify_by date,
            version bigint NOT NULL
        );
        CREATE TABLE delivery (
            case_no text NOT NULL,
            kind text NOT NULL,
            recipient text NOT NULL,
            problem_nos text[] NOT NULL,
            received_on date,
            PRIMARY KEY (case_no, kind, recipient)
        );
        CREATE TABLE copy_notice (
            notice_no text PRIMARY KEY,
            case_no text NOT NULL,
            recipient text NOT NULL,
            recipient_kind text NOT NULL,
            problem_nos text[] NOT NULL,
            reply_due date NOT NULL,
            replied_on date,
            reply text
        );
        CREATE INDEX copy_notice_case_idx ON copy_notice (case_no, notice_no);
        CREATE INDEX copy_notice_waiting_idx ON copy_notice (reply_due) WHERE replied_on IS NULL;
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case ReportTripleFiled() as event:
                _filed(cursor, event)
            case ProblemListed() as event:
                cursor.execute(
                    "UPDATE feedback_case SET listed = listed || %s::text WHERE case_no = %s",
                    (event.problem_no, event.case_no),
                )
            case FeedbackIssued() as event:
                _issued(cursor, event)
            case DeliveryComputed() as event:
                _computed(cursor, event)
            case DeliveryReceipted() as event:
                _receipted(cursor, event)
            case CopyNoticeSent() as event:
                _sent(cursor, event)
            case CopyNoticeReplied() as event:
                cursor.execute(
                    "UPDATE copy_notice SET replied_on = %s, reply = %s WHERE notice_no = %s",
                    (event.replied_on, event.reply, event.notice_no),
                )
        kind, _, case_no = recorded.record.stream.partition("/")
        if kind == "feedback":
            cursor.execute(
                "UPDATE feedback_case SET version = %s WHERE case_no = %s",
                (recorded.record.version, case_no),
            )


def _filed(cursor: Cursor, event: ReportTripleFiled) -> None:
    cursor.execute(
        "INSERT INTO feedback_case (case_no, round_no, unit, orphans, version)"
        " VALUES (%s, %s, %s, %s, 1)"
        " ON CONFLICT (case_no) DO UPDATE SET orphans = excluded.orphans",
        (event.case_no, event.round_no, event.unit, event.orphans),
    )


def _issued(cursor: Cursor, event: FeedbackIssued) -> None:
    cursor.execute(
        "UPDATE feedback_case SET issued_on = %s, principal = %s, team_leader = %s,"
        " linked_office = %s, resident_team = %s, plan_due = %s, window_end = %s, rectify_by = %s"
        " WHERE case_no = %s",
        (event.issued_on, event.principal, event.team_leader, event.linked_office,
         event.resident_team, event.plan_due, event.window_end, event.rectify_by, event.case_no),
    )  # fmt: skip


def _computed(cursor: Cursor, event: DeliveryComputed) -> None:
    own_term = {items.recipient: items.problem_nos for items in event.only}
    cursor.executemany(
        "INSERT INTO delivery (case_no, kind, recipient, problem_nos) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [
            (event.case_no, event.kind, one, own_term.get(one, event.problem_nos))
            for one in event.recipients
        ],
    )


def _receipted(cursor: Cursor, event: DeliveryReceipted) -> None:
    cursor.execute(
        "UPDATE delivery SET received_on = %s WHERE case_no = %s AND kind = %s AND recipient = %s",
        (event.received_on, event.case_no, event.kind, event.recipient),
    )


def _sent(cursor: Cursor, event: CopyNoticeSent) -> None:
    cursor.execute(
        "INSERT INTO copy_notice (notice_no, case_no, recipient, recipient_kind, problem_nos,"
        " reply_due) VALUES (%s, %s, %s, %s, %s, %s)",
        (event.notice_no, event.case_no, event.recipient, event.recipient_kind,
         event.problem_nos, event.reply_due),
    )  # fmt: skip


_DELIVERIES = """
    SELECT kind, recipient, problem_nos, received_on FROM delivery
    WHERE case_no = %(case_no)s
    AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
    ORDER BY kind, recipient
"""
_NOTICES = """
    SELECT * FROM (
        SELECT *, CASE WHEN replied_on IS NOT NULL THEN 'REPLIED'
            WHEN reply_due < %(today)s THEN 'OVERDUE' ELSE 'SENT' END AS state
        FROM copy_notice) AS notice
    WHERE notice_no > %(after)s
    AND (%(case_no)s::text IS NULL OR case_no = %(case_no)s)
    AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    ORDER BY notice_no LIMIT %(limit)s
"""


def case_page(
    cursor: Cursor, case_no: str, *, today: date, recipient: str | None = None
) -> CasePage | None:
    """Return the case; with `recipient`, only what went to that person or organisation.

    None when there is none, or when nothing of it went to the recipient.
    """
    row = cursor.execute("SELECT * FROM feedback_case WHERE case_no = %s", (case_no,)).fetchone()
    if row is None:
        return None
    cursor.execute(_DELIVERIES, {"case_no": case_no, "recipient": recipient})
    deliveries = cursor.fetchall()
    notices = list_copy_notices(cursor, today=today, case_no=case_no, recipient=recipient)
    if recipient is not None and not deliveries and not notices:
        return None
    listed = row["listed"] if recipient is None else []
    return CasePage.model_validate(
        {**row, "listed": listed, "deliveries": deliveries, "copy_notices": notices}
    )


def list_copy_notices(
    cursor: Cursor,
    *,
    today: date,
    case_no: str | None = None,
    recipient: str | None = None,
    state: NoticeState | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[NoticeRow]:
    """Return up to `limit` notices after the number `after`, as they stand on the day `today`."""
    values = {
        "today": today,
        "case_no": case_no,
        "recipient": recipient,
        "state": state,
        "after": after,
        "limit": limit,
    }
    cursor.execute(_NOTICES, values)
    return [NoticeRow.model_validate(row) for row in cursor.fetchall()]
