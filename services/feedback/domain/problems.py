"""问题: one problem from its draft (P0) to its issue (P3), and what an objection makes of it."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from services.feedback.domain.grounds import (
    require_authority,
    require_evidence,
    require_second_person,
)
from services.feedback.domain.objections import Objections, require_open_window, require_unit
from shared.contracts.base import Decision
from shared.contracts.feedback import (
    ObjectionDismissed,
    ObjectionRaised,
    ProblemAmended,
    ProblemApproved,
    ProblemDrafted,
    ProblemDraftReturned,
    ProblemIssued,
    ProblemState,
    ProblemSubstantiated,
    ProblemWithdrawn,
    WorkingPaper,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor
from shared.kernel.errors import RefusedError


class WrongProblemStateError(RefusedError):
    code = "wrong-problem-state"
    title = "The problem is not in the state that the command needs"


class Problem(Aggregate):
    """One problem as feedback knows it, in the states P0 to P3, P3x and P3w."""

    KIND = "problem"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.state = ProblemState.DRAFTED
        self.draft_facts: ProblemDrafted
        self.papers: Sequence[WorkingPaper] = ()
        self.approval: Decision | None = None
        self.wording_version = 1
        self.objection_until: date | None = None
        self.objections = Objections()

    @property
    def case_no(self) -> str:
        return self.draft_facts.case_no

    @property
    def round_no(self) -> str:
        return self.draft_facts.round_no

    def draft(self, facts: ProblemDrafted) -> Self:
        """T01: – → P0."""
        self.record(facts)
        return self

    def substantiate(self, papers: Sequence[WorkingPaper], reviewer: Actor) -> None:
        """T02: P0 → P1 under G01; the reviewer has written none of the papers."""
        self._require_state(ProblemState.DRAFTED)
        require_evidence(papers)
        require_second_person(papers, reviewer, self.draft_facts.drafter)
        self.record(
            ProblemSubstantiated(
                problem_no=self.key, papers=list(papers), reviewer=reviewer.person_ref
            )
        )

    def return_draft(self, reason: str) -> None:
        """T03: P1 → P0. The papers are given up with it."""
        self._require_state(ProblemState.SUBSTANTIATED)
        self.record(ProblemDraftReturned(problem_no=self.key, reason=reason))

    def approve(self, decision: Decision, today: date) -> None:
        """T04: P1 → P2 under G01 and G03; G02 is the feedback's, which lists the problem."""
        self._require_state(ProblemState.SUBSTANTIATED)
        require_evidence(self.papers)
        require_authority(decision, today)
        self.record(ProblemApproved(problem_no=self.key, decision=decision))

    def issue(self, issued_on: date, objection_until: date) -> None:
        """T05: P2 → P3, not before its approval (G03); objections are possible until that day."""
        self._require_state(ProblemState.APPROVED)
        if self.approval is not None:
            require_authority(self.approval, issued_on)
        facts = self.draft_facts
        self.record(
            ProblemIssued(
                problem_no=self.key,
                case_no=facts.case_no,
                round_no=facts.round_no,
                unit=facts.unit,
                issued_on=issued_on,
                wording=facts.wording,
                category=facts.category,
                cause=facts.cause,
                nature=facts.nature,
                concerns_person_or_matter=facts.concerns_person_or_matter,
                objection_until=objection_until,
                joint_action=facts.joint_action,
            )
        )

    def raise_objection(
        self, grounds: str, evidence: Sequence[str], actor: Actor, today: date
    ) -> None:
        """T06: P3 → P3x, by the unit itself and inside the window. P4 lies in rectification."""
        self._require_state(ProblemState.ISSUED)
        require_unit(self.draft_facts.unit, actor)
        require_open_window(self.objection_until, today)
        self.record(
            ObjectionRaised(
                problem_no=self.key,
                case_no=self.case_no,
                objection_no=self.objections.next_no(self.key),
                grounds=grounds,
                evidence=list(evidence),
                raised_by=actor.person_ref,
            )
        )

    def dismiss_objection(self, reasons: str, decision: Decision, today: date) -> None:
        """T07: P3x → P3; the problem stands."""
        self._require_state(ProblemState.CONTESTED)
        require_authority(decision, today)
        self.record(
            ObjectionDismissed(
                problem_no=self.key,
                case_no=self.case_no,
                objection_no=self.objections.under_review,
                reasons=reasons,
                decision=decision,
            )
        )

    def amend(
        self, wording: str, papers: Sequence[WorkingPaper], decision: Decision, today: date
    ) -> None:
        """T08: P3x → P3 in a new wording under G01; the old version stays in history."""
        self._require_state(ProblemState.CONTESTED)
        require_evidence(papers)
        require_authority(decision, today)
        self.record(
            ProblemAmended(
                problem_no=self.key,
                case_no=self.case_no,
                objection_no=self.objections.under_review,
                wording=wording,
                wording_version=self.wording_version + 1,
                papers=list(papers),
                decision=decision,
            )
        )

    def withdraw(self, reasons: str, decision: Decision, today: date) -> None:
        """T09: P3x → P3w under G03, for good. Linked leads are not touched."""
        self._require_state(ProblemState.CONTESTED)
        require_authority(decision, today)
        self.record(
            ProblemWithdrawn(
                problem_no=self.key,
                case_no=self.case_no,
                objection_no=self.objections.under_review,
                reasons=reasons,
                decision=decision,
            )
        )

    def _require_state(self, needed: ProblemState) -> None:
        if self.state is not needed:
            raise WrongProblemStateError(
                f"the problem is {self.state}, not {needed}",
                problem_no=self.key, state=self.state, needed=needed,
            )  # fmt: skip

    @applies(ProblemDrafted)
    def _drafted(self, event: ProblemDrafted) -> None:
        self.draft_facts = event

    @applies(ProblemSubstantiated)
    def _substantiated(self, event: ProblemSubstantiated) -> None:
        self.state, self.papers = ProblemState.SUBSTANTIATED, event.papers

    @applies(ProblemDraftReturned)
    def _draft_returned(self, _: ProblemDraftReturned) -> None:
        self.state, self.papers = ProblemState.DRAFTED, ()

    @applies(ProblemApproved)
    def _approved(self, event: ProblemApproved) -> None:
        self.state, self.approval = ProblemState.APPROVED, event.decision

    @applies(ProblemIssued)
    def _issued(self, event: ProblemIssued) -> None:
        self.state, self.objection_until = ProblemState.ISSUED, event.objection_until

    @applies(ObjectionRaised)
    def _objection_raised(self, event: ObjectionRaised) -> None:
        self.state = ProblemState.CONTESTED
        self.objections = self.objections.with_raised(event.objection_no)

    @applies(ObjectionDismissed)
    def _objection_dismissed(self, _: ObjectionDismissed) -> None:
        self.state, self.objections = ProblemState.ISSUED, self.objections.with_settled()

    @applies(ProblemAmended)
    def _amended(self, event: ProblemAmended) -> None:
        self.state, self.objections = ProblemState.ISSUED, self.objections.with_settled()
        self.papers, self.wording_version = event.papers, event.wording_version

    @applies(ProblemWithdrawn)
    def _withdrawn(self, _: ProblemWithdrawn) -> None:
        self.state, self.objections = ProblemState.WITHDRAWN, self.objections.with_settled()
