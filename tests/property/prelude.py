"""How every history begins: a round, two approved problems, and their feedback to the unit."""

from collections.abc import Iterator

from shared.kernel.actor import Actor
from tests.property.city import PROBLEMS, City, Command
from tests.property.main_line import call
from tests.unit.feedback.yunlan import (
    AUTHOR,
    CASE,
    DATES,
    DECISION,
    LEADER,
    LEADING_GROUP,
    LEVY,
    OFFICE,
    REPORTS,
    REVIEWER,
    ROUND,
    SESSION,
    TARGETS,
    TO_FINANCE,
    WATER_BUREAU,
    paper,
)


def until_issued() -> Iterator[Command]:
    """Return the commands up to the issued feedback; the second problem concerns a person."""
    yield call(
        "feedback", "open_round", OFFICE, ROUND, term="T1", ordinal=1, mode="REGULAR",
        targets=TARGETS,
    )  # fmt: skip
    yield call("feedback", "file_reports", LEADER, CASE, round_no=ROUND, reports=REPORTS)
    for problem_no in PROBLEMS:
        yield draft(problem_no, AUTHOR, concerns=problem_no == LEVY)
        yield call("feedback", "substantiate_problem", REVIEWER, problem_no, papers=[paper()])
        yield call("feedback", "approve_problem", LEADING_GROUP, problem_no, decision=DECISION)
    yield call(
        "feedback", "issue_feedback", LEADER, CASE, session=SESSION, unit=WATER_BUREAU,
        dates=DATES, policy_edition="YL-2026", departments=TO_FINANCE,
    )  # fmt: skip


def draft(problem_no: str, actor: Actor, *, concerns: bool) -> Command:
    """Return the command that drafts a problem."""
    return call(
        "feedback", "draft_problem", actor, problem_no, case_no=CASE, round_no=ROUND,
        wording="堤防维护资金长期闲置。", category="CONSTRUCTION", cause="SUPERVISION_WEAK",
        nature="DUTY", concerns_person_or_matter=concerns,
    )  # fmt: skip


def begin(city: City) -> None:
    """Play the prelude; every command of it is accepted."""
    for command in until_issued():
        assert city.give(command), command.name
    city.hear()
