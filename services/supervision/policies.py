"""Reactions of supervision: when an event of some service has happened, then a use case here.

Messages of one stream arrive in order, those of different streams in any order: what arrives
before the feedback that opened a case is noted, and fits in when the feedback arrives.
"""

from services.supervision.application import SupervisionApplication
from shared.contracts import accountability, directory, feedback, rectification, supervision
from shared.contracts.base import Event
from shared.contracts.supervision import Milestone
from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.messaging.reactions import Reactions

reactions = Reactions()


@reactions.when(feedback.FeedbackIssued)
def open_ledgers_when_feedback_is_issued(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X02: three ledgers, the initial phase, and one review per problem."""
    event = recorded.event
    assert isinstance(event, feedback.FeedbackIssued)
    application.open_case(uow, event, recorded.record.id)


@reactions.when(feedback.RoundFedBack)
def note_round_when_it_is_fed_back(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """R209: from now on one evaluation and one circular are owed."""
    event = recorded.event
    assert isinstance(event, feedback.RoundFedBack)
    application.note_round_completion(uow, event.round_no, event.completed_on)


@reactions.when(feedback.CopyNoticeSent, feedback.CopyNoticeReplied)
def note_copy_notice_when_it_is_sent_or_replied(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """R087: an unanswered copy notice keeps the case open."""
    event = recorded.event
    assert isinstance(event, feedback.CopyNoticeSent | feedback.CopyNoticeReplied)
    answered = isinstance(event, feedback.CopyNoticeReplied)
    application.note_copy_notice(uow, event.case_no, event.notice_no, is_answered=answered)


_OBJECTION: dict[type[Event], Milestone] = {
    feedback.ObjectionRaised: Milestone.CONTESTED,
    feedback.ObjectionDismissed: Milestone.OBJECTION_SETTLED,
}


@reactions.when(*_OBJECTION)
def note_objection_when_it_is_raised_or_settled(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T06, T07. May arrive before the claim or after it: the objection is a flag beside it."""
    event = recorded.event
    assert isinstance(event, feedback.ObjectionRaised | feedback.ObjectionDismissed)
    milestone = _OBJECTION[type(event)]
    application.note_milestone(uow, event.problem_no, milestone, recorded.record.id, event.case_no)


@reactions.when(feedback.ProblemAmended)
def correct_ledgers_when_the_problem_is_amended(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X05: the ledgers take note that the problem stands in new words."""
    event = recorded.event
    assert isinstance(event, feedback.ProblemAmended)
    application.note_milestone(
        uow, event.problem_no, Milestone.AMENDED, recorded.record.id, event.case_no
    )


@reactions.when(feedback.ProblemWithdrawn)
def cancel_entry_when_problem_is_withdrawn(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T09, X05: withdrawn is terminal; the item leaves the ledgers of the case."""
    event = recorded.event
    assert isinstance(event, feedback.ProblemWithdrawn)
    application.note_milestone(
        uow, event.problem_no, Milestone.WITHDRAWN, recorded.record.id, event.case_no
    )
    application.cancel_entry(uow, event.case_no, event.problem_no, withdrawn=True)


@reactions.when(rectification.ProblemClaimed)
def note_claim_when_problem_is_claimed(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T10. Arriving after the plan, it is noted and moves nothing."""
    event = recorded.event
    assert isinstance(event, rectification.ProblemClaimed)
    application.note_milestone(
        uow, event.problem_no, Milestone.CLAIMED, recorded.record.id, event.case_no
    )


@reactions.when(rectification.PlanSubmitted)
def receive_plan_when_it_is_submitted(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T12: the three bodies may vote."""
    event = recorded.event
    assert isinstance(event, rectification.PlanSubmitted)
    application.receive_plan(
        uow,
        event.case_no,
        plan_version=event.plan_version,
        digest=event.digest,
        problem_nos=[problem.problem_no for problem in event.problems],
        source_id=recorded.record.id,
    )


@reactions.when(supervision.PlanReturned)
def note_plan_returned_when_a_body_returns_it(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T13, following the own topic: every problem of the case is claimed again.

    Too late when the next version is already under review: then nothing is to be done.
    """
    event = recorded.event
    assert isinstance(event, supervision.PlanReturned)
    application.note_plan_returned(uow, event.case_no, event.plan_version, recorded.record.id)


@reactions.when(rectification.RectificationStarted)
def note_start_when_rectification_starts(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T14."""
    event = recorded.event
    assert isinstance(event, rectification.RectificationStarted)
    application.note_milestone(
        uow,
        event.problem_no,
        Milestone.RECTIFYING,
        recorded.record.id,
        event.case_no,
        due=event.rectify_by,
    )


@reactions.when(rectification.DeadlineExtended)
def note_deadline_when_it_is_extended(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T16. The event names no case; retried until the ledgers know it."""
    event = recorded.event
    assert isinstance(event, rectification.DeadlineExtended)
    application.note_milestone(
        uow,
        event.problem_no,
        Milestone.DEADLINE_EXTENDED,
        recorded.record.id,
        due=event.rectify_by,
    )


@reactions.when(rectification.RectificationOverdue)
def urge_when_rectification_is_overdue(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X06: one urge per missed deadline, each one level higher."""
    event = recorded.event
    assert isinstance(event, rectification.RectificationOverdue)
    application.urge(uow, event.problem_no, recorded.record.id, cycle=event.cycle)


_COMPLETION: dict[type[Event], Milestone] = {
    rectification.ProblemDeclaredRectified: Milestone.DECLARED_RECTIFIED,
    rectification.CompletionVoided: Milestone.COMPLETION_VOIDED,
}


@reactions.when(*_COMPLETION)
def note_completion_when_it_is_declared_or_voided(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T18, T19: a declaration opens the way to supervision."""
    event = recorded.event
    assert isinstance(
        event, rectification.ProblemDeclaredRectified | rectification.CompletionVoided
    )
    application.note_milestone(
        uow,
        event.problem_no,
        _COMPLETION[type(event)],
        recorded.record.id,
        event.case_no,
        cycle=event.cycle,
    )


@reactions.when(rectification.ReRectificationOrdered)
def note_order_when_rectification_is_ordered_again(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T23, T24, T27, T35: the ledgers take the new date; supervision itself ordered it."""
    event = recorded.event
    assert isinstance(event, rectification.ReRectificationOrdered)
    application.note_milestone(
        uow,
        event.problem_no,
        Milestone.RE_RECTIFYING,
        recorded.record.id,
        event.case_no,
        cycle=event.cycle,
        due=event.rectify_by,
    )


@reactions.when(rectification.MeetingReported)
def note_meeting_when_it_is_reported(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """R161: a case closes only after its special meeting was reported."""
    event = recorded.event
    assert isinstance(event, rectification.MeetingReported)
    application.note_meeting(uow, event.case_no)


@reactions.when(rectification.ClosureApplied)
def note_application_when_closing_is_applied_for(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T26: the signed report lies before the linked office."""
    event = recorded.event
    assert isinstance(event, rectification.ClosureApplied)
    application.note_application(
        uow,
        event.problem_no,
        recorded.record.id,
        cycle=event.cycle,
        application=event.application,
        signatory=event.signatory,
        digest=event.digest,
    )


@reactions.when(rectification.ClosureSignatureLapsed)
def note_lapse_when_the_signature_lapses(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T39. Too late for a problem that was closed or returned meanwhile: then only noted."""
    event = recorded.event
    assert isinstance(event, rectification.ClosureSignatureLapsed)
    application.note_lapse(
        uow,
        event.problem_no,
        recorded.record.id,
        cycle=event.cycle,
        application=event.application,
    )


@reactions.when(rectification.HandoverRequired, rectification.HandoverCompleted)
def note_handover_when_it_is_required_or_completed(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """G20: while a handover is open nothing of the unit is closed (T31)."""
    event = recorded.event
    assert isinstance(event, rectification.HandoverRequired | rectification.HandoverCompleted)
    is_open = isinstance(event, rectification.HandoverRequired)
    application.note_handover(uow, event.case_no, event.unit or "", event.handover, is_open=is_open)


@reactions.when(directory.PolicyEditionAdopted)
def note_urging_rule_when_a_policy_is_adopted(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X06: how many urges come before a proposal; an edition of before may not name it."""
    event = recorded.event
    assert isinstance(event, directory.PolicyEditionAdopted)
    if "urge_levels" in event.numbers:
        application.note_urging_rule(
            uow,
            edition=event.edition,
            effective=event.effective,
            urge_levels=event.numbers["urge_levels"],
        )


@reactions.when(accountability.MeasureImposed)
def note_pursuit_when_a_measure_is_imposed(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X09: responsibility is pursued; what became of the lead is not known before it ends."""
    event = recorded.event
    assert isinstance(event, accountability.MeasureImposed)
    application.note_disposal(uow, event.problem_nos, disposal_known=False, pursuit_known=True)


@reactions.when(accountability.LeadConcluded, accountability.CaseDecided)
def note_disposal_when_accountability_concludes(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X09: only that disposal and pursuit are known; never what they are (G19).

    Disposal is known when the last lead behind the problem has its result: accountability says so,
    since supervision may not see which leads exist.
    """
    event = recorded.event
    assert isinstance(event, accountability.LeadConcluded | accountability.CaseDecided)
    pursued = isinstance(event, accountability.CaseDecided) or event.pursuit_known
    waiting = [number for number in event.problem_nos if number in event.open_problem_nos]
    settled = [number for number in event.problem_nos if number not in waiting]
    application.note_disposal(uow, settled, disposal_known=True, pursuit_known=pursued)
    application.note_disposal(uow, waiting, disposal_known=False, pursuit_known=pursued)


@reactions.when(supervision.ProblemClosed)
def cancel_entry_and_offer_watch_when_problem_is_closed(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X11, following the own topic; the last cancelled item may close the case."""
    event = recorded.event
    assert isinstance(event, supervision.ProblemClosed)
    application.offer_watch(uow, event.problem_no)
    application.cancel_closed_entry(uow, event.case_no, event.problem_no)


@reactions.when(supervision.ProblemReopened)
def restore_entry_when_problem_is_reopened(
    application: SupervisionApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X12, following the own topic: the item stands in the ledgers again."""
    event = recorded.event
    assert isinstance(event, supervision.ProblemReopened)
    application.restore_entry(uow, event.case_no, event.problem_no)
