"""A problem from its claim to its declaration, and again after each order to rectify again."""

from collections.abc import Sequence
from datetime import date, datetime

from services.rectification.domain import guards
from services.rectification.domain.plan import has_own_level_measure
from services.rectification.domain.problem_history import ProblemHistory
from shared.contracts.directory import Incumbent
from shared.contracts.rectification import (
    AuthenticityPledged,
    BlockerRaised,
    BlockerResolved,
    CaseProblem,
    DeadlineExtended,
    DocumentArchived,
    EffectRecorded,
    NilItemsConfirmed,
    PlannedProblem,
    PledgeVoided,
    ProblemClaimed,
    ProblemDeclaredRectified,
    ProblemReceived,
    ProblemState,
    RectificationOverdue,
    RectificationStarted,
    Result,
    ResultsRecorded,
    ResultStatus,
    TaskCompleted,
    TaskProgressed,
)
from shared.kernel.errors import ConflictError, InvalidValueError, NotFoundError, RefusedError

WORKING = (ProblemState.RECTIFYING, ProblemState.RE_RECTIFYING)
OPEN_TO_CONTENT = (*WORKING, ProblemState.CLOSURE_ELIGIBLE)
BEFORE_CLOSING = (ProblemState.CLAIMED, ProblemState.DECLARED_RECTIFIED, *OPEN_TO_CONTENT)
ENDED = (ProblemState.WITHDRAWN, ProblemState.CLOSED)


class WrongStateError(RefusedError):
    """The life cycle does not allow this from the present state (requirements 2.3)."""

    code = "wrong-state"
    title = "The present state does not allow this"


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


class LaterDeadlineRequiredError(RefusedError):
    """An extension gives a later date, with a reason (T16)."""

    code = "later-deadline-required"
    title = "The new deadline is not later"


class WorkingProblem(ProblemHistory):
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

    def require_state(self, *allowed: ProblemState) -> None:
        if self.state not in allowed:
            raise WrongStateError(
                f"the problem is in {self.state}, this needs {' or '.join(allowed)}",
                problem_no=self.key,
            )

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

    def claim(self, claimed_by: str, responsible_member: str, claimed_on: date) -> None:
        """Accept the problem as the unit's own (T10; the caller has demanded G06)."""
        self.require_state(ProblemState.ISSUED)
        if self.open_objections:
            raise ContestedProblemError("the objection is not settled", problem_no=self.key)
        if claimed_on < self.issued_on:
            raise InvalidValueError("claimed before it was issued", problem_no=self.key)
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

    # -- the work and its deadline

    def progress(self, task_no: str, note: str, percent: int, evidence: Sequence[str]) -> None:
        self._require_open_work(task_no)
        self._record_content(
            TaskProgressed(
                problem_no=self.key,
                task_no=task_no,
                note=note,
                percent=percent,
                evidence=list(evidence),
            )
        )

    def complete(self, task_no: str, evidence: Sequence[str]) -> None:
        """Finish a task or a residual item, with evidence (T15)."""
        self._require_open_work(task_no)
        self._record_content(
            TaskCompleted(problem_no=self.key, task_no=task_no, evidence=list(evidence))
        )

    def _require_open_work(self, work_no: str) -> None:
        self.require_state(*OPEN_TO_CONTENT)
        if work_no not in self.work:
            raise NotFoundError("no such task or item", problem_no=self.key, task_no=work_no)
        if self.work[work_no]:
            raise ConflictError("it is done already", problem_no=self.key, task_no=work_no)

    def extend_deadline(self, rectify_by: date, reason: str, approved_by: str) -> None:
        """Grant a later date, with a reason (T16, R135)."""
        self.require_state(*OPEN_TO_CONTENT)
        if rectify_by <= self.rectify_by or not reason.strip():
            raise LaterDeadlineRequiredError("give a later date and why", problem_no=self.key)
        self.record(
            DeadlineExtended(
                problem_no=self.key,
                deadline_version=self.deadline_version + 1,
                rectify_by=rectify_by,
                reason=reason,
                approved_by=approved_by,
            )
        )

    def is_overdue(self, now: datetime) -> bool:
        """Whether work is due whose last day has ended in China."""
        return self.state in WORKING and self.rectify_by < guards.business_day(now)

    def mark_overdue(self, now: datetime) -> bool:
        """Say once for each version of the deadline that it passed (T17); tell whether said."""
        if not self.is_overdue(now) or self.overdue_version == self.deadline_version:
            return False
        self.record(
            RectificationOverdue(
                problem_no=self.key,
                case_no=self.case_no,
                unit=self.unit,
                cycle=self.cycle,
                deadline_version=self.deadline_version,
                due=self.rectify_by,
            )
        )
        return True

    def raise_blocker(self, blocker_no: str, cause: str, help_needed: str) -> None:
        self.require_state(*BEFORE_CLOSING)
        if blocker_no in self.blockers:
            raise ConflictError("the blocker exists", problem_no=self.key, blocker_no=blocker_no)
        self.record(
            BlockerRaised(
                problem_no=self.key, blocker_no=blocker_no, cause=cause, help_needed=help_needed
            )
        )

    def resolve_blocker(self, blocker_no: str, solution: str) -> None:
        if blocker_no not in self.open_blockers:
            raise NotFoundError("no such open blocker", problem_no=self.key, blocker_no=blocker_no)
        self.record(BlockerResolved(problem_no=self.key, blocker_no=blocker_no, solution=solution))

    # -- what came of it

    def record_effect(self, effect: str, evidence: Sequence[str]) -> None:
        self.require_state(*OPEN_TO_CONTENT)
        self._record_content(
            EffectRecorded(problem_no=self.key, effect=effect, evidence=list(evidence))
        )

    def archive_document(self, document_no: str, title: str, digest: str) -> None:
        self.require_state(*OPEN_TO_CONTENT)
        if document_no in self.documents:
            raise ConflictError("the document is archived already", document_no=document_no)
        self._record_content(
            DocumentArchived(
                problem_no=self.key, document_no=document_no, title=title, digest=digest
            )
        )

    def record_results(self, fixed: Result, held_to_account: Result, built: Result) -> None:
        """Record 改, 问 and 立; what is not applicable needs its reason (G23, R128)."""
        self.require_state(*OPEN_TO_CONTENT)
        for result in (fixed, held_to_account, built):
            is_silent = not (result.reason or "").strip()
            if result.status is ResultStatus.NOT_APPLICABLE and is_silent:
                raise InvalidValueError("not applicable needs a reason", problem_no=self.key)
        self._record_content(
            ResultsRecorded(
                problem_no=self.key, fixed=fixed, held_to_account=held_to_account, built=built
            )
        )

    def _record_content(
        self,
        event: TaskProgressed | TaskCompleted | EffectRecorded | DocumentArchived | ResultsRecorded,
    ) -> None:
        """Record content; a pledge on the former content holds no longer (R140)."""
        self.record(event)
        if self.pledge is not None:
            self.void_pledge("the content changed after the pledge")

    def void_pledge(self, reason: str, *, is_false: bool = False) -> None:
        self.record(
            PledgeVoided(problem_no=self.key, cycle=self.cycle, is_false=is_false, reason=reason)
        )

    # -- pledge and declaration

    def confirm_nil_items(self, confirmed_by: str) -> None:
        """Confirm that nothing is left to rectify after a perfect evaluation (A54)."""
        self.require_state(ProblemState.RE_RECTIFYING)
        if not self.needs_nil_confirmation:
            raise ConflictError("there is no empty list to confirm", problem_no=self.key)
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
