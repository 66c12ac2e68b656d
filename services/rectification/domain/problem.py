"""A problem from its claim to its declaration, and again after each order to rectify again."""

from datetime import date

from services.rectification.domain import guards
from services.rectification.domain.plan import has_own_level_measure
from services.rectification.domain.work import ENDED, WORKING, ProblemWork
from shared.contracts.directory import Incumbent
from shared.contracts.rectification import (
    AuthenticityPledged,
    CaseProblem,
    NilItemsConfirmed,
    PlannedProblem,
    ProblemClaimed,
    ProblemDeclaredRectified,
    ProblemReceived,
    ProblemState,
    RectificationStarted,
)
from shared.kernel.errors import InvalidValueError, RefusedError


class ContestedProblemError(RefusedError):
    """An objection is open: the problem waits for its decision (P3x)."""

    code = "problem-contested"
    title = "An objection to the problem is open"


class WorkOpenError(RefusedError):
    """Not every task and residual item is done (T18)."""

    code = "work-open"
    title = "Tasks or residual items are open"


class NilItemsUnconfirmedError(RefusedError):
    """An empty list of residual items must be confirmed before a declaration (A54)."""

    code = "nil-items-unconfirmed"
    title = "The empty list of residual items is not confirmed"


class NothingToConfirmError(RefusedError):
    """The list of residual items is not empty, or is confirmed (A54)."""

    code = "nothing-to-confirm"
    title = "No empty list of residual items waits for confirmation"


class WorkingProblem(ProblemWork):
    """What the unit decides while it works on the problem; closing follows in `closing.py`."""

    @property
    def is_open(self) -> bool:
        """Whether a new principal inherits it (R143)."""
        return self.state not in ENDED

    @property
    def is_received(self) -> bool:
        """Whether its case was opened; something may be noted about it before."""
        return bool(self.case_no)

    @property
    def is_withdrawn(self) -> bool:
        return self.state is ProblemState.WITHDRAWN

    @property
    def is_claimed(self) -> bool:
        """Whether the unit accepted it; a withdrawn one counts neither way."""
        return self.state not in (ProblemState.EXPECTED, ProblemState.ISSUED)

    # -- claim and start

    def receive(
        self, problem: CaseProblem, case_no: str, unit: str, issued_on: date, rectify_by: date
    ) -> None:
        """Learn that the problem was issued to the unit (X01)."""
        self.record(
            ProblemReceived(
                problem_no=self.key,
                case_no=case_no,
                unit=unit,
                category=problem.category,
                issued_on=issued_on,
                rectify_by=rectify_by,
                concerns_person_or_matter=problem.concerns_person_or_matter,
            )
        )

    def claim(
        self, claimed_by: str, responsible_member: str, claimed_on: date, today: date
    ) -> None:
        """Accept the problem as the unit's own (T10; the caller has demanded G06)."""
        self.require_state(ProblemState.ISSUED)
        if self.open_objections:
            raise ContestedProblemError("the objection is not settled", problem_no=self.key)
        if not self.issued_on <= claimed_on <= max(today, self.issued_on):
            raise InvalidValueError("claimed before it was issued, or later than today",
                                    problem_no=self.key)  # fmt: skip
        self.record(
            ProblemClaimed(
                problem_no=self.key,
                case_no=self.case_no,
                unit=self.unit,
                claimed_by=claimed_by,
                responsible_member=responsible_member,
                claimed_on=claimed_on,
                concerns_person_or_matter=self.concerns_person_or_matter,
            )
        )

    def start(self, plan_version: int, planned: PlannedProblem) -> None:
        """Begin the work of the approved plan (T14)."""
        self.require_state(ProblemState.CLAIMED)
        self.record(
            RectificationStarted(
                problem_no=self.key,
                case_no=self.case_no,
                plan_version=plan_version,
                has_own_level_measure=has_own_level_measure(planned.measures),
                tasks=planned.tasks,
                rectify_by=self.rectify_by,
                deadline_version=self.deadline_version + 1,
            )
        )

    # -- pledge and declaration

    def confirm_nil_items(self, confirmed_by: str) -> None:
        """Confirm that nothing is left to rectify after a perfect evaluation (A54)."""
        self.require_state(ProblemState.RE_RECTIFYING)
        if not self.needs_nil_confirmation:
            raise NothingToConfirmError("there is no empty list to confirm", problem_no=self.key)
        self.record(
            NilItemsConfirmed(problem_no=self.key, cycle=self.cycle, confirmed_by=confirmed_by)
        )

    def pledge_authenticity(self, principal: Incumbent, digest: str) -> None:
        """Pledge again what was completed after the declaration, before closing (G14, R140)."""
        self.require_state(ProblemState.CLOSURE_ELIGIBLE)
        self._pledge(principal, digest)

    def _pledge(self, principal: Incumbent, digest: str) -> None:
        guards.require_pledge_on(digest, self.content)
        self.record(
            AuthenticityPledged(
                problem_no=self.key,
                cycle=self.cycle,
                signatory=principal.person_ref,
                digest=digest,
            )
        )

    def declare_rectified(
        self, principal: Incumbent, digest: str, *, meeting_is_complete: bool
    ) -> None:
        """Declare the problem rectified, pledged on this content (T18: G12 G13 G14)."""
        self.require_state(*WORKING)
        if open_work := self.open_work:
            raise WorkOpenError(f"open: {', '.join(open_work)}", problem_no=self.key)
        if self.needs_nil_confirmation:
            raise NilItemsUnconfirmedError("confirm the empty list first", problem_no=self.key)
        if self.declarations == 0:
            guards.require_meeting(meeting_is_complete)
        guards.require_effect_and_archive(self.effects, len(self.documents))
        self._pledge(principal, digest)
        self.record(
            ProblemDeclaredRectified(
                problem_no=self.key,
                case_no=self.case_no,
                cycle=self.cycle,
                declaration=self.declarations + 1,
                declared_by=principal.person_ref,
                digest=digest,
            )
        )
