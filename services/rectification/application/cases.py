"""Use cases of a case: opening, the plan, the special meeting."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.rectification.domain.case import RectificationCase
from services.rectification.domain.closing import Problem
from services.rectification.domain.guards import require_incumbent
from services.rectification.domain.stated_lists import StatedLists
from services.rectification.domain.unit import Unit
from shared.contracts.directory import Incumbent
from shared.contracts.rectification import CaseOpened, PlannedProblem
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.errors import InvalidValueError


def found_or_created_problem(uow: UnitOfWork, problem_no: str) -> Problem:
    """Return the problem; what is told of it may come before its case was opened."""
    return uow.find(Problem, problem_no) or uow.create(Problem, problem_no)


def found_or_created_unit(uow: UnitOfWork, org: str) -> Unit:
    return uow.find(Unit, org) or uow.create(Unit, org)


def problems_of(uow: UnitOfWork, case: RectificationCase) -> list[Problem]:
    """Return the problems of the case in their order."""
    return [uow.load(Problem, problem_no) for problem_no in case.problems]


class CaseUseCases:
    """What is done on the stream of a case, save handovers."""

    def open_case(self, uow: UnitOfWork, opened: CaseOpened, issued_at: datetime) -> None:
        """Open the case with its problems (X01); a second time changes nothing.

        A principal who took office between the issue and now inherits it by handover.
        """
        if uow.find(RectificationCase, opened.case_no) is not None:
            return
        case = uow.create(RectificationCase, opened.case_no)
        case.open(opened)
        unit = found_or_created_unit(uow, opened.unit)
        unit.note_case(opened.case_no)
        problems = [self._received(uow, opened, problem.problem_no) for problem in opened.problems]
        change = unit.changed_since(issued_at)
        if change is not None and change.incoming != opened.principal:
            still_open = [problem.key for problem in problems if problem.is_open]
            case.require_handover(opened.principal, change.incoming, still_open)
        uow.save(case, unit, *problems)

    def _received(self, uow: UnitOfWork, opened: CaseOpened, problem_no: str) -> Problem:
        issued = {problem.problem_no: problem for problem in opened.problems}[problem_no]
        problem = found_or_created_problem(uow, problem_no)
        problem.receive(issued, opened.case_no, opened.unit, opened.issued_on, opened.rectify_by)
        return problem

    def state_five_lists(
        self,
        uow: UnitOfWork,
        case_no: str,
        *,
        position: int,
        entries: int,
        digests: Mapping[str, str],
    ) -> dict[str, Any]:
        """Put the stored lists of a case on record (R118); raises NotFoundError."""
        uow.load(RectificationCase, case_no)
        stated = uow.find(StatedLists, case_no) or uow.create(StatedLists, case_no)
        uow.save(stated.state(position, entries, digests))
        return {"case_no": case_no, "position": position}

    def unit_of_case(self, uow: UnitOfWork, case_no: str) -> str:
        """Return the unit whose principal answers for the case."""
        return uow.load(RectificationCase, case_no).unit

    def submit_plan(
        self,
        uow: UnitOfWork,
        case_no: str,
        *,
        problems: Sequence[PlannedProblem],
        incumbent: Incumbent | None,
    ) -> dict[str, Any]:
        """Submit the plan for joint review (T12: G06 G07 G08 G09 G10)."""
        principal = require_incumbent(uow.actor, incumbent, uow.now)
        case = uow.load(RectificationCase, case_no)
        standing = [known for known in problems_of(uow, case) if not known.is_withdrawn]
        case.submit_plan(
            problems,
            principal.person_ref,
            issued=[problem.key for problem in standing],
            claimed=[problem.key for problem in standing if problem.is_claimed],
        )
        uow.save(case)
        assert case.plan is not None, "it was submitted just now"
        return {"plan_version": case.plan.plan_version, "digest": case.plan.digest}

    def note_plan_return(
        self, uow: UnitOfWork, case_no: str, *, plan_version: int, returned_by: str
    ) -> None:
        """Let the unit submit again (T13); a return of another version came too late."""
        case = uow.load(RectificationCase, case_no)
        if case.is_reviewing(plan_version):
            case.note_plan_return(plan_version, returned_by)
            uow.save(case)

    def start_rectification(self, uow: UnitOfWork, case_no: str, *, plan_version: int) -> None:
        """Start the work on every problem of the approved plan that was not withdrawn (T14)."""
        case = uow.load(RectificationCase, case_no)
        if not case.is_reviewing(plan_version) or case.plan is None:
            return
        case.note_plan_approval(plan_version)
        planned = {planned.problem_no: planned for planned in case.plan.problems}
        standing = [
            problem
            for problem in problems_of(uow, case)
            if problem.key in planned and not problem.is_withdrawn
        ]
        for problem in standing:
            problem.start(plan_version, planned[problem.key])
        uow.save(case, *standing)

    def hold_meeting(
        self, uow: UnitOfWork, case_no: str, *, held_on: date, incumbent: Incumbent | None
    ) -> None:
        """Record that the special democratic-life meeting was held (G12)."""
        require_incumbent(uow.actor, incumbent, uow.now)
        case = uow.load(RectificationCase, case_no)
        if case.opened is not None and held_on < case.opened.issued_on:
            raise InvalidValueError("the meeting is older than the feedback", case_no=case_no)
        case.hold_meeting(held_on)
        uow.save(case)

    def report_meeting(
        self,
        uow: UnitOfWork,
        case_no: str,
        *,
        reported_on: date,
        report: str,
        incumbent: Incumbent | None,
    ) -> None:
        """Record that the meeting was reported (G12, R161)."""
        require_incumbent(uow.actor, incumbent, uow.now)
        case = uow.load(RectificationCase, case_no)
        case.report_meeting(reported_on, report)
        uow.save(case)
