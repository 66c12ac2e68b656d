"""The use cases of feedback: one method per command, and one per reaction."""

from services.feedback.application.feedback import FeedbackUseCases
from services.feedback.application.leads import LeadUseCases
from services.feedback.application.problems import ProblemUseCases
from services.feedback.application.rounds import RoundUseCases
from services.feedback.domain.deliveries import DepartmentRoute
from services.feedback.domain.issuing import Deadlines, FeedbackSession, Reports
from services.feedback.domain.leads import LeadAddress

__all__ = [
    "Deadlines",
    "DepartmentRoute",
    "FeedbackApplication",
    "FeedbackSession",
    "LeadAddress",
    "Reports",
]


class FeedbackApplication(RoundUseCases, ProblemUseCases, FeedbackUseCases, LeadUseCases):
    """Everything that can be asked of feedback; each method loads, decides and saves."""
