"""Use cases of a problem: claim, work, deadline, effects, pledge, declaration."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.rectification.domain.case import RectificationCase
from services.rectification.domain.closing import Problem
from services.rectification.domain.guards import (
    business_day,
    require_incumbent,
    require_own_unit,
)
from services.rectification.domain.supervisor import CaseSupervisor
from shared.contracts.directory import Incumbent
from shared.contracts.rectification import InstitutionChanged, Result
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.errors import NotFoundError


def own_problem(uow: UnitOfWork, problem_no: str) -> Problem:
    """Return a problem that the actor may work on.

    Raises NotFoundError before it was issued, ForeignUnitError when it is another unit's.
    """
    problem = uow.load(Problem, problem_no)
    if not problem.is_received:
        raise NotFoundError("the problem was not issued yet", problem_no=problem_no)
    require_own_unit(uow.actor, problem.unit)
    return problem


class ProblemUseCases:
    """What the unit does about one problem."""

    def unit_of_problem(self, uow: UnitOfWork, problem_no: str) -> str:
        """Return the unit whose principal answers for the problem."""
        return own_problem(uow, problem_no).unit

    def claim_problem(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        responsible_member: str,
        claimed_on: date,
        incumbent: Incumbent | None,
    ) -> None:
        """Claim the problem as the incumbent principal (T10: G06)."""
        problem = own_problem(uow, problem_no)
        principal = require_incumbent(uow.actor, incumbent, uow.now)
        problem.claim(principal.person_ref, responsible_member, claimed_on, business_day(uow.now))
        uow.save(problem)

    def progress_task(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        task_no: str,
        note: str,
        percent: int,
        evidence: Sequence[str],
    ) -> dict[str, Any]:
        """Record progress on a task or a residual item (T15)."""
        problem = own_problem(uow, problem_no)
        problem.progress(task_no, note, percent, evidence)
        return _saved_content(uow, problem)

    def complete_task(
        self, uow: UnitOfWork, problem_no: str, *, task_no: str, evidence: Sequence[str]
    ) -> dict[str, Any]:
        """Complete a task or a residual item, with evidence (T15)."""
        problem = own_problem(uow, problem_no)
        problem.complete(task_no, evidence)
        return _saved_content(uow, problem)

    def record_effect(
        self, uow: UnitOfWork, problem_no: str, *, effect: str, evidence: Sequence[str]
    ) -> dict[str, Any]:
        """Add to the effect list (成效清单, R120)."""
        problem = own_problem(uow, problem_no)
        problem.record_effect(effect, evidence)
        return _saved_content(uow, problem)

    def archive_document(
        self, uow: UnitOfWork, problem_no: str, *, document_no: str, title: str, digest: str
    ) -> dict[str, Any]:
        """Add to the archive list (档案清单, R120)."""
        problem = own_problem(uow, problem_no)
        problem.archive_document(document_no, title, digest)
        return _saved_content(uow, problem)

    def record_results(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        fixed: Result,
        held_to_account: Result,
        built: Result,
    ) -> dict[str, Any]:
        """Record the three results 改 / 问 / 立 (R128)."""
        problem = own_problem(uow, problem_no)
        problem.record_results(fixed, held_to_account, built)
        return _saved_content(uow, problem)

    def close_loophole(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        loophole_no: str,
        description: str,
        evidence: Sequence[str],
    ) -> dict[str, Any]:
        """Close a loophole that the problem showed (R129)."""
        problem = own_problem(uow, problem_no)
        problem.close_loophole(loophole_no, description, evidence)
        return _saved_content(uow, problem)

    def change_institution(
        self, uow: UnitOfWork, problem_no: str, changed: InstitutionChanged
    ) -> dict[str, Any]:
        """Make, amend or repeal a rule because of the problem (R130)."""
        problem = own_problem(uow, problem_no)
        problem.change_institution(changed, business_day(uow.now))
        return _saved_content(uow, problem)

    def raise_blocker(
        self, uow: UnitOfWork, problem_no: str, *, blocker_no: str, cause: str, help_needed: str
    ) -> None:
        """Say what the unit cannot remove alone (R126)."""
        problem = own_problem(uow, problem_no)
        problem.raise_blocker(blocker_no, cause, help_needed)
        uow.save(problem)

    def resolve_blocker(
        self, uow: UnitOfWork, problem_no: str, *, blocker_no: str, solution: str
    ) -> None:
        """Say how the obstacle was removed (R126)."""
        problem = own_problem(uow, problem_no)
        problem.resolve_blocker(blocker_no, solution)
        uow.save(problem)

    def extend_deadline(
        self, uow: UnitOfWork, problem_no: str, *, rectify_by: date, reason: str
    ) -> dict[str, Any]:
        """Grant a later date as the accountable supervisor (T16)."""
        problem = own_problem(uow, problem_no)
        supervisor = uow.find(CaseSupervisor, problem.case_no) or CaseSupervisor(problem.case_no)
        supervisor.require_accountable(uow.actor)
        problem.extend_deadline(rectify_by, reason, uow.actor.person_ref)
        uow.save(problem)
        return {"deadline_version": problem.deadline_version}

    def mark_overdue(self, uow: UnitOfWork, problem_no: str) -> bool:
        """Say that the deadline passed, once for each of its versions (T17); tell whether said."""
        problem = uow.load(Problem, problem_no)
        is_said = problem.mark_overdue(uow.now)
        if is_said:
            uow.save(problem)
        return is_said

    def confirm_nil_items(
        self, uow: UnitOfWork, problem_no: str, *, incumbent: Incumbent | None
    ) -> None:
        """Confirm that no residual item is left (A54)."""
        problem = own_problem(uow, problem_no)
        principal = require_incumbent(uow.actor, incumbent, uow.now)
        problem.confirm_nil_items(principal.person_ref)
        uow.save(problem)

    def pledge_authenticity(
        self, uow: UnitOfWork, problem_no: str, *, digest: str, incumbent: Incumbent | None
    ) -> None:
        """Pledge the present content before closing (G06 G14, R140)."""
        problem = own_problem(uow, problem_no)
        principal = require_incumbent(uow.actor, incumbent, uow.now)
        problem.pledge_authenticity(principal, digest)
        uow.save(problem)

    def declare_rectified(
        self, uow: UnitOfWork, problem_no: str, *, digest: str, incumbent: Incumbent | None
    ) -> dict[str, Any]:
        """Pledge and declare the problem rectified (T18: G06 G12 G13 G14)."""
        problem = own_problem(uow, problem_no)
        principal = require_incumbent(uow.actor, incumbent, uow.now)
        case = uow.load(RectificationCase, problem.case_no)
        problem.declare_rectified(principal, digest, meeting_is_complete=case.meeting_is_complete)
        uow.save(problem)
        return {"cycle": problem.cycle, "declaration": problem.declarations}


def _saved_content(uow: UnitOfWork, problem: Problem) -> dict[str, Any]:
    """Save, and answer with the digest that is to be pledged now."""
    uow.save(problem)
    return {"content_digest": problem.content}
