"""点名通报: a circular names the units and persons of decided cases, each person separately."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from services.accountability.domain.cases import AccountabilityCase
from shared.contracts.accountability import (
    AccountabilityState,
    NamedCase,
    NamedPerson,
    NamingCircularIssued,
    SubjectKind,
)
from shared.contracts.base import Decision
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError

NAMING_FORUM = "leading-group"
NAMEABLE = (AccountabilityState.DECIDED, AccountabilityState.EXECUTED)


class NotNameableError(RefusedError):
    """Only what is decided may be told citywide."""

    code = "not-nameable"
    title = "A case is named once, and only after its decision"


class NamingNotDecidedError(RefusedError):
    """The leading group decides on the circular and on each name by itself (A35, R268)."""

    code = "naming-not-decided"
    title = "The leading group decides on each name by itself"


class NamingCircular(Aggregate):
    """One circular under its number."""

    KIND = "naming-circular"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.cases: list[NamedCase] = []

    def issue(
        self,
        named: Sequence[tuple[AccountabilityCase, list[NamedPerson]]],
        decision: Decision,
        today: date,
    ) -> Self:
        """Issue it on decided cases; raises NotNameableError, NamingNotDecidedError."""
        _require_decided(decision, today)
        _require_distinct([case.key for case, _ in named])
        for case, persons in named:
            _require_nameable(case, persons, decision, today)
        cases = [
            NamedCase(accountability_no=case.key, unit=case.unit, persons=persons)
            for case, persons in named
        ]
        self.record(
            NamingCircularIssued(
                circular_no=self.key, issued_on=today, decision=decision, cases=cases
            )
        )
        return self

    @applies(NamingCircularIssued)
    def _issued(self, event: NamingCircularIssued) -> None:
        self.cases = event.cases


def _require_nameable(
    case: AccountabilityCase, persons: Sequence[NamedPerson], decision: Decision, today: date
) -> None:
    if case.state not in NAMEABLE:
        raise NotNameableError(f"the case is {case.state}", accountability_no=case.key)
    for person in persons:
        _require_subject(case, person.person_ref)
        _require_decided(person.decision, today)
        if person.decision.document_no == decision.document_no:
            raise NamingNotDecidedError("the circular's decision names nobody")


def _require_subject(case: AccountabilityCase, person_ref: str) -> None:
    referral = case.referral
    is_subject = referral is not None and (
        referral.subject_kind is SubjectKind.PERSON and referral.subject == person_ref
    )
    if not is_subject:
        raise NotNameableError("the person is not held to account", accountability_no=case.key)


def _require_decided(decision: Decision, today: date) -> None:
    if decision.forum != NAMING_FORUM or decision.decided_on > today:
        raise NamingNotDecidedError("no decision of the leading group", forum=decision.forum)


def _require_distinct(numbers: Sequence[str]) -> None:
    if not numbers or len(set(numbers)) < len(numbers):
        raise NotNameableError("name each case once")
