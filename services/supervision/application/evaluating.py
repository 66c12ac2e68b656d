"""Use cases of the pairs of supervision and evaluation."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from services.supervision.application import rules
from services.supervision.domain import ClosureReview, SupervisionCase
from shared.contracts.base import Decision
from shared.contracts.directory import PolicyView
from shared.contracts.evaluation import DimensionScores
from shared.contracts.rectification import ResidualItem
from shared.contracts.supervision import GroupMember, MethodUsed, ShamKind
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.periods import civil_date


class EvaluationUseCases:
    """Visits, scores, results, and the finding of sham."""

    def start_supervision(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        visit_no: str,
        members: Sequence[GroupMember],
        linked_office: str,
        unit_people: Collection[str] = (),
    ) -> dict[str, Any]:
        """Begin the next pair on site (T20)."""
        review = uow.load(ClosureReview, problem_no)
        review.start_supervision(
            uow.actor,
            visit_no=visit_no,
            members=members,
            linked_office=linked_office,
            unit_people=unit_people,
        )
        return saved(uow, review)

    def complete_supervision(
        self, uow: UnitOfWork, problem_no: str, *, methods: list[MethodUsed], finding: str
    ) -> dict[str, Any]:
        """End the visit (T21)."""
        review = uow.load(ClosureReview, problem_no)
        review.complete_supervision(uow.actor, methods, finding)
        return saved(uow, review)

    def score_self(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        score: int,
        dimensions: DimensionScores | None = None,
    ) -> dict[str, Any]:
        """Give the unit's own score (T22)."""
        review = uow.load(ClosureReview, problem_no)
        review.score_self(uow.actor, score, dimensions)
        return saved(uow, review)

    def score_panel(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        score: int,
        dimensions: DimensionScores | None = None,
    ) -> dict[str, Any]:
        """Give the panel's score (T22)."""
        review = uow.load(ClosureReview, problem_no)
        review.score_panel(uow.actor, score, dimensions)
        return saved(uow, review)

    def close_poll(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        score: int,
        respondents: int,
        policy: PolicyView,
        dimensions: DimensionScores | None = None,
    ) -> dict[str, Any]:
        """Close the poll with its aggregate; no single answer is ever kept (T22, R204)."""
        review = uow.load(ClosureReview, problem_no)
        minimum = rules.number(uow, policy, "poll_minimum")
        review.close_poll(score, respondents, minimum, dimensions)
        return saved(uow, review)

    def finalise_evaluation(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        scheme_version: str,
        items: list[ResidualItem],
        rectify_by: date,
        policy: PolicyView,
    ) -> dict[str, Any]:
        """Give the pair its result (T23–T25)."""
        review = uow.load(ClosureReview, problem_no)
        review.finalise_evaluation(
            uow.actor,
            rules.scheme(uow, policy, scheme_version),
            items=items,
            rectify_by=rectify_by,
        )
        return saved(uow, review)

    def waive_second_round(
        self, uow: UnitOfWork, problem_no: str, *, reason: str, decision: Decision
    ) -> dict[str, Any]:
        """Waive the second pair, exceptionally (T47)."""
        review = uow.load(ClosureReview, problem_no)
        review.waive_second_round(reason, decision, civil_date(uow.now))
        return saved(uow, review)

    def find_sham(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        kind: ShamKind,
        evidence: list[str],
        rectify_by: date,
        discipline_orgs: Collection[str],
    ) -> dict[str, Any]:
        """Find a declared completion to be sham (T19)."""
        review = uow.load(ClosureReview, problem_no)
        review.find_sham(
            uow.actor,
            kind,
            evidence,
            rectify_by,
            team_leader=team_leader_of(uow, review),
            discipline_orgs=discipline_orgs,
        )
        return saved(uow, review)


def team_leader_of(uow: UnitOfWork, review: ClosureReview) -> str:
    """Return the team leader of record: the one of the feedback, or the successor (A12)."""
    case = uow.find(SupervisionCase, review.case_no)
    return (case and case.team_leader) or review.team_leader


def saved(uow: UnitOfWork, review: ClosureReview) -> dict[str, Any]:
    """Have the review stored, and return where the problem stands now."""
    uow.save(review)
    return {
        "problem_no": review.key,
        "state": review.state,
        "cycle": review.cycle,
        "pairs": len(review.pairs),
    }
