"""What an invariant is: it is fed records in causal order and tells what breaks it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from services.audit.domain.known import Known


class Scope(StrEnum):
    """Over which records an invariant runs: those of one case, one sanction's file, one report,
    one round, one plan of coverage, one draw."""

    CASE = "CASE"
    SANCTION = "SANCTION"
    REPORT = "REPORT"
    ROUND = "ROUND"
    PLAN = "PLAN"
    DRAW = "DRAW"


class Status(StrEnum):
    """What is known of an invariant."""

    HOLDS = "holds"
    VIOLATED = "violated"
    NOTHING_TO_CHECK = "nothing to check yet"


@dataclass(frozen=True)
class Violation:
    """That an invariant is broken: where, how, and the ids of the events that show it."""

    invariant: str
    number: str
    what: str
    events: tuple[str, ...]


class Invariant(ABC):
    """One rule. `examined` counts what it was checked on: none checked is not the same as held.

    `at` is the instant as of which is checked; None when it is that of the last record.
    """

    ID: ClassVar[str]
    SENTENCE: ClassVar[str]
    SCOPE: ClassVar[Scope] = Scope.CASE

    def __init__(self) -> None:
        self.examined = 0
        self.at: datetime | None = None
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


@dataclass(frozen=True)
class Result:
    """The outcome of one invariant over the records it was fed."""

    invariant: str
    examined: int
    violations: tuple[Violation, ...]


def check(
    invariants: Sequence[type[Invariant]], records: Sequence[Known], at: datetime | None = None
) -> list[Result]:
    """Return the outcome of each invariant over these records, which are in causal order.

    `at`: the instant of the check, which decides what is overdue; else that of the last record.
    """
    running = [invariant() for invariant in invariants]
    for each in running:
        each.at = at
    for one in records:
        for invariant in running:
            invariant.feed(one)
    return [Result(one.ID, one.examined, tuple(one.violations())) for one in running]


def status(examined: int, violations: int) -> Status:
    """Return what is known of an invariant after so much was examined."""
    if violations:
        return Status.VIOLATED
    return Status.HOLDS if examined else Status.NOTHING_TO_CHECK
