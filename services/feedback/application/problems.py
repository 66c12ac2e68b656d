"""Problems from the draft to the approval, and the objections to them."""

from collections.abc import Sequence
from typing import Any

from services.feedback.domain.issuing import Feedback
from services.feedback.domain.joint_actions import JointAction
from services.feedback.domain.objections import require_incumbent
from services.feedback.domain.problems import Problem
from services.feedback.domain.rounds import Round, require_leader, require_member
from shared.contracts.base import Decision
from shared.contracts.directory import Incumbent
from shared.contracts.feedback import IssuedProblem, ProblemDrafted, WorkingPaper
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.periods import civil_date


class ProblemUseCases:
    def draft_problem(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        case_no: str,
        round_no: str,
        wording: str,
        category: str,
        cause: str,
        nature: str,
        concerns_person_or_matter: bool = False,
        joint_action: str | None = None,
    ) -> dict[str, Any]:
        """T01: the team of a target of an open round drafts a problem."""
        target = uow.load(Round, round_no).target(case_no)
        require_member(target, uow.actor)
        feedback = uow.find(Feedback, case_no)
        if feedback is not None:
            feedback.require_not_issued()
        if joint_action is not None:
            uow.load(JointAction, joint_action)
        facts = ProblemDrafted(
            problem_no=problem_no,
            case_no=case_no,
            round_no=round_no,
            unit=target.unit,
            wording=wording,
            category=category,
            cause=cause,
            nature=nature,
            concerns_person_or_matter=concerns_person_or_matter,
            drafter=uow.actor.person_ref,
            joint_action=joint_action,
        )
        uow.save(uow.create(Problem, problem_no).draft(facts))
        return {"problem_no": problem_no}

    def substantiate_problem(
        self, uow: UnitOfWork, problem_no: str, *, papers: Sequence[WorkingPaper]
    ) -> None:
        """T02: a second person of the team finds the papers to carry the problem (G01)."""
        problem = uow.load(Problem, problem_no)
        require_member(uow.load(Round, problem.round_no).target(problem.case_no), uow.actor)
        problem.substantiate(papers, uow.actor)
        uow.save(problem)

    def return_draft(self, uow: UnitOfWork, problem_no: str, *, reason: str) -> None:
        """T03: the team leader or the office gives the draft back."""
        problem = uow.load(Problem, problem_no)
        require_leader(uow.load(Round, problem.round_no).target(problem.case_no), uow.actor)
        problem.return_draft(reason)
        uow.save(problem)

    def approve_problem(self, uow: UnitOfWork, problem_no: str, *, decision: Decision) -> None:
        """T04: the leading group approves, and the problem is listed to be fed back."""
        problem = uow.load(Problem, problem_no)
        feedback = uow.find(Feedback, problem.case_no) or Feedback(problem.case_no)
        problem.approve(decision, civil_date(uow.now))
        feedback.list_problem(_as_issued(problem), problem.round_no)
        uow.save(problem, feedback)

    def raise_objection(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        grounds: str,
        evidence: Sequence[str],
        principal: Incumbent | None,
    ) -> dict[str, Any]:
        """T06: the unit's principal (as the directory tells it now) objects."""
        require_incumbent(principal, uow.actor)
        problem = uow.load(Problem, problem_no)
        problem.raise_objection(grounds, evidence, uow.actor, civil_date(uow.now))
        uow.save(problem)
        return {"objection_no": problem.objections.under_review}

    def dismiss_objection(
        self, uow: UnitOfWork, problem_no: str, *, reasons: str, decision: Decision
    ) -> None:
        """T07: the leading group dismisses the objection under review."""
        problem = uow.load(Problem, problem_no)
        problem.dismiss_objection(reasons, decision, civil_date(uow.now))
        uow.save(problem)

    def amend_problem(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        wording: str,
        papers: Sequence[WorkingPaper],
        decision: Decision,
    ) -> dict[str, Any]:
        """T08: the leading group upholds the objection in part, in a new wording."""
        problem = uow.load(Problem, problem_no)
        problem.amend(wording, papers, decision, civil_date(uow.now))
        uow.save(problem)
        return {"wording_version": problem.wording_version}

    def withdraw_problem(
        self, uow: UnitOfWork, problem_no: str, *, reasons: str, decision: Decision
    ) -> None:
        """T09: the leading group upholds the objection: the problem ends."""
        problem = uow.load(Problem, problem_no)
        problem.withdraw(reasons, decision, civil_date(uow.now))
        uow.save(problem)


def _as_issued(problem: Problem) -> IssuedProblem:
    facts = problem.draft_facts
    return IssuedProblem(
        problem_no=problem.key,
        category=facts.category,
        cause=facts.cause,
        nature=facts.nature,
        concerns_person_or_matter=facts.concerns_person_or_matter,
    )
