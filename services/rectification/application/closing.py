"""Use cases of the way out and back: what others decided, and the closing report."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.rectification.application.cases import found_or_created_problem
from services.rectification.application.problems import own_problem
from services.rectification.domain.case import RectificationCase
from services.rectification.domain.closing import Problem
from services.rectification.domain.guards import require_incumbent
from services.rectification.domain.supervisor import CaseSupervisor
from services.rectification.domain.unit import Unit
from shared.contracts import supervision
from shared.contracts.directory import Incumbent
from shared.contracts.rectification import ResidualItem
from shared.eventstore.unit_of_work import UnitOfWork


class ClosingUseCases:
    """Decisions of feedback, supervision and accountability, and the unit's answer to them."""

    def note_objection(
        self, uow: UnitOfWork, problem_no: str, *, objection_no: str, is_open: bool
    ) -> None:
        problem = found_or_created_problem(uow, problem_no)
        problem.note_objection(objection_no, is_open=is_open)
        uow.save(problem)

    def note_amendment(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        case_no: str,
        objection_no: str,
        wording_version: int,
    ) -> None:
        """Take the new wording as the one that the work answers (T08, X05)."""
        problem = found_or_created_problem(uow, problem_no)
        problem.note_amendment(case_no, objection_no, wording_version)
        uow.save(problem)

    def note_supervisor(
        self, uow: UnitOfWork, case_no: str, *, phase: str, supervisor: str
    ) -> None:
        """Learn who is the accountable supervisor of the case (T40)."""
        known = uow.find(CaseSupervisor, case_no) or uow.create(CaseSupervisor, case_no)
        known.note(phase, supervisor)
        uow.save(known)

    def note_team_leader(self, uow: UnitOfWork, case_no: str, *, successor: str) -> None:
        """Learn that another person leads the team (A12): accountable in the initial phase."""
        known = uow.find(CaseSupervisor, case_no)
        if known is not None and known.phase == supervision.Phase.INITIAL:
            known.note(known.phase, successor)
            uow.save(known)

    def stop_problem(
        self, uow: UnitOfWork, problem_no: str, *, case_no: str, objection_no: str
    ) -> None:
        """End the work: the objection was upheld (T09, X05)."""
        problem = found_or_created_problem(uow, problem_no)
        problem.note_objection(objection_no, is_open=False)
        problem.stop(case_no)
        uow.save(problem)

    def note_disposal(
        self, uow: UnitOfWork, problem_no: str, *, disposal_known: bool, pursuit_known: bool
    ) -> None:
        problem = found_or_created_problem(uow, problem_no)
        problem.note_disposal(disposal_known=disposal_known, pursuit_known=pursuit_known)
        uow.save(problem)

    def void_completion(
        self, uow: UnitOfWork, problem_no: str, *, cycle: int, finding: str, rectify_by: date
    ) -> None:
        """Return a sham completion to work (T19, X08)."""
        problem = uow.load(Problem, problem_no)
        problem.void_completion(cycle, finding, rectify_by)
        uow.save(problem)

    def order_after_evaluation(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        cycle: int,
        items: Sequence[ResidualItem],
        rectify_by: date,
    ) -> None:
        """Rectify again after an evaluation (T23, T24)."""
        problem = uow.load(Problem, problem_no)
        problem.order_after_evaluation(cycle, items, rectify_by)
        uow.save(problem)

    def order_after_return(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        cycle: int,
        application: int,
        items: Sequence[ResidualItem],
        rectify_by: date,
    ) -> None:
        """Rectify again after a returned closing (T27, T29, T32)."""
        problem = uow.load(Problem, problem_no)
        problem.order_after_return(cycle, application, items, rectify_by)
        uow.save(problem)

    def order_after_reopening(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        cycle: int,
        items: Sequence[ResidualItem],
        rectify_by: date,
    ) -> None:
        """Rectify again in a new cycle (T35, X12)."""
        problem = uow.load(Problem, problem_no)
        problem.order_after_reopening(cycle, items, rectify_by)
        uow.save(problem)

    def note_eligibility(
        self, uow: UnitOfWork, problem_no: str, *, cycle: int, pairs: int, waived: bool
    ) -> None:
        problem = uow.load(Problem, problem_no)
        problem.note_eligibility(cycle, pairs, waived=waived)
        uow.save(problem)

    def note_closure(self, uow: UnitOfWork, problem_no: str, *, cycle: int) -> None:
        problem = uow.load(Problem, problem_no)
        problem.note_closure(cycle)
        uow.save(problem)

    def submit_closure_report(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        digest: str,
        incumbent: Incumbent | None,
    ) -> dict[str, Any]:
        """Sign the closing report and apply for closing.

        T26: G06 G12 G13 G14 G17 G19 G20 G21 G23 G24.
        """
        problem = own_problem(uow, problem_no)
        principal = require_incumbent(uow.actor, incumbent, uow.now)
        case = uow.load(RectificationCase, problem.case_no)
        problem.submit_closure_report(
            principal,
            digest,
            meeting_is_complete=case.meeting_is_complete,
            handover_is_open=_has_open_handover(uow, problem.unit),
        )
        uow.save(problem)
        return {"cycle": problem.cycle, "application": problem.application}


def _has_open_handover(uow: UnitOfWork, unit: str) -> bool:
    """Whether the unit's principal has any handover open, in whichever case (G20)."""
    cases = [uow.load(RectificationCase, case_no) for case_no in uow.load(Unit, unit).case_nos]
    return any(case.has_open_handover for case in cases)
