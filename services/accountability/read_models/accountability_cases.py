"""Which accountability cases are there, and where do they stand?"""

from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from shared.contracts import accountability as events
from shared.contracts.accountability import AccountabilityState
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class CaseStatus(BaseModel):
    """What those see who neither refer nor decide: that there is a case and where it stands."""

    accountability_no: str
    unit: str
    state: AccountabilityState
    ground: str
    problem_nos: list[str]


class CaseFile(CaseStatus):
    """What the deciding organs see; persons are pseudonyms, the account stays sealed."""

    subject_kind: str | None = None
    subject: str | None = None
    referred_by: str | None = None
    joint_with: str | None = None
    conduct_on: date | None = None
    severity: str | None = None
    measure: str | None = None
    legal_basis: str | None = None
    basis_edition: str | None = None
    within_band: bool | None = None
    decided_by: str | None = None
    decided_on: date | None = None
    executed_on: date | None = None


class AccountabilityCases(ReadModel):
    """The list of accountability cases, by their number."""

    NAME = "accountability_cases"
    VERSION = 1
    TABLES = """
        CREATE TABLE accountability_case (
            accountability_no text PRIMARY KEY,
            unit text NOT NULL,
            state text NOT NULL,
            ground text NOT NULL,
            problem_nos jsonb NOT NULL,
            subject_kind text,
            subject text,
            referred_by text,
            joint_with text,
            conduct_on date,
            severity text,
            measure text,
            legal_basis text,
            basis_edition text,
            within_band boolean,
            decided_by text,
            decided_on date,
            executed_on date
        );
        CREATE INDEX accountability_case_state_idx
            ON accountability_case (state, accountability_no);
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case events.AccountabilityProposed() as event:
                _put(cursor, AccountabilityState.PROPOSED, event, _BROUGHT[:4])
            case events.AccountabilityReferred() as event:
                _put(cursor, AccountabilityState.REFERRED, event, _BROUGHT)
            case events.CaseAccepted() as event:
                _update(cursor, AccountabilityState.ACCEPTED, event)
            case events.CaseRejected() as event:
                _update(cursor, AccountabilityState.REJECTED, event)
            case events.CaseDecided() as event:
                _update(cursor, AccountabilityState.DECIDED, event, _DECIDED)
            case events.CaseExecuted() as event:
                _update(cursor, AccountabilityState.EXECUTED, event, ("executed_on",))


_BROUGHT = (
    "accountability_no", "unit", "ground", "problem_nos", "subject_kind", "subject",
    "referred_by", "joint_with", "conduct_on",
)  # fmt: skip
_DECIDED = (
    "severity", "measure", "legal_basis", "basis_edition", "within_band", "decided_by",
    "decided_on",
)  # fmt: skip


def list_cases(
    cursor: Cursor, *, state: AccountabilityState | None, unit: str | None, after: str, limit: int
) -> list[CaseFile]:
    """Return up to `limit` cases after the number `after`, filtered by what is given."""
    cursor.execute(
        "SELECT * FROM accountability_case WHERE accountability_no > %(after)s"
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(unit)s::text IS NULL OR unit = %(unit)s)"
        " ORDER BY accountability_no LIMIT %(limit)s",
        {"state": state, "unit": unit, "after": after, "limit": limit},
    )
    return [CaseFile.model_validate(row) for row in cursor.fetchall()]


def _put(cursor: Cursor, state: AccountabilityState, event: Any, columns: tuple[str, ...]) -> None:
    """Insert the case, or take the referral of a proposal over it."""
    names = ", ".join(columns)
    places = ", ".join(f"%({column})s" for column in columns)
    taken = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
    cursor.execute(
        f"INSERT INTO accountability_case (state, {names}) VALUES (%(state)s, {places})"  # noqa: S608 - column names are ours
        f" ON CONFLICT (accountability_no) DO UPDATE SET state = EXCLUDED.state, {taken}".encode(),
        _values(event, state, columns),
    )


def _update(
    cursor: Cursor, state: AccountabilityState, event: Any, columns: tuple[str, ...] = ()
) -> None:
    assignments = "".join(f", {column} = %({column})s" for column in columns)
    cursor.execute(
        f"UPDATE accountability_case SET state = %(state)s{assignments}"  # noqa: S608 - column names are ours
        " WHERE accountability_no = %(accountability_no)s".encode(),
        {**_values(event, state, columns), "accountability_no": event.accountability_no},
    )


def _values(event: Any, state: AccountabilityState, columns: tuple[str, ...]) -> dict[str, Any]:
    facts = {column: getattr(event, column) for column in columns}
    if "problem_nos" in facts:
        facts["problem_nos"] = Jsonb(facts["problem_nos"])
    return {**facts, "state": state}
