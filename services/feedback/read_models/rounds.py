"""Which rounds are there, which targets has each, and which of them are fed back?"""

from datetime import date

from pydantic import BaseModel

from shared.contracts.feedback import FeedbackIssued, RoundFedBack, RoundOpened
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class TargetRow(BaseModel):
    """One target; no `fed_back_on` means that feedback was not issued yet."""

    case_no: str
    unit: str
    team_leader: str
    fed_back_on: date | None = None


class RoundRow(BaseModel):
    """One round; `fed_back_on` is the day of its last feedback, when all are issued."""

    round_no: str
    term: str
    ordinal: int
    mode: str
    fed_back_on: date | None = None
    version: int


class RoundPage(RoundRow):
    """One round with its targets."""

    targets: list[TargetRow]


class Rounds(ReadModel):
    """The rounds, by their number."""

    NAME = "rounds"
    VERSION = 1
    TABLES = """
        CREATE TABLE round (
            round_no text PRIMARY KEY,
            term text NOT NULL,
            ordinal int NOT NULL,
            mode text NOT NULL,
            fed_back_on date,
            version bigint NOT NULL
        );
        CREATE TABLE round_target (
            round_no text NOT NULL,
            case_no text NOT NULL,
            unit text NOT NULL,
            team_leader text NOT NULL,
            fed_back_on date,
            PRIMARY KEY (round_no, case_no)
        );
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case RoundOpened() as event:
                _opened(cursor, event)
            case FeedbackIssued() as event:
                cursor.execute(
                    "UPDATE round_target SET fed_back_on = %s WHERE round_no = %s AND case_no = %s",
                    (event.issued_on, event.round_no, event.case_no),
                )
            case RoundFedBack() as event:
                cursor.execute(
                    "UPDATE round SET fed_back_on = %s, version = %s WHERE round_no = %s",
                    (event.completed_on, recorded.record.version, event.round_no),
                )


def _opened(cursor: Cursor, event: RoundOpened) -> None:
    cursor.execute(
        "INSERT INTO round (round_no, term, ordinal, mode, version) VALUES (%s, %s, %s, %s, 1)",
        (event.round_no, event.term, event.ordinal, event.mode),
    )
    cursor.executemany(
        "INSERT INTO round_target (round_no, case_no, unit, team_leader) VALUES (%s, %s, %s, %s)",
        [(event.round_no, one.case_no, one.unit, one.team_leader) for one in event.targets],
    )


def list_rounds(cursor: Cursor, *, after: str, limit: int) -> list[RoundRow]:
    """Return up to `limit` rounds after the number `after`."""
    cursor.execute(
        "SELECT * FROM round WHERE round_no > %s ORDER BY round_no LIMIT %s", (after, limit)
    )
    return [RoundRow.model_validate(row) for row in cursor.fetchall()]


def round_page(cursor: Cursor, round_no: str) -> RoundPage | None:
    """Return the round with its targets by case number, None when there is none."""
    row = cursor.execute("SELECT * FROM round WHERE round_no = %s", (round_no,)).fetchone()
    if row is None:
        return None
    cursor.execute(
        "SELECT case_no, unit, team_leader, fed_back_on FROM round_target"
        " WHERE round_no = %s ORDER BY case_no",
        (round_no,),
    )
    return RoundPage.model_validate({**row, "targets": cursor.fetchall()})
