"""The work on a problem: tasks, deadline, blockers, and what came of it."""

from collections.abc import Sequence
from datetime import date, datetime

from services.rectification.domain import guards
from services.rectification.domain.problem_history import ProblemHistory
from shared.contracts.base import Event
from shared.contracts.rectification import (
    BlockerRaised,
    BlockerResolved,
    DeadlineExtended,
    DocumentArchived,
    EffectRecorded,
    InstitutionChanged,
    LoopholeClosed,
    PledgeVoided,
    ProblemState,
    RectificationOverdue,
    Result,
    ResultsRecorded,
    ResultStatus,
    TaskCompleted,
    TaskProgressed,
)
from shared.kernel.errors import InvalidValueError, NotFoundError, RefusedError

WORKING = (ProblemState.RECTIFYING, ProblemState.RE_RECTIFYING)
OPEN_TO_CONTENT = (*WORKING, ProblemState.CLOSURE_ELIGIBLE)
BEFORE_CLOSING = (ProblemState.CLAIMED, ProblemState.DECLARED_RECTIFIED, *OPEN_TO_CONTENT)
ENDED = (ProblemState.WITHDRAWN, ProblemState.CLOSED)


class WrongStateError(RefusedError):
    """The life cycle does not allow this from the present state (requirements 2.3)."""

    code = "wrong-state"
    title = "The present state does not allow this"


class LaterDeadlineRequiredError(RefusedError):
    """An extension gives a later date, with a reason (T16)."""

    code = "later-deadline-required"
    title = "The new deadline is not later"


class WorkDoneError(RefusedError):
    """A task or residual item is done once (T15); only a sham or an order opens work again."""

    code = "work-done"
    title = "The task or item is done already"


class AlreadyOnRecordError(RefusedError):
    """A number stands for one thing only (G13, R126)."""

    code = "already-on-record"
    title = "The number is taken on this problem"


class ProblemWork(ProblemHistory):
    """What may be decided while the unit works; nothing here moves the problem's state."""

    def require_state(self, *allowed: ProblemState) -> None:
        if self.state not in allowed:
            raise WrongStateError(
                f"the problem is in {self.state}, this needs {' or '.join(allowed)}",
                problem_no=self.key,
            )

    # -- tasks and their deadline

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
            raise WorkDoneError("it is done already", problem_no=self.key, task_no=work_no)

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
            raise AlreadyOnRecordError(
                "the blocker exists", problem_no=self.key, blocker_no=blocker_no
            )
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
            raise AlreadyOnRecordError("the document is archived already", document_no=document_no)
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

    def close_loophole(self, loophole_no: str, description: str, evidence: Sequence[str]) -> None:
        """Close a loophole that the problem showed, once (R129)."""
        self.require_state(*OPEN_TO_CONTENT)
        if loophole_no in self.loopholes:
            raise AlreadyOnRecordError("the loophole is closed", loophole_no=loophole_no)
        self._record_content(
            LoopholeClosed(
                problem_no=self.key,
                loophole_no=loophole_no,
                description=description,
                evidence=list(evidence),
            )
        )

    def change_institution(self, changed: InstitutionChanged, today: date) -> None:
        """Make, amend or repeal a rule (R130); what it closes are loopholes of this problem."""
        self.require_state(*OPEN_TO_CONTENT)
        if (changed.document_no, changed.change) in self.institutions:
            raise AlreadyOnRecordError("it is on record", document_no=changed.document_no)
        unknown = sorted(set(changed.loophole_nos) - self.loopholes)
        if unknown:
            raise NotFoundError(f"no such loophole: {unknown[0]}", problem_no=self.key)
        if changed.effective_on > today:
            raise InvalidValueError("it is not in force yet", document_no=changed.document_no)
        self._record_content(changed)

    def _record_content(self, event: Event) -> None:
        """Record content; a pledge on the former content holds no longer (R140)."""
        self.record(event)
        if self.pledge is not None:
            self.void_pledge("the content changed after the pledge")

    def void_pledge(self, reason: str, *, is_false: bool = False) -> None:
        self.record(
            PledgeVoided(problem_no=self.key, cycle=self.cycle, is_false=is_false, reason=reason)
        )
