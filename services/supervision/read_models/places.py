"""Where an event puts a problem in the chain: one table for every read model."""

from datetime import date

from shared.contracts.base import Event
from shared.contracts.supervision import (
    CaseFileArchived,
    ClosureAccepted,
    ClosureEligible,
    ClosureOfficeApproved,
    ClosureReturned,
    EntryPosted,
    EvaluationFinalised,
    Grade,
    LongTermWatchStarted,
    Milestone,
    ProblemClosed,
    ProblemReopened,
    ProblemState,
    ShamRectificationFound,
    SupervisionCompleted,
    SupervisionStarted,
)
from shared.eventstore.record import RecordedEvent

CLOSED_STATES = [
    ProblemState.WITHDRAWN,
    ProblemState.CLOSED,
    ProblemState.LONG_TERM_WATCH,
    ProblemState.ARCHIVED,
]

_FIXED: dict[type[Event], ProblemState] = {
    SupervisionStarted: ProblemState.UNDER_SUPERVISION,
    SupervisionCompleted: ProblemState.UNDER_EVALUATION,
    ShamRectificationFound: ProblemState.RE_RECTIFYING,
    ClosureEligible: ProblemState.CLOSURE_ELIGIBLE,
    ClosureAccepted: ProblemState.CLOSURE_ACCEPTED,
    ClosureOfficeApproved: ProblemState.OFFICE_APPROVED,
    ClosureReturned: ProblemState.RE_RECTIFYING,
    ProblemClosed: ProblemState.CLOSED,
    LongTermWatchStarted: ProblemState.LONG_TERM_WATCH,
    ProblemReopened: ProblemState.RE_RECTIFYING,
    CaseFileArchived: ProblemState.ARCHIVED,
}
_OBJECTION = {
    Milestone.CONTESTED: True,
    Milestone.OBJECTION_SETTLED: False,
    Milestone.AMENDED: False,
    Milestone.WITHDRAWN: False,
}
_TIMELINESS = {
    Milestone.OVERDUE: True,
    Milestone.RECTIFYING: False,
    Milestone.DEADLINE_EXTENDED: False,
    Milestone.DECLARED_RECTIFIED: False,
    Milestone.RE_RECTIFYING: False,
    Milestone.WITHDRAWN: False,
}
_NEW_DATES = (ShamRectificationFound, ClosureReturned, ProblemReopened)


def problem_of(recorded: RecordedEvent) -> str:
    """Return the number of the problem whose stream the event stands in, "" for another stream."""
    kind, _, number = recorded.record.stream.partition("/")
    return number if kind == "review" else ""


def state_after(event: Event) -> ProblemState | None:
    """Return the state that the event leads to, None when it leaves the problem where it is."""
    if isinstance(event, EntryPosted):
        return event.state
    if isinstance(event, EvaluationFinalised):
        return (
            ProblemState.RE_RECTIFYING
            if is_ordered_again(event)
            else (ProblemState.DECLARED_RECTIFIED)
        )
    return _FIXED.get(type(event))


def is_ordered_again(event: EvaluationFinalised) -> bool:
    """Whether the problem is rectified again after this evaluation (T23, T24)."""
    return event.n == 1 or event.grade is Grade.FAIL


def due_after(event: Event) -> date | None:
    """Return the date by which to rectify that the event sets, None when it sets none."""
    if isinstance(event, EntryPosted):
        return event.due
    if isinstance(event, EvaluationFinalised):
        return event.rectify_by if is_ordered_again(event) else None
    return event.rectify_by if isinstance(event, _NEW_DATES) else None


def overdue_after(event: Event) -> bool | None:
    """Return whether the problem is overdue after the event, None when it says nothing of it."""
    return _flag(event, _TIMELINESS)


def contested_after(event: Event) -> bool | None:
    """Return whether an objection is open after the event, None when it says nothing of it."""
    return _flag(event, _OBJECTION)


def _flag(event: Event, flags: dict[Milestone, bool]) -> bool | None:
    """Read a flag off a milestone in all three ledgers; one made by hand moves nothing."""
    if isinstance(event, EntryPosted) and len(event.ledgers) > 1:
        return flags.get(event.milestone)
    return None


def visible_state(chain: str | None, is_contested: bool) -> ProblemState:
    """Return the state to show: an objection is open only where the unit may object."""
    state = ProblemState(chain or ProblemState.ISSUED)
    if is_contested and state in (ProblemState.ISSUED, ProblemState.CLAIMED):
        return ProblemState.CONTESTED
    return state
