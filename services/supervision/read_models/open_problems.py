"""Which problems are open, where does each stand, and which are overdue?"""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import DictRow
from pydantic import BaseModel

from services.supervision.read_models import places
from shared.contracts.base import Event
from shared.contracts.supervision import ClosureReviewOpened, ProblemReopened, ProblemState
from shared.eventstore.projections import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class OpenProblem(BaseModel):
    """One problem in the list."""

    problem_no: str
    case_no: str
    round_no: str
    unit: str
    category: str
    state: ProblemState
    state_name: str
    cycle: int
    rectify_by: date
    is_overdue: bool


@dataclass(frozen=True)
class ProblemFilter:
    """What to list; a closed problem is listed only when its state is asked for."""

    unit: str | None = None
    round_no: str | None = None
    state: ProblemState | None = None
    overdue: bool | None = None


class OpenProblems(ReadModel):
    """One row per problem that was fed back."""

    NAME = "open_problems"
    VERSION = 2
    TABLES = """
        CREATE TABLE open_problem (
            problem_no text PRIMARY KEY,
            case_no text, round_no text, unit text, category text,
            chain text NOT NULL DEFAULT 'P3',
            state text NOT NULL DEFAULT 'P3',
            is_contested boolean NOT NULL DEFAULT false,
            cycle integer NOT NULL DEFAULT 1,
            rectify_by date,
            is_overdue boolean NOT NULL DEFAULT false
        );
        CREATE INDEX open_problem_unit ON open_problem (unit, problem_no);
        CREATE INDEX open_problem_round ON open_problem (round_no, problem_no);
        CREATE INDEX open_problem_state ON open_problem (state, problem_no);
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        if not recorded.record.stream.startswith("review/"):
            return
        problem_no = recorded.record.stream.removeprefix("review/")
        cursor.execute(
            "INSERT INTO open_problem (problem_no) VALUES (%s) ON CONFLICT DO NOTHING",
            (problem_no,),
        )
        if isinstance(recorded.event, ClosureReviewOpened):
            _opened(cursor, recorded.event)
        _moved(cursor, problem_no, recorded.event)


def _opened(cursor: Cursor, event: ClosureReviewOpened) -> None:
    cursor.execute(
        "UPDATE open_problem SET case_no = %s, round_no = %s, unit = %s, category = %s,"
        " rectify_by = coalesce(rectify_by, %s) WHERE problem_no = %s",
        (event.case_no, event.round_no, event.unit, event.category, event.rectify_by,
         event.problem_no),
    )  # fmt: skip


def _moved(cursor: Cursor, problem_no: str, event: Event) -> None:
    row = cursor.execute(
        "SELECT * FROM open_problem WHERE problem_no = %s", (problem_no,)
    ).fetchone()
    assert row is not None
    contested = places.contested_after(event)
    contested = row["is_contested"] if contested is None else contested
    overdue = places.overdue_after(event)
    chain = places.state_after(event) or row["chain"]
    cursor.execute(
        "UPDATE open_problem SET chain = %s, state = %s, is_contested = %s, cycle = %s,"
        " rectify_by = coalesce(%s, rectify_by), is_overdue = %s WHERE problem_no = %s",
        (
            chain,
            places.visible_state(chain, contested),
            contested,
            event.cycle if isinstance(event, ProblemReopened) else row["cycle"],
            places.due_after(event),
            row["is_overdue"] if overdue is None else overdue,
            problem_no,
        ),
    )


def open_problems(
    cursor: Cursor, wanted: ProblemFilter, *, after: str, limit: int
) -> list[OpenProblem]:
    """Return the problems by number, from the one behind `after` on."""
    cursor.execute(
        "SELECT * FROM open_problem WHERE unit IS NOT NULL AND problem_no > %(after)s"
        " AND (%(unit)s::text IS NULL OR unit = %(unit)s)"
        " AND (%(round_no)s::text IS NULL OR round_no = %(round_no)s)"
        " AND (%(overdue)s::boolean IS NULL OR is_overdue = %(overdue)s)"
        " AND CASE WHEN %(state)s::text IS NULL THEN state <> ALL(%(closed)s)"
        "     ELSE state = %(state)s END"
        " ORDER BY problem_no LIMIT %(limit)s",
        {
            "after": after,
            "unit": wanted.unit,
            "round_no": wanted.round_no,
            "overdue": wanted.overdue,
            "state": wanted.state,
            "closed": list(places.CLOSED_STATES),
            "limit": limit,
        },
    )
    return [_row(row) for row in cursor.fetchall()]


def _row(row: DictRow) -> OpenProblem:
    return OpenProblem(state_name=ProblemState(row["state"]).chinese, **row)
