"""Use cases of closing a problem, and of what comes after."""

from datetime import date
from typing import Any

from services.supervision.application.evaluating import saved, team_leader_of
from services.supervision.domain import ClosureReview, UnitHandovers
from shared.contracts.base import Decision
from shared.contracts.rectification import ResidualItem
from shared.contracts.supervision import MethodUsed, ReopeningFinding, ReopeningGround
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.periods import civil_date


class ClosingUseCases:
    """Acceptance, approval, countersignatures; watch, reopening, archive."""

    def accept_closure(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        methods: list[MethodUsed],
        linked_office: str,
    ) -> dict[str, Any]:
        """Accept the rectification in the linked office's name (T28)."""
        review = uow.load(ClosureReview, problem_no)
        review.accept_closure(uow.actor, methods, linked_office=linked_office)
        return saved(uow, review)

    def return_closure(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        reasons: str,
        items: list[ResidualItem],
        rectify_by: date,
        linked_office: str,
    ) -> dict[str, Any]:
        """Return the closing at the step that waits for the actor (T27, T29)."""
        review = uow.load(ClosureReview, problem_no)
        review.return_closure(
            uow.actor,
            reasons=reasons,
            items=items,
            rectify_by=rectify_by,
            linked_office=linked_office,
        )
        return saved(uow, review)

    def approve_closure(self, uow: UnitOfWork, problem_no: str) -> dict[str, Any]:
        """Agree in the inspection office's name (T30)."""
        review = uow.load(ClosureReview, problem_no)
        review.approve_closure(uow.actor)
        return saved(uow, review)

    def countersign_closure(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        digest: str,
        linked_office: str,
        principal: str | None,
    ) -> dict[str, Any]:
        """Sign the closing; the second signature closes the problem (T31)."""
        review = uow.load(ClosureReview, problem_no)
        handovers = uow.find(UnitHandovers, review.unit)
        review.countersign(
            uow.actor,
            digest,
            linked_office=linked_office,
            team_leader=team_leader_of(uow, review),
            principal=principal,
            handover_is_open=handovers is not None and handovers.is_any_open,
        )
        return saved(uow, review)

    def refuse_countersignature(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        reasons: str,
        items: list[ResidualItem],
        rectify_by: date,
        linked_office: str,
    ) -> dict[str, Any]:
        """Refuse one's signature (T32)."""
        review = uow.load(ClosureReview, problem_no)
        review.refuse_countersignature(
            uow.actor,
            team_leader=team_leader_of(uow, review),
            reasons=reasons,
            items=items,
            rectify_by=rectify_by,
            linked_office=linked_office,
        )
        return saved(uow, review)

    def offer_watch(self, uow: UnitOfWork, problem_no: str) -> None:
        """Ask the resident team to watch a closed problem (X11)."""
        review = uow.load(ClosureReview, problem_no)
        review.offer_watch()
        uow.save(review)

    def accept_watch(
        self, uow: UnitOfWork, problem_no: str, *, resident_team: str, until: date
    ) -> dict[str, Any]:
        """Take a closed problem over into long-term watch (T33)."""
        review = uow.load(ClosureReview, problem_no)
        review.accept_watch(uow.actor, resident_team, until)
        return saved(uow, review)

    def reopen(
        self,
        uow: UnitOfWork,
        problem_no: str,
        *,
        ground: ReopeningGround,
        finding: ReopeningFinding,
        finding_ref: str,
        decision: Decision,
        items: list[ResidualItem],
        rectify_by: date,
    ) -> dict[str, Any]:
        """Bring a closed problem back (T34)."""
        review = uow.load(ClosureReview, problem_no)
        review.reopen(
            ground,
            finding=finding,
            finding_ref=finding_ref,
            decision=decision,
            items=items,
            rectify_by=rectify_by,
            today=civil_date(uow.now),
        )
        return saved(uow, review)

    def check_file(self, uow: UnitOfWork, problem_no: str, *, documents: int) -> dict[str, Any]:
        """Find the index of a watched problem's file complete (T36)."""
        review = uow.load(ClosureReview, problem_no)
        review.check_file(uow.actor, documents)
        return saved(uow, review)

    def archive(self, uow: UnitOfWork, problem_no: str, *, documents: int) -> dict[str, Any]:
        """Seal the file of a watched problem (T36)."""
        review = uow.load(ClosureReview, problem_no)
        review.archive(uow.actor, documents, civil_date(uow.now))
        return saved(uow, review)
