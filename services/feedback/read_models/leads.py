"""Which leads were offered, and did the addressee accept them? Status only (3.4 rule 3).

No problem, unit or kind is kept here: from this list nobody learns what a lead is about.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import BaseModel

from shared.contracts.base import Event
from shared.contracts.feedback import (
    LeadOffered,
    LeadTransferAccepted,
    LeadTransferReturned,
    RoundOpened,
    TransferState,
)
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class LeadStatus(BaseModel):
    """The hand-over of one lead. `offered_at` and `answered_at` belong to the latest offer."""

    lead_no: str
    round_no: str
    addressee: str
    offer: int
    state: TransferState
    offered_at: datetime
    answered_at: datetime | None = None
    version: int


class Leads(ReadModel):
    """The leads by their number."""

    NAME = "leads"
    VERSION = 1
    TABLES = """
        CREATE TABLE lead (
            lead_no text PRIMARY KEY,
            round_no text NOT NULL,
            team_leader text NOT NULL,
            addressee text NOT NULL,
            offer int NOT NULL,
            state text NOT NULL,
            offered_at timestamptz NOT NULL,
            answered_at timestamptz,
            version bigint NOT NULL
        );
        CREATE TABLE team (case_no text PRIMARY KEY, team_leader text NOT NULL);
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case RoundOpened() as event:
                cursor.executemany(
                    "INSERT INTO team (case_no, team_leader) VALUES (%s, %s)"
                    " ON CONFLICT DO NOTHING",
                    [(target.case_no, target.team_leader) for target in event.targets],
                )
            case LeadOffered() as event:
                _offered(cursor, event, recorded)
            case LeadTransferAccepted() | LeadTransferReturned() as event:
                _answered(cursor, event, recorded)


def _offered(cursor: Cursor, event: LeadOffered, recorded: RecordedEvent) -> None:
    cursor.execute(
        "INSERT INTO lead (lead_no, round_no, team_leader, addressee, offer, state, offered_at,"
        " version) SELECT %(lead_no)s, %(round_no)s, coalesce((SELECT team_leader FROM team"
        " WHERE case_no = %(case_no)s), ''), %(addressee)s, %(offer)s, 'OFFERED', %(at)s,"
        " %(version)s"
        " ON CONFLICT (lead_no) DO UPDATE SET addressee = excluded.addressee,"
        " offer = excluded.offer, state = excluded.state, offered_at = excluded.offered_at,"
        " answered_at = NULL, version = excluded.version",
        {
            "lead_no": event.lead_no,
            "round_no": event.round_no,
            "case_no": event.case_no,
            "addressee": event.addressee,
            "offer": event.offer,
            "at": recorded.recorded_at,
            "version": recorded.record.version,
        },
    )


def _answered(
    cursor: Cursor, event: LeadTransferAccepted | LeadTransferReturned, recorded: RecordedEvent
) -> None:
    cursor.execute(
        "UPDATE lead SET state = %s, answered_at = %s, version = %s WHERE lead_no = %s",
        (_state_after(event), recorded.recorded_at, recorded.record.version, event.lead_no),
    )


def _state_after(event: Event) -> TransferState:
    accepted = isinstance(event, LeadTransferAccepted)
    return TransferState.ACCEPTED if accepted else TransferState.RETURNED


_SEEN = """
    SELECT * FROM lead
    WHERE lead_no > %(after)s
    AND (%(lead_no)s::text IS NULL OR lead_no = %(lead_no)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(addressee)s::text IS NULL OR addressee = %(addressee)s)
    AND (%(team_leader)s::text IS NULL OR team_leader = %(team_leader)s)
    ORDER BY lead_no LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Share:
    """Which leads somebody may see; a limit that is None does not limit."""

    addressee: str | None = None
    team_leader: str | None = None


def list_leads(
    cursor: Cursor,
    share: Share,
    *,
    lead_no: str | None = None,
    state: TransferState | None = None,
    after: str = "",
    limit: int = 1,
) -> list[LeadStatus]:
    """Return up to `limit` leads after the number `after`, of those in the share."""
    values = {"lead_no": lead_no, "state": state, "after": after, "limit": limit}
    cursor.execute(_SEEN, {**asdict(share), **values})
    return [LeadStatus.model_validate(row) for row in cursor.fetchall()]


def lead_status(cursor: Cursor, share: Share, lead_no: str) -> LeadStatus | None:
    """Return the status of one lead, None when there is none in the share."""
    found = list_leads(cursor, share, lead_no=lead_no)
    return found[0] if found else None
