"""Who is accountable for a case now, how far is its plan, and what keeps it open?"""

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from pydantic import BaseModel

from shared.contracts.base import Event
from shared.contracts.supervision import (
    CaseClosed,
    CopyNoticeNoted,
    EntryCancelled,
    EntryRestored,
    LedgerOpened,
    MeetingNoted,
    Phase,
    PhaseChanged,
    PhaseStarted,
    PlanApproved,
    PlanReceived,
    PlanReturned,
    PlanVoteCast,
    TeamLeaderReplaced,
)
from shared.eventstore.projections import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class CasePage(BaseModel):
    """The supervision side of a case; `remaining` counts problems still in the ledgers (R167)."""

    case_no: str
    unit: str
    round_no: str
    phase: Phase
    supervisor: str
    plan_version: int
    plan_digest: str | None
    plan_state: str | None
    votes: dict[str, bool]
    problem_nos: list[str]
    remaining: int
    is_meeting_noted: bool
    open_notices: int
    is_closed: bool
    version: int


class Cases(ReadModel):
    """One row per case, with its items and copy notices beside it."""

    NAME = "cases"
    VERSION = 2
    TABLES = """
        CREATE TABLE case_page (
            case_no text PRIMARY KEY,
            unit text, round_no text, phase text, supervisor text,
            plan_version integer NOT NULL DEFAULT 0,
            plan_digest text, plan_state text,
            votes jsonb NOT NULL DEFAULT '{}',
            problem_nos text[] NOT NULL DEFAULT '{}',
            is_meeting_noted boolean NOT NULL DEFAULT false,
            is_closed boolean NOT NULL DEFAULT false,
            version integer NOT NULL DEFAULT 0
        );
        CREATE INDEX case_page_unit ON case_page (unit, case_no);
        CREATE TABLE settled_item (
            case_no text NOT NULL, problem_no text NOT NULL,
            PRIMARY KEY (case_no, problem_no)
        );
        CREATE TABLE copy_notice (
            case_no text NOT NULL, notice_no text NOT NULL, is_answered boolean NOT NULL,
            PRIMARY KEY (case_no, notice_no)
        );
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        if not recorded.record.stream.startswith("case/"):
            return
        case_no = recorded.record.stream.removeprefix("case/")
        cursor.execute(
            "INSERT INTO case_page (case_no, version) VALUES (%s, %s)"
            " ON CONFLICT (case_no) DO UPDATE SET version = excluded.version",
            (case_no, recorded.record.version),
        )
        _ledgers(cursor, recorded.event)
        _plan(cursor, recorded.event)
        _items(cursor, recorded.event)


def _ledgers(cursor: Cursor, event: Event) -> None:
    match event:
        case LedgerOpened():
            cursor.execute(
                "UPDATE case_page SET unit = %s, round_no = %s, problem_nos = %s"
                " WHERE case_no = %s",
                (event.unit, event.round_no, event.problem_nos, event.case_no),
            )
        case PhaseStarted() | PhaseChanged():
            cursor.execute(
                "UPDATE case_page SET phase = %s, supervisor = %s WHERE case_no = %s",
                (event.phase, event.supervisor, event.case_no),
            )
        case TeamLeaderReplaced():
            cursor.execute(
                "UPDATE case_page SET supervisor = %s WHERE case_no = %s AND phase = 'INITIAL'",
                (event.successor, event.case_no),
            )
        case MeetingNoted():
            cursor.execute(
                "UPDATE case_page SET is_meeting_noted = true WHERE case_no = %s", (event.case_no,)
            )
        case CaseClosed():
            cursor.execute(
                "UPDATE case_page SET is_closed = true WHERE case_no = %s", (event.case_no,)
            )


def _plan(cursor: Cursor, event: Event) -> None:
    match event:
        case PlanReceived():
            cursor.execute(
                "UPDATE case_page SET plan_version = %s, plan_digest = %s,"
                " plan_state = 'UNDER_REVIEW', votes = '{}' WHERE case_no = %s",
                (event.plan_version, event.digest, event.case_no),
            )
        case PlanVoteCast():
            cursor.execute(
                "UPDATE case_page SET votes = votes || %s WHERE case_no = %s",
                (Jsonb({event.body: event.approves}), event.case_no),
            )
        case PlanReturned() | PlanApproved():
            state = "RETURNED" if isinstance(event, PlanReturned) else "APPROVED"
            cursor.execute(
                "UPDATE case_page SET plan_state = %s WHERE case_no = %s", (state, event.case_no)
            )


def _items(cursor: Cursor, event: Event) -> None:
    match event:
        case EntryCancelled():
            cursor.execute(
                "INSERT INTO settled_item (case_no, problem_no) VALUES (%s, %s)",
                (event.case_no, event.problem_no),
            )
        case EntryRestored():
            cursor.execute(
                "DELETE FROM settled_item WHERE case_no = %s AND problem_no = %s",
                (event.case_no, event.problem_no),
            )
            cursor.execute(
                "UPDATE case_page SET is_closed = false WHERE case_no = %s", (event.case_no,)
            )
        case CopyNoticeNoted():
            cursor.execute(
                "INSERT INTO copy_notice (case_no, notice_no, is_answered) VALUES (%s, %s, %s)"
                " ON CONFLICT (case_no, notice_no)"
                " DO UPDATE SET is_answered = excluded.is_answered",
                (event.case_no, event.notice_no, event.is_answered),
            )


_PAGE = (
    "SELECT page.*, cardinality(page.problem_nos) - (SELECT count(*) FROM settled_item s"
    "   WHERE s.case_no = page.case_no) AS remaining,"
    " (SELECT count(*) FROM copy_notice n WHERE n.case_no = page.case_no"
    "   AND NOT n.is_answered) AS open_notices"
    " FROM case_page page WHERE page.unit IS NOT NULL"
)


def case_page(cursor: Cursor, case_no: str, unit: str | None = None) -> CasePage | None:
    """Return the case, None if its ledgers are not open or it is not this unit's."""
    row = cursor.execute(
        f"{_PAGE} AND case_no = %s AND (%s::text IS NULL OR unit = %s)", (case_no, unit, unit)
    ).fetchone()
    return _shown(row) if row else None


def case_pages(
    cursor: Cursor, unit: str | None, round_no: str | None, *, after: str, limit: int
) -> list[CasePage]:
    """Return the cases by number, from the one behind `after` on."""
    cursor.execute(
        f"{_PAGE} AND case_no > %(after)s AND (%(unit)s::text IS NULL OR unit = %(unit)s)"
        " AND (%(round_no)s::text IS NULL OR round_no = %(round_no)s)"
        " ORDER BY case_no LIMIT %(limit)s",
        {"after": after, "unit": unit, "round_no": round_no, "limit": limit},
    )
    return [_shown(row) for row in cursor.fetchall()]


def _shown(row: DictRow) -> CasePage:
    return CasePage.model_validate(row)
