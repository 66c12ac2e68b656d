"""The invariants INV-01 … INV-22: one small class each, fed with records in causal order."""

from services.audit.domain.invariants.base import (
    Invariant,
    Result,
    Scope,
    Status,
    Violation,
    check,
    status,
)
from services.audit.domain.invariants.casework import (
    EveryProblemClaimedAndPlanned,
    FeedbackIsSynchronous,
    LedgersAgree,
    OneAccountableSupervisor,
    ReopenedKeepsHistory,
)
from services.audit.domain.invariants.closing import (
    ClosedInOrder,
    DisposalKnown,
    NoOpenHandover,
    OwnLevelMeasure,
    PledgedContent,
    SignedByThePrincipal,
)
from services.audit.domain.invariants.figures import PublishedFiguresAgree, WithdrawnCountedByRule
from services.audit.domain.invariants.lists import StoredListsAgree
from services.audit.domain.invariants.pairs import (
    PairsInOrder,
    SecondPairByLinkedOffice,
    TwoPairsBeforeClosing,
)
from services.audit.domain.invariants.plans_and_draws import CoverageSumsUp, DrawReplays
from services.audit.domain.invariants.rounds import RoundIsEvaluatedAndCirculated
from services.audit.domain.invariants.sanctions import EverySanctionIsFounded
from services.audit.domain.invariants.secrecy import NothingSecretIsReadable

__all__ = [
    "INVARIANTS",
    "Invariant",
    "Result",
    "Scope",
    "Status",
    "Violation",
    "check",
    "invariants_of",
    "status",
]

INVARIANTS: tuple[type[Invariant], ...] = (
    TwoPairsBeforeClosing,
    PairsInOrder,
    SecondPairByLinkedOffice,
    SignedByThePrincipal,
    ClosedInOrder,
    EveryProblemClaimedAndPlanned,
    OwnLevelMeasure,
    DisposalKnown,
    OneAccountableSupervisor,
    FeedbackIsSynchronous,
    StoredListsAgree,
    LedgersAgree,
    NoOpenHandover,
    PledgedContent,
    EverySanctionIsFounded,
    NothingSecretIsReadable,
    PublishedFiguresAgree,
    ReopenedKeepsHistory,
    RoundIsEvaluatedAndCirculated,
    WithdrawnCountedByRule,
    CoverageSumsUp,
    DrawReplays,
)
"""In the order of their numbers."""


def invariants_of(scope: Scope) -> list[type[Invariant]]:
    """Return the invariants that run over records of this scope."""
    return [invariant for invariant in INVARIANTS if invariant.SCOPE is scope]
