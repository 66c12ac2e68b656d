"""What does each of the three ledgers say, and where do they differ?"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from shared.contracts.supervision import ClosureReviewOpened, EntryPosted, Ledger, Milestone
from shared.eventstore.projections import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class LedgerEntry(BaseModel):
    """One entry in one ledger; `differs` when not all three ledgers have it."""

    position: int
    ledger: Ledger
    case_no: str
    unit: str | None
    problem_no: str
    cycle: int
    milestone: Milestone
    source_id: str
    posted_at: datetime
    differs: bool


@dataclass(frozen=True)
class LedgerFilter:
    """Which entries to list."""

    ledger: Ledger | None = None
    case_no: str | None = None
    unit: str | None = None
    only_differences: bool = False


class Ledgers(ReadModel):
    """Every entry, once per ledger that has it."""

    NAME = "ledgers"
    VERSION = 1
    TABLES = """
        CREATE TABLE ledger_entry (
            position bigint NOT NULL,
            ledger text NOT NULL,
            case_no text NOT NULL,
            problem_no text NOT NULL,
            cycle integer NOT NULL,
            milestone text NOT NULL,
            source_id text NOT NULL,
            posted_at timestamptz NOT NULL,
            PRIMARY KEY (position, ledger),
            UNIQUE (problem_no, cycle, milestone, source_id, ledger)
        );
        CREATE INDEX ledger_entry_case ON ledger_entry (case_no, position);
        CREATE TABLE ledger_item (
            problem_no text PRIMARY KEY,
            unit text NOT NULL
        );
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case ClosureReviewOpened() as opened:
                cursor.execute(
                    "INSERT INTO ledger_item (problem_no, unit) VALUES (%s, %s)",
                    (opened.problem_no, opened.unit),
                )
            case EntryPosted() as posted:
                for ledger in posted.ledgers:
                    _enter(cursor, recorded, posted, ledger)


def _enter(cursor: Cursor, recorded: RecordedEvent, posted: EntryPosted, ledger: Ledger) -> None:
    cursor.execute(
        "INSERT INTO ledger_entry (position, ledger, case_no, problem_no, cycle, milestone,"
        " source_id, posted_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (recorded.position, ledger, posted.case_no, posted.problem_no, posted.cycle,
         posted.milestone, posted.source_id, recorded.recorded_at),
    )  # fmt: skip


def ledger_entries(
    cursor: Cursor, wanted: LedgerFilter, *, after: tuple[int, str], limit: int
) -> list[LedgerEntry]:
    """Return the entries in the order of their posting, from the one behind `after` on."""
    cursor.execute(
        "SELECT * FROM (SELECT entry.*, item.unit, (SELECT count(*) < 3 FROM ledger_entry other"
        "   WHERE other.problem_no = entry.problem_no AND other.cycle = entry.cycle"
        "   AND other.milestone = entry.milestone AND other.source_id = entry.source_id) AS differs"
        " FROM ledger_entry entry LEFT JOIN ledger_item item USING (problem_no)) found"
        " WHERE (position, ledger) > (%(position)s, %(after)s)"
        " AND (%(ledger)s::text IS NULL OR ledger = %(ledger)s)"
        " AND (%(case_no)s::text IS NULL OR case_no = %(case_no)s)"
        " AND (%(unit)s::text IS NULL OR unit = %(unit)s)"
        " AND (differs OR NOT %(only_differences)s)"
        " ORDER BY position, ledger LIMIT %(limit)s",
        {
            "position": after[0],
            "after": after[1],
            "ledger": wanted.ledger,
            "case_no": wanted.case_no,
            "unit": wanted.unit,
            "only_differences": wanted.only_differences,
            "limit": limit,
        },
    )
    return [LedgerEntry.model_validate(row) for row in cursor.fetchall()]
