"""Reactions of accountability: when this happened elsewhere, then that use case here."""

from services.accountability.application import AccountabilityApplication
from shared.contracts.accountability import Ground
from shared.contracts.feedback import FeedbackIssued, LeadOffered
from shared.contracts.supervision import (
    EntryPosted,
    Ledger,
    LookBackListed,
    Milestone,
    ShamRectificationFound,
    UrgeIssued,
)
from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.messaging.reactions import Reactions

reactions = Reactions()


@reactions.when(FeedbackIssued)
def note_inspected_case_when_feedback_is_issued(
    application: AccountabilityApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """A later proposal needs to know the unit of a case."""
    event = recorded.event
    assert isinstance(event, FeedbackIssued)
    application.note_inspected_case(uow, event.case_no, round_no=event.round_no, unit=event.unit)


@reactions.when(EntryPosted)
def note_claim_when_the_ledgers_have_it(
    application: AccountabilityApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """T42: a problem may be referred once it was claimed. An entry made by hand is no claim."""
    event = recorded.event
    assert isinstance(event, EntryPosted)
    if event.milestone is Milestone.CLAIMED and set(event.ledgers) == set(Ledger):
        application.note_claim(uow, event.problem_no, case_no=event.case_no)


@reactions.when(LeadOffered)
def receive_offer_when_lead_is_offered(
    application: AccountabilityApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X04: the lead waits here for its addressee; it is never without an owner (R101)."""
    assert isinstance(recorded.event, LeadOffered)
    application.receive_offer(uow, recorded.event)


@reactions.when(LookBackListed)
def propose_accountability_when_look_back_is_listed(
    application: AccountabilityApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X07: a low score proposes, a person confirms.

    Before the feedback of the case has arrived here, it is unavailable and comes again.
    """
    event = recorded.event
    assert isinstance(event, LookBackListed)
    application.propose(
        uow,
        event.problem_no,
        ground=Ground.LOW_EVALUATION,
        source_id=recorded.record.id,
        case_no=event.case_no,
    )


@reactions.when(ShamRectificationFound)
def propose_accountability_when_sham_rectification_is_found(
    application: AccountabilityApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X08: a finding of sham rectification proposes, a person confirms."""
    event = recorded.event
    assert isinstance(event, ShamRectificationFound)
    application.propose(
        uow,
        event.problem_no,
        ground=Ground.SHAM_RECTIFICATION,
        source_id=recorded.record.id,
        unit=event.unit,
    )


@reactions.when(UrgeIssued)
def propose_accountability_when_urges_are_exhausted(
    application: AccountabilityApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X06: after as many urges as the policy allows a rule proposes, a person confirms."""
    event = recorded.event
    assert isinstance(event, UrgeIssued)
    if event.is_exhausted:
        application.propose(
            uow,
            event.problem_no,
            ground=Ground.NON_IMPLEMENTATION,
            source_id=recorded.record.id,
            unit=event.unit,
        )
