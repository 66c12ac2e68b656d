"""The use cases of rectification: load, decide, save."""

from services.rectification.application.cases import CaseUseCases
from services.rectification.application.closing import ClosingUseCases
from services.rectification.application.handovers import HandoverUseCases
from services.rectification.application.problems import ProblemUseCases

__all__ = ["RectificationApplication"]


class RectificationApplication(CaseUseCases, HandoverUseCases, ProblemUseCases, ClosingUseCases):
    """Everything that may be asked of this service, by people, by events and by the timer.

    What a command needs to know from elsewhere (the incumbent principal, policy numbers) is an
    argument. Each use case saves into the unit of work; whoever began that commits it.
    """
