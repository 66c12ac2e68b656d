"""The problem on its way out and back: decisions of others, the closing report, its lapse."""

from collections.abc import Sequence
from datetime import date

from services.rectification.domain import guards
from services.rectification.domain.problem import WorkingProblem
from services.rectification.domain.work import ENDED
from shared.contracts.directory import Incumbent
from shared.contracts.rectification import (
    ClosureApplied,
    ClosureEligibilityNoted,
    ClosureNoted,
    ClosureReportSigned,
    ClosureSignatureLapsed,
    CompletionVoided,
    DisposalNoted,
    ObjectionNoted,
    OrderCause,
    ProblemState,
    ProblemStopped,
    ReRectificationOrdered,
    ResidualItem,
    TasksRevised,
)

_VOIDABLE = (
    ProblemState.DECLARED_RECTIFIED,
    ProblemState.CLOSURE_ELIGIBLE,
    ProblemState.CLOSURE_APPLIED,
)


class Problem(WorkingProblem):
    """The stream `problem/<problem_no>` with everything that may be decided about it."""

    # -- what other services decided: it is followed; what came too late changes nothing

    def note_objection(self, objection_no: str, *, is_open: bool) -> None:
        """Take note of an objection that was raised or settled (T06–T09)."""
        if self.objections.get(objection_no) is not is_open:
            self.record(
                ObjectionNoted(problem_no=self.key, objection_no=objection_no, is_open=is_open)
            )

    def note_amendment(self, case_no: str, objection_no: str, wording_version: int) -> None:
        """Settle the objection; what is planned and done answers the new wording (T08, X05)."""
        self.note_objection(objection_no, is_open=False)
        if wording_version > self.wording_version and self.state not in ENDED:
            self.record(
                TasksRevised(
                    problem_no=self.key,
                    case_no=case_no,
                    objection_no=objection_no,
                    wording_version=wording_version,
                    work=self.open_work,
                )
            )

    def stop(self, case_no: str) -> None:
        """End the work on a withdrawn problem (T09, X05)."""
        if self.state not in ENDED:
            self.record(ProblemStopped(problem_no=self.key, case_no=case_no))

    def note_disposal(self, *, disposal_known: bool, pursuit_known: bool) -> None:
        """Take note of what is known of disposal and pursuit (X09, G19); it stays known."""
        known = (self.disposal_known or disposal_known, self.pursuit_known or pursuit_known)
        if known != (self.disposal_known, self.pursuit_known):
            self.record(
                DisposalNoted(problem_no=self.key, disposal_known=known[0], pursuit_known=known[1])
            )

    def void_completion(self, cycle: int, finding: str, rectify_by: date) -> None:
        """Return a sham completion to work: every task is open again, the pledge false (T19)."""
        if cycle != self.cycle or self.state in ENDED:
            return
        if self.pledge is not None:
            self.void_pledge("sham rectification was found", is_false=True)
        if self.state in _VOIDABLE:
            self.record(
                CompletionVoided(
                    problem_no=self.key, case_no=self.case_no, cycle=cycle, finding=finding
                )
            )
            self._order(cycle, OrderCause.SHAM, [], rectify_by)

    def order_after_evaluation(
        self, cycle: int, items: Sequence[ResidualItem], rectify_by: date
    ) -> None:
        """Rectify again what the evaluation left, were it nothing (T23, T24)."""
        if cycle == self.cycle and self.state is ProblemState.DECLARED_RECTIFIED:
            self._order(cycle, OrderCause.EVALUATION, items, rectify_by)

    def order_after_return(
        self, cycle: int, application: int, items: Sequence[ResidualItem], rectify_by: date
    ) -> None:
        """Rectify again after a returned closing (T27, T29, T32).

        Even if its signature lapsed and the successor has already applied anew: the next
        application then did not answer the return.
        """
        is_known = cycle == self.cycle and application <= self.application
        if is_known and self.state in (ProblemState.CLOSURE_APPLIED, ProblemState.CLOSURE_ELIGIBLE):
            self._order(cycle, OrderCause.CLOSURE_RETURN, items, rectify_by)

    def order_after_reopening(
        self, cycle: int, items: Sequence[ResidualItem], rectify_by: date
    ) -> None:
        """Rectify again in the next cycle, under a new pledge (T35, R231)."""
        if cycle > self.cycle and self.state is not ProblemState.WITHDRAWN:
            self._order(cycle, OrderCause.REOPENING, items, rectify_by)

    def _order(
        self, cycle: int, cause: OrderCause, items: Sequence[ResidualItem], rectify_by: date
    ) -> None:
        self.record(
            ReRectificationOrdered(
                problem_no=self.key,
                case_no=self.case_no,
                cycle=cycle,
                cause=cause,
                items=list(items),
                rectify_by=rectify_by,
                deadline_version=self.deadline_version + 1,
            )
        )

    def note_eligibility(self, cycle: int, pairs: int, *, waived: bool) -> None:
        """Learn that closing may be applied for (T25, T47)."""
        expected = (ProblemState.DECLARED_RECTIFIED, ProblemState.RE_RECTIFYING)
        if cycle == self.cycle and self.state in expected:
            self.record(
                ClosureEligibilityNoted(
                    problem_no=self.key, cycle=cycle, pairs=pairs, waived=waived
                )
            )

    def note_closure(self, cycle: int) -> None:
        """Learn that the problem is closed (X11)."""
        if cycle == self.cycle and self.state not in ENDED:
            self.record(ClosureNoted(problem_no=self.key, cycle=cycle))

    # -- the closing report

    def submit_closure_report(
        self,
        principal: Incumbent,
        digest: str,
        *,
        meeting_is_complete: bool,
        handover_is_open: bool,
    ) -> None:
        """Sign the report in person and apply for closing (T26; the caller demanded G06)."""
        self.require_state(ProblemState.CLOSURE_ELIGIBLE)
        guards.require_no_handover(handover_is_open)
        guards.require_meeting(meeting_is_complete)
        self._require_closable()
        guards.require_signature_on(digest, self.content)
        self._apply_for_closing(principal, digest)

    def _require_closable(self) -> None:
        """Demand G13 G14 G17 G19 G23 G24."""
        guards.require_effect_and_archive(self.effects, len(self.documents))
        is_of_cycle = self.pledge is not None and self.pledge.cycle == self.cycle
        pledged = self.pledge.digest if self.pledge is not None and is_of_cycle else ""
        guards.require_pledge_on(pledged, self.content)
        assert self.eligibility is not None, "a problem in P11 has its eligibility"
        guards.require_pairs(self.eligibility.pairs, self.eligibility.waived)
        guards.require_disposal(
            self.concerns_person_or_matter, self.disposal_known, self.pursuit_known
        )
        guards.require_three_results(self.results)
        guards.require_clean(self.open_objections, len(self.open_blockers), len(self.open_work))

    def _apply_for_closing(self, principal: Incumbent, digest: str) -> None:
        self.record(
            ClosureReportSigned(
                problem_no=self.key,
                cycle=self.cycle,
                signatory=principal.person_ref,
                incumbent_since=principal.since,
                digest=digest,
            )
        )
        self.record(
            ClosureApplied(
                problem_no=self.key,
                case_no=self.case_no,
                unit=self.unit,
                cycle=self.cycle,
                application=self.application + 1,
                signatory=principal.person_ref,
                digest=digest,
            )
        )

    def lapse_signature(self, incoming: str | None) -> None:
        """Take the application back when its signatory is the principal no longer (T39, A11)."""
        if self.state is ProblemState.CLOSURE_APPLIED and self.signatory != incoming:
            self.record(
                ClosureSignatureLapsed(
                    problem_no=self.key,
                    case_no=self.case_no,
                    cycle=self.cycle,
                    application=self.application,
                    former_signatory=self.signatory,
                )
            )
