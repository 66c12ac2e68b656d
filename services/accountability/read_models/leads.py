"""Which leads stand where, and whose first disposal is late (R251, R253, R254)?"""

from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from shared.contracts import accountability as events
from shared.contracts.accountability import LeadState
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class LeadStatus(BaseModel):
    """What the inspection side and the leading group learn: the status, no content (R251)."""

    lead_no: str
    state: LeadState
    registered_on: date | None = None
    first_disposal_due: date | None = None
    conclusion: str | None = None


class LedgerLead(LeadStatus):
    """What the addressee sees in its ledger."""

    case_no: str
    round_no: str
    unit: str
    kind: str
    addressee: str
    concerns_principal: bool
    post_level: str
    problem_nos: list[str]
    method: str | None = None
    measures: int = 0
    cases_filed: int = 0
    transferred: int = 0


class Leads(ReadModel):
    """The ledger of leads, by their number."""

    NAME = "leads"
    VERSION = 1
    TABLES = """
        CREATE TABLE lead (
            lead_no text PRIMARY KEY,
            state text NOT NULL,
            case_no text NOT NULL,
            round_no text NOT NULL,
            unit text NOT NULL,
            kind text NOT NULL,
            addressee text NOT NULL,
            concerns_principal boolean NOT NULL,
            post_level text NOT NULL,
            problem_nos jsonb NOT NULL,
            registered_on date,
            first_disposal_due date,
            method text,
            conclusion text,
            measures int NOT NULL DEFAULT 0,
            cases_filed int NOT NULL DEFAULT 0,
            transferred int NOT NULL DEFAULT 0
        );
        CREATE INDEX lead_addressee_idx ON lead (addressee, lead_no);
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case events.LeadOfferReceived() as event:
                _offered(cursor, event)
            case events.LeadReturned() as event:
                _update(cursor, event.lead_no, state=LeadState.RETURNED)
            case events.LeadRegistered() as event:
                _update(
                    cursor,
                    event.lead_no,
                    state=LeadState.REGISTERED,
                    registered_on=event.registered_on,
                    first_disposal_due=event.first_disposal_due,
                )
            case events.LeadClassified() as event:
                _classified(cursor, event)
            case events.LeadConcluded() as event:
                _update(
                    cursor,
                    event.lead_no,
                    state=LeadState.CONCLUDED,
                    conclusion=event.conclusion.value,
                )
            case events.LeadCancelled() as event:
                _update(cursor, event.lead_no, state=LeadState.CANCELLED)
            case _:
                self._dispose(cursor, recorded)

    def _dispose(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case events.MeasureImposed(origin_lead=str() as lead_no):
                _count(cursor, "measures", lead_no)
            case events.CaseFiled(lead_no=lead_no):
                _count(cursor, "cases_filed", lead_no)
            case events.TransferredToJudiciary(lead_no=lead_no):
                _count(cursor, "transferred", lead_no)


def list_leads(
    cursor: Cursor,
    *,
    addressee: str | None,
    state: LeadState | None,
    late_on: date | None,
    after: str,
    limit: int,
) -> list[LedgerLead]:
    """Return up to `limit` leads after the number `after`, filtered by what is given.

    `late_on`: only registered leads whose first disposal was due before that date.
    """
    cursor.execute(
        "SELECT * FROM lead WHERE lead_no > %(after)s"
        " AND (%(addressee)s::text IS NULL OR addressee = %(addressee)s)"
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(late_on)s::date IS NULL"
        "      OR (state = 'REGISTERED' AND first_disposal_due < %(late_on)s))"
        " ORDER BY lead_no LIMIT %(limit)s",
        {
            "addressee": addressee, "state": state, "late_on": late_on, "after": after,
            "limit": limit,
        },
    )  # fmt: skip
    return [LedgerLead.model_validate(row) for row in cursor.fetchall()]


def _offered(cursor: Cursor, event: events.LeadOfferReceived) -> None:
    values: dict[str, Any] = {
        "lead_no": event.lead_no, "state": LeadState.OFFERED, "case_no": event.case_no,
        "round_no": event.round_no, "unit": event.unit, "kind": event.kind,
        "addressee": event.addressee, "concerns_principal": event.concerns_principal,
        "post_level": event.post_level, "problem_nos": Jsonb(event.problem_nos),
    }  # fmt: skip
    cursor.execute(
        "INSERT INTO lead (lead_no, state, case_no, round_no, unit, kind, addressee,"
        " concerns_principal, post_level, problem_nos) VALUES (%(lead_no)s, %(state)s,"
        " %(case_no)s, %(round_no)s, %(unit)s, %(kind)s, %(addressee)s,"
        " %(concerns_principal)s, %(post_level)s, %(problem_nos)s)"
        " ON CONFLICT (lead_no) DO UPDATE SET state = EXCLUDED.state,"
        " addressee = EXCLUDED.addressee",
        values,
    )


def _classified(cursor: Cursor, event: events.LeadClassified) -> None:
    cursor.execute(
        "UPDATE lead SET method = %s,"
        " state = CASE state WHEN 'REGISTERED' THEN 'CLASSIFIED' ELSE state END"
        " WHERE lead_no = %s",
        (event.method, event.lead_no),
    )


def _update(cursor: Cursor, lead_no: str, **values: Any) -> None:
    assignments = ", ".join(f"{column} = %({column})s" for column in values)
    cursor.execute(
        f"UPDATE lead SET {assignments} WHERE lead_no = %(lead_no)s".encode(),  # noqa: S608 - column names are ours
        {**values, "lead_no": lead_no},
    )


def _count(cursor: Cursor, column: str, lead_no: str) -> None:
    counted = f"{column} = {column} + 1, state = 'IN_DISPOSAL'"
    cursor.execute(
        f"UPDATE lead SET {counted} WHERE lead_no = %s".encode(),  # noqa: S608 - column names are ours
        (lead_no,),
    )
