"""The five lists of a case (五份清单, R118): projected from the same events, never typed twice.

Problem, task and responsibility lists come with the plan; effect and archive lists fill while
the work runs. What an evaluation or a return leaves to do joins the task list.
"""

from datetime import date
from typing import Any

from pydantic import BaseModel

from services.rectification.read_models.problem_page import STATE_AFTER
from shared.contracts import rectification as told
from shared.contracts.five_lists import LISTS, list_digest
from shared.contracts.rectification import ProblemState
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class ListedProblem(BaseModel):
    """An entry of the problem list (问题清单)."""

    problem_no: str
    category: str
    state: ProblemState
    claimed_on: date | None
    root_cause_kind: str | None
    root_cause: str | None
    rectify_by: date


class ListedTask(BaseModel):
    """An entry of the task list (任务清单); a residual item has no deadline of its own."""

    problem_no: str
    task_no: str
    matter: str
    deadline: date
    is_residual: bool
    percent: int
    is_done: bool


class ListedResponsibility(BaseModel):
    """An entry of the responsibility list (责任清单)."""

    problem_no: str
    task_no: str
    post: str
    person: str
    leader: str
    department: str


class ListedEffect(BaseModel):
    """An entry of the effect list (成效清单)."""

    problem_no: str
    effect: str
    evidence: list[str]


class ListedDocument(BaseModel):
    """An entry of the archive list (档案清单)."""

    problem_no: str
    document_no: str
    title: str
    digest: str


class FiveLists(BaseModel):
    """The five lists of one case."""

    case_no: str
    problems: list[ListedProblem]
    tasks: list[ListedTask]
    responsibilities: list[ListedResponsibility]
    effects: list[ListedEffect]
    archive: list[ListedDocument]

    def digests(self) -> dict[str, str]:
        """Return the digest of each list."""
        told = self.model_dump(mode="json")
        return {name: list_digest(told[name]) for name in LISTS}

    def __len__(self) -> int:
        return sum(len(getattr(self, name)) for name in LISTS)


class Lists(ReadModel):
    """One table for each list; every row names its case."""

    NAME = "five_lists"
    VERSION = 1
    TABLES = """
        CREATE TABLE problem_list (
            problem_no text PRIMARY KEY,
            case_no text NOT NULL DEFAULT '',
            category text NOT NULL DEFAULT '',
            state text NOT NULL,
            claimed_on date,
            root_cause_kind text,
            root_cause text,
            rectify_by date NOT NULL DEFAULT 'infinity'
        );
        CREATE INDEX problem_list_case_idx ON problem_list (case_no);
        CREATE TABLE task_list (
            problem_no text NOT NULL,
            task_no text NOT NULL,
            position bigint NOT NULL,
            matter text NOT NULL,
            deadline date NOT NULL,
            is_residual boolean NOT NULL,
            percent int NOT NULL DEFAULT 0,
            is_done boolean NOT NULL DEFAULT false,
            PRIMARY KEY (problem_no, task_no)
        );
        CREATE TABLE responsibility_list (
            problem_no text NOT NULL,
            task_no text NOT NULL,
            post text NOT NULL,
            person text NOT NULL,
            leader text NOT NULL,
            department text NOT NULL,
            PRIMARY KEY (problem_no, task_no)
        );
        CREATE TABLE effect_list (
            position bigint PRIMARY KEY,
            problem_no text NOT NULL,
            effect text NOT NULL,
            evidence text[] NOT NULL
        );
        CREATE INDEX effect_list_problem_idx ON effect_list (problem_no);
        CREATE TABLE archive_list (
            problem_no text NOT NULL,
            document_no text NOT NULL,
            position bigint NOT NULL,
            title text NOT NULL,
            digest text NOT NULL,
            PRIMARY KEY (problem_no, document_no)
        );
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        _follow_problem(cursor, recorded)
        _follow_work(cursor, recorded)
        match recorded.event:
            case told.PlanSubmitted() as event:
                for planned in event.problems:
                    _plan(cursor, planned, recorded.position)
            case told.EffectRecorded() as event:
                cursor.execute(
                    "INSERT INTO effect_list (position, problem_no, effect, evidence)"
                    " VALUES (%s, %s, %s, %s)",
                    (recorded.position, event.problem_no, event.effect, event.evidence),
                )
            case told.DocumentArchived() as event:
                cursor.execute(
                    "INSERT INTO archive_list (problem_no, document_no, position, title, digest)"
                    " VALUES (%s, %s, %s, %s, %s)",
                    (event.problem_no, event.document_no, recorded.position, event.title,
                     event.digest),
                )  # fmt: skip


def _follow_problem(cursor: Cursor, recorded: RecordedEvent) -> None:
    problem_no = recorded.record.stream.partition("/")[2]
    event = recorded.event
    state = STATE_AFTER.get(type(event))
    if state is not None:
        cursor.execute(
            "INSERT INTO problem_list (problem_no, state) VALUES (%s, %s)"
            " ON CONFLICT (problem_no) DO UPDATE SET state = EXCLUDED.state",
            (problem_no, state),
        )
    match event:
        case told.ProblemReceived():
            cursor.execute(
                "INSERT INTO problem_list (problem_no, case_no, category, state, rectify_by)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (problem_no) DO UPDATE SET"
                " case_no = EXCLUDED.case_no, category = EXCLUDED.category,"
                " rectify_by = EXCLUDED.rectify_by",
                (problem_no, event.case_no, event.category, ProblemState.ISSUED, event.rectify_by),
            )
        case told.ProblemClaimed():
            cursor.execute(
                "UPDATE problem_list SET claimed_on = %s WHERE problem_no = %s",
                (event.claimed_on, problem_no),
            )
        case told.RectificationStarted() | told.DeadlineExtended() | told.ReRectificationOrdered():
            cursor.execute(
                "UPDATE problem_list SET rectify_by = %s WHERE problem_no = %s",
                (event.rectify_by, problem_no),
            )


def _plan(cursor: Cursor, planned: told.PlannedProblem, position: int) -> None:
    """Replace what an earlier version of the plan listed."""
    number = planned.problem_no
    cursor.execute("DELETE FROM task_list WHERE problem_no = %s", (number,))
    cursor.execute("DELETE FROM responsibility_list WHERE problem_no = %s", (number,))
    cursor.execute(
        "UPDATE problem_list SET root_cause_kind = %s, root_cause = %s WHERE problem_no = %s",
        (planned.root_cause_kind, planned.root_cause, number),
    )
    cursor.executemany(
        "INSERT INTO task_list (problem_no, task_no, position, matter, deadline, is_residual)"
        " VALUES (%s, %s, %s, %s, %s, false)",
        [(number, task.task_no, position, task.matter, task.deadline) for task in planned.tasks],
    )
    cursor.executemany(
        "INSERT INTO responsibility_list (problem_no, task_no, post, person, leader, department)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [
            (number, task.task_no, task.post, task.person, task.leader, task.department)
            for task in planned.tasks
        ],
    )


def _follow_work(cursor: Cursor, recorded: RecordedEvent) -> None:
    match recorded.event:
        case told.TaskProgressed() as event:
            cursor.execute(
                "UPDATE task_list SET percent = %s WHERE problem_no = %s AND task_no = %s",
                (event.percent, event.problem_no, event.task_no),
            )
        case told.TaskCompleted() as event:
            cursor.execute(
                "UPDATE task_list SET percent = 100, is_done = true"
                " WHERE problem_no = %s AND task_no = %s",
                (event.problem_no, event.task_no),
            )
        case told.CompletionVoided() as event:
            cursor.execute(
                "UPDATE task_list SET percent = 0, is_done = false WHERE problem_no = %s",
                (event.problem_no,),
            )
        case told.ReRectificationOrdered() as event:
            _add_items(cursor, event, recorded.position)


def _add_items(cursor: Cursor, event: told.ReRectificationOrdered, position: int) -> None:
    cursor.executemany(
        "INSERT INTO task_list (problem_no, task_no, position, matter, deadline, is_residual)"
        " VALUES (%s, %s, %s, %s, %s, true) ON CONFLICT (problem_no, task_no) DO UPDATE SET"
        " matter = EXCLUDED.matter, deadline = EXCLUDED.deadline, percent = 0, is_done = false",
        [
            (event.problem_no, item.item_no, position, item.matter, event.rectify_by)
            for item in event.items
        ],
    )


def five_lists(cursor: Cursor, case_no: str) -> FiveLists:
    """Return the five lists of the case, each in its order."""

    def entries(table: str, order: str) -> list[dict[str, Any]]:
        cursor.execute(
            f"SELECT l.* FROM {table} l JOIN problem_list p USING (problem_no)"  # noqa: S608 - own names
            f" WHERE p.case_no = %s ORDER BY l.problem_no, {order}",
            (case_no,),
        )
        return cursor.fetchall()

    cursor.execute("SELECT * FROM problem_list WHERE case_no = %s ORDER BY problem_no", (case_no,))
    return FiveLists(
        case_no=case_no,
        problems=[ListedProblem(**row) for row in cursor.fetchall()],
        tasks=[ListedTask(**row) for row in entries("task_list", "l.position, l.task_no")],
        responsibilities=[
            ListedResponsibility(**row) for row in entries("responsibility_list", "l.task_no")
        ],
        effects=[ListedEffect(**row) for row in entries("effect_list", "l.position")],
        archive=[ListedDocument(**row) for row in entries("archive_list", "l.position")],
    )
