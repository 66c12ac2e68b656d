"""Which problems are open, where does each stand, and which are overdue?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.rows import DictRow
from pydantic import BaseModel

from services.supervision.read_models import places
from services.supervision.read_models.places import problem_of
from shared.contracts.base import Event
from shared.contracts.supervision import ClosureReviewOpened, ProblemReopened, ProblemState
from shared.eventstore.held_rows import HeldRows
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

    def __init__(self) -> None:
        self._rows = HeldRows("open_problem", "problem_no")

    def take(self, cursor: Cursor, events: Sequence[RecordedEvent]) -> None:
        self._rows.load(cursor, filter(None, map(problem_of, events)))
        super().take(cursor, events)
        self._rows.write(cursor)

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        problem_no = problem_of(recorded)
        if not problem_no:
            return
        row = self._rows.get(problem_no) or _blank(problem_no)
        if isinstance(recorded.event, ClosureReviewOpened):
            row = row | _opened(row, recorded.event)
        self._rows.put(row | _moved(row, recorded.event))


def _blank(problem_no: str) -> dict[str, Any]:
    unknown = dict.fromkeys(("case_no", "round_no", "unit", "category", "rectify_by"))
    return {
        "problem_no": problem_no,
        **unknown,
        "chain": ProblemState.ISSUED,
        "state": ProblemState.ISSUED,
        "is_contested": False,
        "cycle": 1,
        "is_overdue": False,
    }


def _opened(row: dict[str, Any], event: ClosureReviewOpened) -> dict[str, Any]:
    told = event.model_dump(include={"case_no", "round_no", "unit", "category"})
    return told | {"rectify_by": row["rectify_by"] or event.rectify_by}


def _moved(row: dict[str, Any], event: Event) -> dict[str, Any]:
    contested = places.contested_after(event)
    contested = row["is_contested"] if contested is None else contested
    overdue = places.overdue_after(event)
    chain = places.state_after(event) or row["chain"]
    return {
        "chain": chain,
        "state": places.visible_state(chain, contested),
        "is_contested": contested,
        "cycle": event.cycle if isinstance(event, ProblemReopened) else row["cycle"],
        "rectify_by": places.due_after(event) or row["rectify_by"],
        "is_overdue": row["is_overdue"] if overdue is None else overdue,
    }


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
