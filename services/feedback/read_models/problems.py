"""Which problems are there, in which state and wording, and who may see them?

States are those of feedback: a problem that was claimed is still P3 here.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from shared.contracts.base import Event
from shared.contracts.feedback import (
    CopyNoticeSent,
    DeliveryComputed,
    DeliveryKind,
    ObjectionDismissed,
    ObjectionRaised,
    ProblemAmended,
    ProblemApproved,
    ProblemDrafted,
    ProblemDraftReturned,
    ProblemIssued,
    ProblemState,
    ProblemSubstantiated,
    ProblemWithdrawn,
    RoundOpened,
)
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent

_STATE_AFTER: dict[type[Event], ProblemState] = {
    ProblemSubstantiated: ProblemState.SUBSTANTIATED,
    ProblemDraftReturned: ProblemState.DRAFTED,
    ProblemApproved: ProblemState.APPROVED,
    ProblemIssued: ProblemState.ISSUED,
    ObjectionRaised: ProblemState.CONTESTED,
    ObjectionDismissed: ProblemState.ISSUED,
    ProblemAmended: ProblemState.ISSUED,
    ProblemWithdrawn: ProblemState.WITHDRAWN,
}
_READ_THROUGH_NOTICES = (
    DeliveryKind.LEADERS_AND_DEPARTMENTS,
)  # each sees what its own notice names


class ProblemRow(BaseModel):
    """One problem. Nothing here differs for a problem that has a lead behind it (3.4 rule 6)."""

    problem_no: str
    case_no: str
    round_no: str
    unit: str
    state: ProblemState
    wording: str | None
    wording_version: int
    category: str
    cause: str
    nature: str
    concerns_person_or_matter: bool
    issued_on: date | None = None
    objection_until: date | None = None
    objection_no: str | None = None
    version: int


@dataclass(frozen=True)
class Audience:
    """What somebody may see: own team's, what was delivered to `reader`, drafts, wording.

    A limit that is None does not limit.
    """

    team_member: str | None = None
    reader: str | None = None
    drafts: bool = False
    wording: bool = True


class Problems(ReadModel):
    """The problems by their number, with the readers that feedback was delivered to."""

    NAME = "problems"
    VERSION = 1
    TABLES = """
        CREATE TABLE problem (
            problem_no text PRIMARY KEY,
            case_no text NOT NULL,
            round_no text NOT NULL,
            unit text NOT NULL,
            state text NOT NULL,
            wording text NOT NULL,
            wording_version int NOT NULL DEFAULT 1,
            category text NOT NULL,
            cause text NOT NULL,
            nature text NOT NULL,
            concerns_person_or_matter boolean NOT NULL,
            issued_on date,
            objection_until date,
            objection_no text,
            version bigint NOT NULL
        );
        CREATE INDEX problem_case_idx ON problem (case_no, problem_no);
        CREATE INDEX problem_unit_idx ON problem (unit, problem_no);
        CREATE TABLE problem_reader (
            problem_no text NOT NULL,
            reader text NOT NULL,
            PRIMARY KEY (reader, problem_no)
        );
        CREATE TABLE case_team (
            case_no text NOT NULL,
            person_ref text NOT NULL,
            PRIMARY KEY (case_no, person_ref)
        );
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        event = recorded.event
        _follow(cursor, event)
        state = _STATE_AFTER.get(type(event))
        if state is not None:
            cursor.execute(
                "UPDATE problem SET state = %s, version = %s WHERE problem_no = %s",
                (state, recorded.record.version, recorded.record.stream.partition("/")[2]),
            )


def _follow(cursor: Cursor, event: Event) -> None:
    match event:
        case RoundOpened():
            _team(cursor, event)
        case ProblemDrafted():
            _drafted(cursor, event)
        case ProblemIssued():
            cursor.execute(
                "UPDATE problem SET issued_on = %s, objection_until = %s WHERE problem_no = %s",
                (event.issued_on, event.objection_until, event.problem_no),
            )
        case DeliveryComputed() if event.kind not in _READ_THROUGH_NOTICES:
            _delivered(cursor, event)
        case CopyNoticeSent():
            _read_by(cursor, event.recipient, event.problem_nos)
        case ObjectionRaised():
            _objection(cursor, event.problem_no, event.objection_no)
        case ObjectionDismissed() | ProblemWithdrawn():
            _objection(cursor, event.problem_no, None)
        case ProblemAmended():
            _objection(cursor, event.problem_no, None)
            cursor.execute(
                "UPDATE problem SET wording = %s, wording_version = %s WHERE problem_no = %s",
                (event.wording, event.wording_version, event.problem_no),
            )


def _team(cursor: Cursor, event: RoundOpened) -> None:
    cursor.executemany(
        "INSERT INTO case_team (case_no, person_ref) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [
            (target.case_no, person)
            for target in event.targets
            for person in (target.team_leader, *target.team_members)
        ],
    )


def _drafted(cursor: Cursor, event: ProblemDrafted) -> None:
    cursor.execute(
        "INSERT INTO problem (problem_no, case_no, round_no, unit, state, wording, category,"
        " cause, nature, concerns_person_or_matter, version)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1)",
        (event.problem_no, event.case_no, event.round_no, event.unit, ProblemState.DRAFTED,
         event.wording, event.category, event.cause, event.nature,
         event.concerns_person_or_matter),
    )  # fmt: skip


def _delivered(cursor: Cursor, event: DeliveryComputed) -> None:
    own_term = {items.recipient: items.problem_nos for items in event.only}
    for recipient in event.recipients:
        _read_by(cursor, recipient, own_term.get(recipient, event.problem_nos))


def _read_by(cursor: Cursor, reader: str, problem_nos: list[str]) -> None:
    cursor.executemany(
        "INSERT INTO problem_reader (problem_no, reader) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [(problem_no, reader) for problem_no in problem_nos],
    )


def _objection(cursor: Cursor, problem_no: str, objection_no: str | None) -> None:
    cursor.execute(
        "UPDATE problem SET objection_no = %s WHERE problem_no = %s", (objection_no, problem_no)
    )


_SEEN = """
    SELECT * FROM problem
    WHERE problem_no > %(after)s
    AND (%(problem_no)s::text IS NULL OR problem_no = %(problem_no)s)
    AND (%(case_no)s::text IS NULL OR case_no = %(case_no)s)
    AND (%(round_no)s::text IS NULL OR round_no = %(round_no)s)
    AND (%(unit)s::text IS NULL OR unit = %(unit)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(drafts)s OR issued_on IS NOT NULL)
    AND (%(reader)s::text IS NULL OR EXISTS (
        SELECT FROM problem_reader AS one
        WHERE one.reader = %(reader)s AND one.problem_no = problem.problem_no))
    AND (%(team_member)s::text IS NULL OR EXISTS (
        SELECT FROM case_team AS one
        WHERE one.person_ref = %(team_member)s AND one.case_no = problem.case_no))
    ORDER BY problem_no LIMIT %(limit)s
"""
_FILTERS = ("problem_no", "case_no", "round_no", "unit", "state")


def list_problems(
    cursor: Cursor, audience: Audience, *, filters: dict[str, str | None], after: str, limit: int
) -> list[ProblemRow]:
    """Return up to `limit` problems after the number `after`, of those the audience may see.

    `filters` may hold `problem_no`, `case_no`, `round_no`, `unit` and `state`.
    """
    given = {name: filters.get(name) for name in _FILTERS}
    cursor.execute(_SEEN, {**given, **asdict(audience), "after": after, "limit": limit})
    return [_row(row, audience) for row in cursor.fetchall()]


def problem_page(cursor: Cursor, audience: Audience, problem_no: str) -> ProblemRow | None:
    """Return the problem, None when there is none or the audience may not see it."""
    filters: dict[str, str | None] = {"problem_no": problem_no}
    found = list_problems(cursor, audience, filters=filters, after="", limit=1)
    return found[0] if found else None


def _row(row: dict[str, Any], audience: Audience) -> ProblemRow:
    found = ProblemRow.model_validate(row)
    return found if audience.wording else found.model_copy(update={"wording": None})
