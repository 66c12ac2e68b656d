"""Whose deadline has passed without anybody having said so? Asked by the overdue timer (T17)."""

from datetime import date

from shared.contracts import rectification as told
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class Deadlines(ReadModel):
    """The deadline of each problem; it runs while the unit has work to do (P6, P10)."""

    NAME = "deadlines"
    VERSION = 1
    TABLES = """
        CREATE TABLE deadline (
            problem_no text PRIMARY KEY,
            rectify_by date NOT NULL,
            deadline_version int NOT NULL,
            said_version int NOT NULL DEFAULT 0,
            is_running boolean NOT NULL
        );
        CREATE INDEX deadline_running_idx ON deadline (rectify_by) WHERE is_running;
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case told.RectificationStarted() | told.ReRectificationOrdered() as event:
                _run(cursor, event)
            case told.DeadlineExtended() as event:
                cursor.execute(
                    "UPDATE deadline SET rectify_by = %s, deadline_version = %s"
                    " WHERE problem_no = %s",
                    (event.rectify_by, event.deadline_version, event.problem_no),
                )
            case told.RectificationOverdue() as event:
                cursor.execute(
                    "UPDATE deadline SET said_version = %s WHERE problem_no = %s",
                    (event.deadline_version, event.problem_no),
                )
            case (
                told.ProblemDeclaredRectified()
                | told.ClosureEligibilityNoted()
                | told.ClosureNoted()
                | told.ProblemStopped() as event
            ):
                cursor.execute(
                    "UPDATE deadline SET is_running = false WHERE problem_no = %s",
                    (event.problem_no,),
                )


def _run(cursor: Cursor, event: told.RectificationStarted | told.ReRectificationOrdered) -> None:
    cursor.execute(
        "INSERT INTO deadline (problem_no, rectify_by, deadline_version, is_running)"
        " VALUES (%s, %s, %s, true) ON CONFLICT (problem_no) DO UPDATE SET"
        " rectify_by = EXCLUDED.rectify_by, deadline_version = EXCLUDED.deadline_version,"
        " is_running = true",
        (event.problem_no, event.rectify_by, event.deadline_version),
    )


def unsaid_overdue(cursor: Cursor, today: date, limit: int) -> list[str]:
    """Return problems whose last day lies before `today` and whose passing was not yet said."""
    cursor.execute(
        "SELECT problem_no FROM deadline WHERE is_running AND rectify_by < %s"
        " AND said_version < deadline_version ORDER BY rectify_by, problem_no LIMIT %s",
        (today, limit),
    )
    return [row["problem_no"] for row in cursor.fetchall()]
