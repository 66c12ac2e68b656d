"""What an invariant is: it is fed records in causal order and tells what breaks it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from services.audit.domain.known import Known


class Scope(StrEnum):
    """Over which records an invariant runs: those of a case, of a sanction's file, of a report."""

    CASE = "CASE"
    SANCTION = "SANCTION"
    REPORT = "REPORT"
    NONE = "NONE"


class Status(StrEnum):
    """What is known of an invariant."""

    HOLDS = "holds"
    VIOLATED = "violated"
    NOTHING_TO_CHECK = "nothing to check yet"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Violation:
    """That an invariant is broken: where, how, and the ids of the events that show it."""

    invariant: str
    number: str
    what: str
    events: tuple[str, ...]


class Invariant(ABC):
    """One rule. `examined` counts what it was checked on: none checked is not the same as held."""

    ID: ClassVar[str]
    SENTENCE: ClassVar[str]
    SCOPE: ClassVar[Scope] = Scope.CASE
    REASON: ClassVar[str] = ""

    def __init__(self) -> None:
        self.examined = 0
        self._found: list[Violation] = []

    @abstractmethod
    def feed(self, one: Known) -> None:
        """Take the next record; causes first."""

    def violations(self) -> list[Violation]:
        """Return what broke the rule so far."""
        return list(self._found)

    def examine(self) -> None:
        """Count one thing that the rule is checked on."""
        self.examined += 1

    def broken(self, number: str, what: str, *shown_by: Known | str) -> None:
        """Note that the rule is broken."""
        ids = (shown if isinstance(shown, str) else shown.id for shown in shown_by)
        self._found.append(Violation(self.ID, number, what, tuple(dict.fromkeys(ids))))


class NotApplicable(Invariant):
    """A rule over events that no service records yet."""

    SCOPE = Scope.NONE
    REASON = "no such events"

    def feed(self, one: Known) -> None:
        """Pass over every record."""


@dataclass(frozen=True)
class Result:
    """The outcome of one invariant over the records it was fed."""

    invariant: str
    examined: int
    violations: tuple[Violation, ...]


def check(invariants: Sequence[type[Invariant]], records: Sequence[Known]) -> list[Result]:
    """Return the outcome of each invariant over these records, which are in causal order."""
    running = [invariant() for invariant in invariants]
    for one in records:
        for invariant in running:
            invariant.feed(one)
    return [Result(one.ID, one.examined, tuple(one.violations())) for one in running]


def status(invariant: type[Invariant], examined: int, violations: int) -> Status:
    """Return what is known of an invariant after so much was examined."""
    if invariant.SCOPE is Scope.NONE:
        return Status.NOT_APPLICABLE
    if violations:
        return Status.VIOLATED
    return Status.HOLDS if examined else Status.NOTHING_TO_CHECK
