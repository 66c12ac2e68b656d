"""The use cases of supervision: each loads, decides and saves."""

from services.supervision.application.cases import CaseUseCases
from services.supervision.application.closing import ClosingUseCases
from services.supervision.application.evaluating import EvaluationUseCases
from services.supervision.application.following import FollowingUseCases
from services.supervision.application.instruments import InstrumentUseCases

__all__ = ["SupervisionApplication"]


class SupervisionApplication(
    CaseUseCases, FollowingUseCases, EvaluationUseCases, ClosingUseCases, InstrumentUseCases
):
    """Everything that can be asked of supervision, by commands and by reactions."""
