"""Reactions of feedback: when this happened, then that use case."""

from services.feedback.application import FeedbackApplication
from shared.contracts.accountability import LeadRegistered, LeadReturned
from shared.contracts.feedback import FeedbackIssued
from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.messaging.reactions import Reactions

reactions = Reactions()


@reactions.when(FeedbackIssued)
def complete_round_when_every_target_is_fed_back(
    application: FeedbackApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """Our own topic. Two last feedbacks at once: the second reaction sees both."""
    assert isinstance(recorded.event, FeedbackIssued)
    application.complete_round_if_all_fed_back(uow, recorded.event.round_no)


@reactions.when(LeadRegistered)
def note_acceptance_when_lead_is_registered(
    application: FeedbackApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X04. The lead is ours, so it always exists before anybody answers the offer."""
    assert isinstance(recorded.event, LeadRegistered)
    application.note_lead_accepted(uow, recorded.event.lead_no, offer=recorded.event.offer)


@reactions.when(LeadReturned)
def note_return_when_lead_is_returned(
    application: FeedbackApplication, uow: UnitOfWork, recorded: RecordedEvent
) -> None:
    """X04. The lead can then be offered again under its number."""
    assert isinstance(recorded.event, LeadReturned)
    event = recorded.event
    application.note_lead_returned(uow, event.lead_no, offer=event.offer, reason=event.reason)
