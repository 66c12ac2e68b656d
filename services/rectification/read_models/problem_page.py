"""How far is this problem, and what content is to be pledged and signed?"""

from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from shared.contracts import rectification as told
from shared.contracts.base import Event
from shared.contracts.rectification import ProblemState
from shared.contracts.rectification_content import content_digest
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent

STATE_AFTER: dict[type[Event], ProblemState] = {
    told.ProblemClaimed: ProblemState.CLAIMED,
    told.ProblemStopped: ProblemState.WITHDRAWN,
    told.RectificationStarted: ProblemState.RECTIFYING,
    told.ProblemDeclaredRectified: ProblemState.DECLARED_RECTIFIED,
    told.ReRectificationOrdered: ProblemState.RE_RECTIFYING,
    told.ClosureEligibilityNoted: ProblemState.CLOSURE_ELIGIBLE,
    told.ClosureApplied: ProblemState.CLOSURE_APPLIED,
    told.ClosureSignatureLapsed: ProblemState.CLOSURE_ELIGIBLE,
    told.ClosureNoted: ProblemState.CLOSED,
}
"""The state that an event leads to; an event that is not named keeps the state."""


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_TAKEN: dict[type[Event], dict[str, str]] = {
    told.ProblemReceived: _same(
        "case_no", "unit", "category", "issued_on", "rectify_by", "concerns_person_or_matter"
    ),
    told.ProblemClaimed: _same("claimed_by", "responsible_member", "claimed_on"),
    told.RectificationStarted: _same("rectify_by", "deadline_version"),
    told.DeadlineExtended: _same("rectify_by", "deadline_version"),
    told.ReRectificationOrdered: _same("cycle", "rectify_by", "deadline_version"),
    told.RectificationOverdue: {"overdue_version": "deadline_version"},
    told.AuthenticityPledged: {"pledged_digest": "digest", "pledged_by": "signatory"},
    told.ProblemDeclaredRectified: {"declarations": "declaration"},
    told.ClosureEligibilityNoted: {"pairs": "pairs", "second_round_is_waived": "waived"},
    told.DisposalNoted: _same("disposal_known", "pursuit_known"),
    told.ClosureApplied: _same("application", "signatory"),
}
"""Column → fact: what a column takes over from an event as it is."""


class WorkItem(BaseModel):
    """A task of the plan, or an item that is left to rectify."""

    work_no: str
    is_done: bool


class ProblemPage(BaseModel):
    """The problem as the unit's side knows it; `version` is that of its stream.

    `content_digest` is what a pledge or a closing report is to be given on now.
    """

    problem_no: str
    case_no: str
    unit: str
    category: str
    issued_on: date | None
    concerns_person_or_matter: bool
    state: ProblemState
    cycle: int
    rectify_by: date | None
    deadline_version: int
    overdue_version: int
    claimed_by: str | None
    responsible_member: str | None
    claimed_on: date | None
    work: list[WorkItem] = []
    needs_nil_confirmation: bool
    results: dict[str, Any] | None
    content_digest: str
    pledged_digest: str | None
    pledged_by: str | None
    declarations: int
    pairs: int
    second_round_is_waived: bool
    disposal_known: bool
    pursuit_known: bool
    open_objections: list[str]
    open_blockers: list[str]
    application: int
    signatory: str | None
    version: int


class Problems(ReadModel):
    """The problems under rectification, by their number."""

    NAME = "problem_page"
    VERSION = 1
    TABLES = """
        CREATE TABLE problem (
            problem_no text PRIMARY KEY,
            case_no text NOT NULL DEFAULT '',
            unit text NOT NULL DEFAULT '',
            category text NOT NULL DEFAULT '',
            issued_on date,
            concerns_person_or_matter boolean NOT NULL DEFAULT false,
            state text NOT NULL,
            cycle int NOT NULL DEFAULT 1,
            rectify_by date,
            deadline_version int NOT NULL DEFAULT 0,
            overdue_version int NOT NULL DEFAULT 0,
            claimed_by text,
            responsible_member text,
            claimed_on date,
            needs_nil_confirmation boolean NOT NULL DEFAULT false,
            results jsonb,
            content_digest text NOT NULL DEFAULT '',
            pledged_digest text,
            pledged_by text,
            declarations int NOT NULL DEFAULT 0,
            pairs int NOT NULL DEFAULT 0,
            second_round_is_waived boolean NOT NULL DEFAULT false,
            disposal_known boolean NOT NULL DEFAULT false,
            pursuit_known boolean NOT NULL DEFAULT false,
            open_objections text[] NOT NULL DEFAULT '{}',
            open_blockers text[] NOT NULL DEFAULT '{}',
            application int NOT NULL DEFAULT 0,
            signatory text,
            version bigint NOT NULL
        );
        CREATE INDEX problem_unit_idx ON problem (unit, problem_no);
        CREATE INDEX problem_case_idx ON problem (case_no, problem_no);
        CREATE TABLE work_item (
            problem_no text NOT NULL,
            work_no text NOT NULL,
            position bigint NOT NULL,
            is_done boolean NOT NULL,
            PRIMARY KEY (problem_no, work_no)
        );
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        kind, _, problem_no = recorded.record.stream.partition("/")
        if kind != "problem":
            return
        content = self._content(cursor, problem_no, recorded)
        event = recorded.event
        changes = {"version": recorded.record.version, "content_digest": content}
        changes |= _changes(event)
        if type(event) in STATE_AFTER:
            changes["state"] = STATE_AFTER[type(event)]
        _update(cursor, problem_no, changes)
        _follow_work(cursor, problem_no, recorded)
        _follow_open_matters(cursor, problem_no, event)

    def _content(self, cursor: Cursor, problem_no: str, recorded: RecordedEvent) -> str:
        """Return the digest after the event, with a row that stands from the first event on."""
        cursor.execute(
            "INSERT INTO problem (problem_no, state, version) VALUES (%s, %s, 0)"
            " ON CONFLICT (problem_no) DO UPDATE SET problem_no = EXCLUDED.problem_no"
            " RETURNING content_digest",
            (problem_no, ProblemState.EXPECTED),
        )
        row = cursor.fetchone()
        return content_digest(row["content_digest"] if row else "", recorded.event)


def _changes(event: Event) -> dict[str, Any]:
    """Return the columns that the event gives a new value."""
    taken = {column: getattr(event, fact) for column, fact in _TAKEN.get(type(event), {}).items()}
    match event:
        case told.ProblemReceived():
            return taken | {"state": ProblemState.ISSUED}
        case told.ResultsRecorded():
            return {"results": Jsonb(_without_number(event))}
        case told.NilItemsConfirmed():
            return {"needs_nil_confirmation": False}
        case told.PledgeVoided():
            return {"pledged_digest": None, "pledged_by": None}
        case told.ReRectificationOrdered():
            return taken | _ordered(event)
        case told.ClosureSignatureLapsed():
            return {"signatory": None}
    return taken


def _without_number(event: told.ResultsRecorded) -> dict[str, Any]:
    return {name: fact for name, fact in event.facts().items() if name != "problem_no"}


def _ordered(event: told.ReRectificationOrdered) -> dict[str, Any]:
    is_nil = not event.items and event.cause is not told.OrderCause.SHAM
    changes: dict[str, Any] = {"needs_nil_confirmation": is_nil}
    if event.cause is told.OrderCause.REOPENING:
        changes |= {"pairs": 0, "second_round_is_waived": False, "application": 0}
        changes |= {"pledged_digest": None, "pledged_by": None, "signatory": None}
    return changes


def _update(cursor: Cursor, problem_no: str, changes: dict[str, Any]) -> None:
    """Set the columns; a problem that was withdrawn before it was received stays so."""
    if changes.get("state") is ProblemState.ISSUED:
        cursor.execute("SELECT state FROM problem WHERE problem_no = %s", (problem_no,))
        row = cursor.fetchone()
        if row and row["state"] != ProblemState.EXPECTED:
            del changes["state"]
    columns = ", ".join(f"{name} = %({name})s" for name in changes)
    statement = f"UPDATE problem SET {columns} WHERE problem_no = %(key)s"  # noqa: S608 - own names
    cursor.execute(statement, changes | {"key": problem_no})


def _follow_work(cursor: Cursor, problem_no: str, recorded: RecordedEvent) -> None:
    match recorded.event:
        case told.RectificationStarted() as event:
            _add_work(cursor, problem_no, [task.task_no for task in event.tasks], recorded.position)
        case told.ReRectificationOrdered() as event:
            _add_work(cursor, problem_no, [item.item_no for item in event.items], recorded.position)
        case told.TaskCompleted() as event:
            cursor.execute(
                "UPDATE work_item SET is_done = true WHERE problem_no = %s AND work_no = %s",
                (problem_no, event.task_no),
            )
        case told.CompletionVoided():
            cursor.execute(
                "UPDATE work_item SET is_done = false WHERE problem_no = %s", (problem_no,)
            )


def _add_work(cursor: Cursor, problem_no: str, numbers: list[str], position: int) -> None:
    cursor.executemany(
        "INSERT INTO work_item (problem_no, work_no, position, is_done)"
        " VALUES (%s, %s, %s, false)"
        " ON CONFLICT (problem_no, work_no) DO UPDATE SET is_done = false",
        [(problem_no, number, position) for number in numbers],
    )


def _follow_open_matters(cursor: Cursor, problem_no: str, event: Event) -> None:
    match event:
        case told.ObjectionNoted():
            _open_or_settle(
                cursor, "open_objections", problem_no, event.objection_no, event.is_open
            )
        case told.BlockerRaised():
            _open_or_settle(cursor, "open_blockers", problem_no, event.blocker_no, True)
        case told.BlockerResolved():
            _open_or_settle(cursor, "open_blockers", problem_no, event.blocker_no, False)


def _open_or_settle(
    cursor: Cursor, column: str, problem_no: str, number: str, is_open: bool
) -> None:
    change = "array_append" if is_open else "array_remove"
    statement = f"UPDATE problem SET {column} = {change}({column}, %s) WHERE problem_no = %s"  # noqa: S608 - own names
    cursor.execute(statement, (number, problem_no))


def problem_page(cursor: Cursor, problem_no: str, *, unit: str | None) -> ProblemPage | None:
    """Return the page of a problem; None when there is none, or not of the one unit to be seen."""
    cursor.execute(
        "SELECT * FROM problem WHERE problem_no = %(no)s AND case_no <> ''"
        " AND (%(unit)s::text IS NULL OR unit = %(unit)s)",
        {"no": problem_no, "unit": unit},
    )
    row = cursor.fetchone()
    return _page(cursor, row) if row else None


def list_problems(
    cursor: Cursor, *, unit: str | None, case_no: str | None, state: str | None,
    after: str, limit: int,
) -> list[ProblemPage]:  # fmt: skip
    """Return up to `limit` problems after the number `after`, filtered by what is given."""
    cursor.execute(
        "SELECT * FROM problem WHERE problem_no > %(after)s AND case_no <> ''"
        " AND (%(unit)s::text IS NULL OR unit = %(unit)s)"
        " AND (%(case_no)s::text IS NULL OR case_no = %(case_no)s)"
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " ORDER BY problem_no LIMIT %(limit)s",
        {"unit": unit, "case_no": case_no, "state": state, "after": after, "limit": limit},
    )
    return [_page(cursor, row) for row in cursor.fetchall()]


def _page(cursor: Cursor, row: dict[str, Any]) -> ProblemPage:
    cursor.execute(
        "SELECT work_no, is_done FROM work_item WHERE problem_no = %s ORDER BY position, work_no",
        (row["problem_no"],),
    )
    return ProblemPage(**row, work=[WorkItem(**work) for work in cursor.fetchall()])
