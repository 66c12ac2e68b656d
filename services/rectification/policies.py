"""Reactions: what follows here from what happened elsewhere.

Messages of different streams come in any order. What is told of a problem before its case was
opened is noted on the problem; what presupposes this service's own earlier events cannot come
before them; what came too late changes nothing.
"""

from services.rectification.application import RectificationApplication
from shared.contracts import directory, feedback, supervision
from shared.contracts.rectification import CaseOpened, CaseProblem
from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.messaging.reactions import Reactions

reactions = Reactions()


@reactions.when(feedback.FeedbackIssued)
def open_case_when_feedback_is_issued(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X01: one case for each unit and round."""
    issued = recorded.event
    assert isinstance(issued, feedback.FeedbackIssued)
    opened = CaseOpened(
        case_no=issued.case_no,
        round_no=issued.round_no,
        unit=issued.unit,
        issued_on=issued.issued_on,
        principal=issued.principal,
        plan_due=issued.plan_due,
        window_end=issued.window_end,
        rectify_by=issued.rectify_by,
        problems=[_case_problem(problem) for problem in issued.problems],
    )
    application.open_case(uow, opened, recorded.recorded_at)


def _case_problem(issued: feedback.IssuedProblem) -> CaseProblem:
    return CaseProblem(
        problem_no=issued.problem_no,
        category=issued.category,
        concerns_person_or_matter=issued.concerns_person_or_matter,
    )


@reactions.when(feedback.ObjectionRaised)
def note_objection_when_it_is_raised(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """G24: an open objection blocks claim and closing. It may come before the case."""
    raised = recorded.event
    assert isinstance(raised, feedback.ObjectionRaised)
    application.note_objection(
        uow, raised.problem_no, objection_no=raised.objection_no, is_open=True
    )


@reactions.when(feedback.ProblemAmended)
def revise_tasks_when_the_problem_is_amended(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X05, T08: the problem stands in new words. It may come before the case."""
    amended = recorded.event
    assert isinstance(amended, feedback.ProblemAmended)
    application.note_amendment(
        uow,
        amended.problem_no,
        case_no=amended.case_no,
        objection_no=amended.objection_no,
        wording_version=amended.wording_version,
    )


@reactions.when(supervision.PhaseStarted, supervision.PhaseChanged)
def note_supervisor_when_a_phase_begins(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T40, R135: only the accountable supervisor extends a deadline. May come before the case."""
    begun = recorded.event
    assert isinstance(begun, supervision.PhaseStarted | supervision.PhaseChanged)
    application.note_supervisor(uow, begun.case_no, phase=begun.phase, supervisor=begun.supervisor)


@reactions.when(supervision.TeamLeaderReplaced)
def note_supervisor_when_the_team_leader_is_replaced(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """A12: the successor is accountable while the phase is still the team's."""
    replaced = recorded.event
    assert isinstance(replaced, supervision.TeamLeaderReplaced)
    application.note_team_leader(uow, replaced.case_no, successor=replaced.successor)


@reactions.when(feedback.ObjectionDismissed)
def settle_objection_when_it_is_decided(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T07: the problem stands. It may come before the case."""
    decided = recorded.event
    assert isinstance(decided, feedback.ObjectionDismissed)
    application.note_objection(
        uow, decided.problem_no, objection_no=decided.objection_no, is_open=False
    )


@reactions.when(feedback.ProblemWithdrawn)
def stop_problem_when_it_is_withdrawn(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X05: its tasks end. It may come before the case."""
    withdrawn = recorded.event
    assert isinstance(withdrawn, feedback.ProblemWithdrawn)
    application.stop_problem(
        uow,
        withdrawn.problem_no,
        case_no=withdrawn.case_no,
        objection_no=withdrawn.objection_no,
    )


@reactions.when(supervision.PlanReturned)
def note_plan_return_when_a_body_returns_it(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T13: the unit may submit the next version."""
    returned = recorded.event
    assert isinstance(returned, supervision.PlanReturned)
    application.note_plan_return(
        uow, returned.case_no, plan_version=returned.plan_version, returned_by=returned.body
    )


@reactions.when(supervision.PlanApproved)
def start_rectification_when_the_plan_is_approved(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T14: every problem of the plan starts, in one transaction."""
    approved = recorded.event
    assert isinstance(approved, supervision.PlanApproved)
    application.start_rectification(uow, approved.case_no, plan_version=approved.plan_version)


@reactions.when(supervision.ShamRectificationFound)
def void_completion_when_it_is_found_sham(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X08, T19: the completion and its pledge hold no longer. The finding is named by its event."""
    found = recorded.event
    assert isinstance(found, supervision.ShamRectificationFound)
    application.void_completion(
        uow,
        found.problem_no,
        cycle=found.cycle,
        finding=recorded.record.id,
        rectify_by=found.rectify_by,
    )


@reactions.when(supervision.EvaluationFinalised)
def order_re_rectification_when_evaluation_asks_for_it(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T23, T24: always after the first evaluation, later only after a failed one."""
    finalised = recorded.event
    assert isinstance(finalised, supervision.EvaluationFinalised)
    if finalised.n == 1 or finalised.grade is supervision.Grade.FAIL:
        application.order_after_evaluation(
            uow,
            finalised.problem_no,
            cycle=finalised.cycle,
            items=finalised.items,
            rectify_by=finalised.rectify_by,
        )


@reactions.when(supervision.ClosureEligible)
def note_eligibility_when_supervision_grants_it(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T25, T47: closing may be applied for."""
    eligible = recorded.event
    assert isinstance(eligible, supervision.ClosureEligible)
    application.note_eligibility(
        uow,
        eligible.problem_no,
        cycle=eligible.cycle,
        pairs=eligible.pairs,
        waived=eligible.waived,
    )


@reactions.when(supervision.DisposalNoted)
def note_disposal_when_supervision_learns_it(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X09, G19: only whether, never what. It may come before the case."""
    noted = recorded.event
    assert isinstance(noted, supervision.DisposalNoted)
    application.note_disposal(
        uow,
        noted.problem_no,
        disposal_known=noted.disposal_known,
        pursuit_known=noted.pursuit_known,
    )


@reactions.when(supervision.ClosureReturned)
def order_re_rectification_when_closing_is_returned(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T27, T29, T32: the next application gets the next number."""
    returned = recorded.event
    assert isinstance(returned, supervision.ClosureReturned)
    application.order_after_return(
        uow,
        returned.problem_no,
        cycle=returned.cycle,
        application=returned.application,
        items=returned.items,
        rectify_by=returned.rectify_by,
    )


@reactions.when(supervision.ProblemClosed)
def note_closure_when_the_problem_is_closed(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X11: a closed problem is neither overdue nor handed over."""
    closed = recorded.event
    assert isinstance(closed, supervision.ProblemClosed)
    application.note_closure(uow, closed.problem_no, cycle=closed.cycle)


@reactions.when(supervision.ProblemReopened)
def order_re_rectification_when_the_problem_is_reopened(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X12, T35: the next cycle begins, under the present principal."""
    reopened = recorded.event
    assert isinstance(reopened, supervision.ProblemReopened)
    application.order_after_reopening(
        uow,
        reopened.problem_no,
        cycle=reopened.cycle,
        items=reopened.items,
        rectify_by=reopened.rectify_by,
    )


@reactions.when(directory.AppointmentChanged)
def require_handover_when_the_principal_changes(
    application: RectificationApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X10, T37, T39: at once, or by the timer when the change takes effect later.

    It may come before the case: then the case is opened under the principal of that time and
    handed over.
    """
    changed = recorded.event
    assert isinstance(changed, directory.AppointmentChanged)
    application.note_principal_change(
        uow,
        changed.org,
        outgoing=changed.outgoing,
        incoming=changed.incoming,
        effective=changed.effective,
    )
