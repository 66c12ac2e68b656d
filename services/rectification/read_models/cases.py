"""Which cases are there, and how do their plan, meeting, handover and problems stand?"""

from datetime import date
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from services.rectification.read_models.problem_page import STATE_AFTER
from shared.contracts import rectification as told
from shared.contracts.base import Event
from shared.contracts.rectification import PlannedProblem, ProblemState
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class PlanState(StrEnum):
    """Where the plan stands (R117)."""

    MISSING = "MISSING"
    UNDER_REVIEW = "UNDER_REVIEW"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"


class CaseRow(BaseModel):
    """One case; `open_problems` are neither closed nor withdrawn."""

    case_no: str
    round_no: str
    unit: str
    issued_on: date
    principal_at_issue: str
    plan_due: date
    window_end: date
    rectify_by: date
    plan_state: PlanState
    plan_version: int
    plan_digest: str | None
    plan_submitted_by: str | None
    meeting_held_on: date | None
    meeting_reported_on: date | None
    handover: int
    handover_is_open: bool
    outgoing: str | None
    incoming: str | None
    outgoing_signed: bool
    incoming_signed: bool
    problems: int
    open_problems: int
    version: int


class CasePage(CaseRow):
    """A case with the latest version of its plan and the states of its problems."""

    plan: list[PlannedProblem]
    states: dict[str, ProblemState]


class Cases(ReadModel):
    """The cases by their number."""

    NAME = "cases"
    VERSION = 1
    TABLES = """
        CREATE TABLE rectification_case (
            case_no text PRIMARY KEY,
            round_no text NOT NULL,
            unit text NOT NULL,
            issued_on date NOT NULL,
            principal_at_issue text NOT NULL,
            plan_due date NOT NULL,
            window_end date NOT NULL,
            rectify_by date NOT NULL,
            plan_state text NOT NULL,
            plan_version int NOT NULL DEFAULT 0,
            plan_digest text,
            plan_submitted_by text,
            plan jsonb NOT NULL DEFAULT '[]',
            meeting_held_on date,
            meeting_reported_on date,
            handover int NOT NULL DEFAULT 0,
            handover_is_open boolean NOT NULL DEFAULT false,
            outgoing text,
            incoming text,
            outgoing_signed boolean NOT NULL DEFAULT false,
            incoming_signed boolean NOT NULL DEFAULT false,
            version bigint NOT NULL
        );
        CREATE INDEX rectification_case_unit_idx ON rectification_case (unit, case_no);
        CREATE INDEX rectification_case_round_idx ON rectification_case (round_no, case_no);
        CREATE TABLE case_problem (
            problem_no text PRIMARY KEY,
            case_no text NOT NULL DEFAULT '',
            state text NOT NULL
        );
        CREATE INDEX case_problem_case_idx ON case_problem (case_no);
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        kind, _, key = recorded.record.stream.partition("/")
        event = recorded.event
        if kind == "problem":
            _follow_problem(cursor, key, event)
        elif isinstance(event, told.CaseOpened):
            _insert(cursor, event, recorded.record.version)
        elif kind == "case":
            changes = {"version": recorded.record.version} | _changes(event)
            columns = ", ".join(f"{name} = %({name})s" for name in changes)
            statement = f"UPDATE rectification_case SET {columns} WHERE case_no = %(key)s"  # noqa: S608 - own names
            cursor.execute(statement, changes | {"key": key})


def _insert(cursor: Cursor, event: told.CaseOpened, version: int) -> None:
    cursor.execute(
        "INSERT INTO rectification_case (case_no, round_no, unit, issued_on, principal_at_issue,"
        " plan_due, window_end, rectify_by, plan_state, version)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (event.case_no, event.round_no, event.unit, event.issued_on, event.principal,
         event.plan_due, event.window_end, event.rectify_by, PlanState.MISSING, version),
    )  # fmt: skip


def _changes(event: Event) -> dict[str, Any]:
    """Return the columns that the event gives a new value."""
    match event:
        case told.PlanSubmitted():
            return _submitted(event)
        case told.PlanReturnNoted():
            return {"plan_state": PlanState.RETURNED}
        case told.PlanApprovalNoted():
            return {"plan_state": PlanState.APPROVED}
        case told.MeetingHeld():
            return {"meeting_held_on": event.held_on}
        case told.MeetingReported():
            return {"meeting_reported_on": event.reported_on}
        case told.HandoverRequired():
            return _handover(event)
        case told.HandoverSigned(party=told.HandoverParty.OUTGOING):
            return {"outgoing_signed": True}
        case told.HandoverSigned():
            return {"incoming_signed": True}
        case told.HandoverCompleted():
            return {"handover_is_open": False}
    return {}


def _submitted(event: told.PlanSubmitted) -> dict[str, Any]:
    return {
        "plan_state": PlanState.UNDER_REVIEW,
        "plan_version": event.plan_version,
        "plan_digest": event.digest,
        "plan_submitted_by": event.submitted_by,
        "plan": Jsonb(event.facts()["problems"]),
    }


def _handover(event: told.HandoverRequired) -> dict[str, Any]:
    return {
        "handover": event.handover,
        "handover_is_open": True,
        "outgoing": event.outgoing,
        "incoming": event.incoming,
        "outgoing_signed": False,
        "incoming_signed": False,
    }


def _follow_problem(cursor: Cursor, problem_no: str, event: Event) -> None:
    state = STATE_AFTER.get(type(event))
    if isinstance(event, told.ProblemReceived):
        cursor.execute(
            "INSERT INTO case_problem (problem_no, case_no, state) VALUES (%s, %s, %s)"
            " ON CONFLICT (problem_no) DO UPDATE SET case_no = EXCLUDED.case_no",
            (problem_no, event.case_no, ProblemState.ISSUED),
        )
    elif state is not None:
        cursor.execute(
            "INSERT INTO case_problem (problem_no, state) VALUES (%s, %s)"
            " ON CONFLICT (problem_no) DO UPDATE SET state = EXCLUDED.state",
            (problem_no, state),
        )


_WITH_COUNTS = """
    SELECT c.*, count(p.problem_no) AS problems,
           count(p.problem_no) FILTER (WHERE p.state NOT IN ('P3w', 'P15')) AS open_problems
    FROM rectification_case c LEFT JOIN case_problem p USING (case_no)
"""


def list_cases(
    cursor: Cursor, *, unit: str | None, round_no: str | None, after: str, limit: int
) -> list[CaseRow]:
    """Return up to `limit` cases after the number `after`, filtered by what is given."""
    cursor.execute(
        f"{_WITH_COUNTS} WHERE c.case_no > %(after)s"
        " AND (%(unit)s::text IS NULL OR c.unit = %(unit)s)"
        " AND (%(round_no)s::text IS NULL OR c.round_no = %(round_no)s)"
        " GROUP BY c.case_no ORDER BY c.case_no LIMIT %(limit)s",
        {"unit": unit, "round_no": round_no, "after": after, "limit": limit},
    )
    return [CaseRow.model_validate(row) for row in cursor.fetchall()]


def case_page(cursor: Cursor, case_no: str, *, unit: str | None, reader: str) -> CasePage | None:
    """Return the page of a case; None when there is none, or not of the one unit to be seen.

    Who has to hand it over sees it from wherever he is now.
    """
    cursor.execute(
        f"{_WITH_COUNTS} WHERE c.case_no = %(no)s"
        " AND (%(unit)s::text IS NULL OR c.unit = %(unit)s"
        " OR (c.handover_is_open AND c.outgoing = %(reader)s)) GROUP BY c.case_no",
        {"no": case_no, "unit": unit, "reader": reader},
    )
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute(
        "SELECT problem_no, state FROM case_problem WHERE case_no = %s ORDER BY problem_no",
        (case_no,),
    )
    states = {found["problem_no"]: found["state"] for found in cursor.fetchall()}
    return CasePage.model_validate(row | {"states": states})
