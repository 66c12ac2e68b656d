"""Which problems stand on the look-back list, and with which result? (T41, R205)"""

from datetime import datetime

from psycopg.rows import DictRow
from pydantic import BaseModel

from shared.contracts.supervision import ClosureReviewOpened, LookBackListed
from shared.eventstore.projections import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class LookBackItem(BaseModel):
    """One low result: which pair in which cycle; `total` is in hundredths of a point."""

    position: int
    problem_no: str
    case_no: str
    round_no: str
    unit: str
    category: str
    cycle: int
    n: int
    total: int
    listed_at: datetime


class LookBackList(ReadModel):
    """Every low result, in the order in which they were listed."""

    NAME = "look_back_list"
    VERSION = 1
    TABLES = """
        CREATE TABLE look_back_problem (
            problem_no text PRIMARY KEY,
            round_no text NOT NULL,
            unit text NOT NULL,
            category text NOT NULL
        );
        CREATE TABLE look_back_item (
            position bigint PRIMARY KEY,
            problem_no text NOT NULL,
            case_no text NOT NULL,
            cycle integer NOT NULL,
            n integer NOT NULL,
            total integer NOT NULL,
            listed_at timestamptz NOT NULL
        );
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case ClosureReviewOpened() as event:
                cursor.execute(
                    "INSERT INTO look_back_problem (problem_no, round_no, unit, category)"
                    " VALUES (%s, %s, %s, %s)",
                    (event.problem_no, event.round_no, event.unit, event.category),
                )
            case LookBackListed() as event:
                cursor.execute(
                    "INSERT INTO look_back_item (position, problem_no, case_no, cycle, n, total,"
                    " listed_at) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    (recorded.position, event.problem_no, event.case_no, event.cycle, event.n,
                     event.total, recorded.recorded_at),
                )  # fmt: skip


def look_back_list(
    cursor: Cursor,
    *,
    unit: str | None = None,
    round_no: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[LookBackItem]:
    """Return the items in the order of their listing, from the one behind `after` on."""
    cursor.execute(
        "SELECT item.*, known.round_no, known.unit, known.category FROM look_back_item item"
        " JOIN look_back_problem known USING (problem_no) WHERE item.position > %(after)s"
        " AND (%(unit)s::text IS NULL OR known.unit = %(unit)s)"
        " AND (%(round_no)s::text IS NULL OR known.round_no = %(round_no)s)"
        " ORDER BY item.position LIMIT %(limit)s",
        {"after": after, "unit": unit, "round_no": round_no, "limit": limit},
    )
    return [_item(row) for row in cursor.fetchall()]


def _item(row: DictRow) -> LookBackItem:
    return LookBackItem.model_validate(row)
