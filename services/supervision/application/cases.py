"""Use cases of a case: ledgers, phase, joint review of the plan, closing of the case."""

from typing import Any

from services.supervision.domain import ClosureReview, SupervisionCase, UnitHandovers
from shared.contracts.base import Decision
from shared.contracts.feedback import FeedbackIssued, IssuedProblem
from shared.contracts.supervision import ClosureReviewOpened, Milestone, Phase
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.errors import NotYetSeenError
from shared.kernel.periods import civil_date


def known_case(uow: UnitOfWork, case_no: str) -> SupervisionCase:
    """Return the case, a fresh one if nothing is known of it yet."""
    return uow.find(SupervisionCase, case_no) or uow.create(SupervisionCase, case_no)


def known_review(uow: UnitOfWork, problem_no: str) -> ClosureReview:
    """Return the review of the problem, a fresh one if nothing is known of it yet."""
    return uow.find(ClosureReview, problem_no) or uow.create(ClosureReview, problem_no)


class CaseUseCases:
    """What is decided about a whole case."""

    def open_case(self, uow: UnitOfWork, issued: FeedbackIssued, source_id: str) -> None:
        """Open three ledgers and the reviews of all problems, in one transaction (X02, G05)."""
        case = known_case(uow, issued.case_no)
        numbers = [problem.problem_no for problem in issued.problems]
        case.open(issued.unit, issued.round_no, numbers, issued.team_leader)
        uow.save(case)
        for problem in issued.problems:
            review = known_review(uow, problem.problem_no)
            review.open(_opening(issued, problem))
            review.note(Milestone.ISSUED, source_id, issued.case_no)
            uow.save(review)

    def unit_of_case(self, uow: UnitOfWork, case_no: str) -> str:
        """Return the unit of an opened case."""
        case = uow.load(SupervisionCase, case_no)
        case.require_opened()
        return case.unit

    def change_phase(
        self, uow: UnitOfWork, case_no: str, *, phase: Phase, long_supervisors: set[str]
    ) -> dict[str, Any]:
        """Let the acting office or team take the case over (T40)."""
        case = uow.load(SupervisionCase, case_no)
        case.change_phase(phase, uow.actor, long_supervisors)
        uow.save(case)
        return {"case_no": case_no, "phase": phase, "supervisor": case.supervisor}

    def replace_team_leader(
        self, uow: UnitOfWork, case_no: str, *, successor: str, reason: str, decision: Decision
    ) -> dict[str, Any]:
        """Appoint a successor of the team leader of record (A12)."""
        case = uow.load(SupervisionCase, case_no)
        case.replace_team_leader(successor, reason, decision, civil_date(uow.now))
        uow.save(case)
        return {"case_no": case_no, "team_leader": case.team_leader}

    def receive_plan(
        self,
        uow: UnitOfWork,
        case_no: str,
        *,
        plan_version: int,
        digest: str,
        problem_nos: list[str],
        source_id: str,
    ) -> None:
        """Put the plan before the three bodies, and its problems under review (T12)."""
        case = known_case(uow, case_no)
        case.receive_plan(plan_version, digest)
        uow.save(case)
        self._note_all(uow, problem_nos, Milestone.PLAN_UNDER_REVIEW, source_id, case_no)

    def vote_on_plan(
        self,
        uow: UnitOfWork,
        case_no: str,
        *,
        plan_version: int,
        digest: str,
        approves: bool,
        remarks: str | None,
        discipline_orgs: set[str],
    ) -> dict[str, Any]:
        """Cast the acting body's vote; it may return or approve the plan (T13, T14)."""
        case = uow.load(SupervisionCase, case_no)
        case.vote_on_plan(
            uow.actor,
            plan_version=plan_version,
            digest=digest,
            approves=approves,
            remarks=remarks,
            discipline_orgs=discipline_orgs,
        )
        uow.save(case)
        return {"case_no": case_no, "votes": dict(case.votes)}

    def note_plan_returned(
        self, uow: UnitOfWork, case_no: str, plan_version: int, source_id: str
    ) -> None:
        """Put the problems of a returned plan back to claimed (T13), unless it was replaced."""
        case = known_case(uow, case_no)
        if case.plan_version == plan_version:
            self._note_all(uow, case.problem_nos, Milestone.PLAN_RETURNED, source_id, case_no)

    def cancel_entry(
        self, uow: UnitOfWork, case_no: str, problem_no: str, *, withdrawn: bool = False
    ) -> None:
        """Cancel a closed or withdrawn problem from the ledgers (R121)."""
        case = known_case(uow, case_no)
        case.cancel(problem_no, withdrawn=withdrawn)
        uow.save(case)

    def cancel_closed_entry(self, uow: UnitOfWork, case_no: str, problem_no: str) -> None:
        """Cancel a problem that closed, unless it was reopened before this was heard."""
        if uow.load(ClosureReview, problem_no).is_closed:
            self.cancel_entry(uow, case_no, problem_no)

    def restore_entry(self, uow: UnitOfWork, case_no: str, problem_no: str) -> None:
        """Put a reopened problem back into the ledgers."""
        case = known_case(uow, case_no)
        case.restore(problem_no)
        uow.save(case)

    def note_meeting(self, uow: UnitOfWork, case_no: str) -> None:
        """Note that the special meeting was reported (R161)."""
        case = known_case(uow, case_no)
        case.note_meeting()
        uow.save(case)

    def note_copy_notice(
        self, uow: UnitOfWork, case_no: str, notice_no: str, *, is_answered: bool
    ) -> None:
        """Note that a copy notice went out or was answered (R087)."""
        case = known_case(uow, case_no)
        case.note_copy_notice(notice_no, is_answered=is_answered)
        uow.save(case)

    def note_handover(
        self, uow: UnitOfWork, case_no: str, unit: str, handover: int, *, is_open: bool
    ) -> None:
        """Note that a handover of the unit's principal is open or complete (G20).

        An old message names no unit: it is unavailable until the feedback of the case tells it.
        """
        known = unit or known_case(uow, case_no).unit
        if not known:
            raise NotYetSeenError(f"the unit of {case_no} is not seen yet")
        handovers = uow.find(UnitHandovers, known) or uow.create(UnitHandovers, known)
        handovers.note(case_no, handover, is_open=is_open)
        uow.save(handovers)

    def _note_all(
        self,
        uow: UnitOfWork,
        problem_nos: list[str],
        milestone: Milestone,
        source_id: str,
        case_no: str,
    ) -> None:
        for problem_no in problem_nos:
            review = known_review(uow, problem_no)
            review.note(milestone, source_id, case_no)
            uow.save(review)


def _opening(issued: FeedbackIssued, problem: IssuedProblem) -> ClosureReviewOpened:
    return ClosureReviewOpened(
        problem_no=problem.problem_no,
        case_no=issued.case_no,
        round_no=issued.round_no,
        unit=issued.unit,
        category=problem.category,
        issued_on=issued.issued_on,
        team_leader=issued.team_leader,
        linked_office=issued.linked_office,
        resident_team=issued.resident_team,
        rectify_by=issued.rectify_by,
        concerns_person_or_matter=problem.concerns_person_or_matter,
        team_members=issued.team_members,
    )
