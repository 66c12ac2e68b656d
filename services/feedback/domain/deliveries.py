"""四个反馈 and 双向抄告: who receives what when feedback is issued. Pure computing (X03)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from pydantic import Field

from shared.contracts.base import Code, Facts
from shared.contracts.directory import Incumbent, UnitView
from shared.contracts.feedback import (
    CopyNoticeSent,
    CopyRecipientKind,
    DeliveryComputed,
    DeliveryKind,
    RecipientItems,
)
from shared.kernel.errors import GuardFailedError, RefusedError


class ProblemNotListedError(RefusedError):
    code = "problem-not-listed"
    title = "A named problem is not on the list that is fed back"


class DepartmentRoute(Facts):
    """A responsible department, and the problems whose cause and nature lead to it (R088)."""

    department: Code
    problem_nos: list[Code] = Field(min_length=1)


class Recipients(Facts):
    """Everybody the directory and the team leader name as recipients of one feedback."""

    unit: Code
    principal: Code
    parent: Code | None
    former: list[Code]
    former_items: list[RecipientItems]
    leader_in_charge: Code
    linked_office: Code
    resident_team: Code
    departments: list[DepartmentRoute]


def recipients_of(
    unit: UnitView, departments: Sequence[DepartmentRoute], former: Sequence[RecipientItems]
) -> Recipients:
    """G05 (R080, R085): everything that goes out together has somebody to go to.

    Raises GuardFailedError for a vacant post or a missing link. The directory may know no former
    principal and no organisation above; those deliveries are computed without a recipient.
    """
    return Recipients(
        unit=unit.org,
        principal=_known(_person(unit.principal), "principal", unit),
        parent=unit.parent,
        former=unit.former_principals,
        former_items=list(former),
        leader_in_charge=_known(unit.leader_in_charge, "leader in charge", unit),
        linked_office=_known(unit.linked_office, "linked office", unit),
        resident_team=_known(unit.resident_team, "resident team", unit),
        departments=list(departments),
    )


def require_listed(recipients: Recipients, problem_nos: Collection[str]) -> None:
    """Refuse a route or a former principal's list that names other problems than those issued."""
    for route in recipients.departments:
        _require_subset(route.problem_nos, problem_nos)
    for items in recipients.former_items:
        _require_subset(items.problem_nos, problem_nos)
        if items.recipient not in recipients.former:
            raise GuardFailedError("G05", "a recipient is no former principal of the unit")
    departments = [route.department for route in recipients.departments]
    if len(set(departments)) != len(departments):
        raise GuardFailedError("G05", "a department is named twice")


def deliveries(
    case_no: str, to: Recipients, problem_nos: Sequence[str]
) -> Iterator[DeliveryComputed]:
    """Yield the four feedbacks (R080–R083): always four, in the order of their kinds."""
    routed = {no for route in to.departments for no in route.problem_nos}
    addressed: dict[DeliveryKind, list[str]] = {
        DeliveryKind.UNIT_AND_PRINCIPAL: [to.unit, to.principal],
        DeliveryKind.UPPER_LEVEL: [to.parent] if to.parent else [],
        DeliveryKind.FORMER_PRINCIPALS: to.former,
        DeliveryKind.LEADERS_AND_DEPARTMENTS: [
            to.leader_in_charge, *(route.department for route in to.departments)
        ],
    }  # fmt: skip
    for kind, recipients in addressed.items():
        industry = kind is DeliveryKind.LEADERS_AND_DEPARTMENTS
        yield DeliveryComputed(
            case_no=case_no,
            kind=kind,
            recipients=recipients,
            problem_nos=[no for no in problem_nos if no in routed or not industry],
            only=to.former_items if kind is DeliveryKind.FORMER_PRINCIPALS else [],
        )


def copy_notices(
    case_no: str, to: Recipients, problem_nos: Sequence[str], reply_due: date
) -> Iterator[CopyNoticeSent]:
    """Yield a notice to the leader in charge and one to each department (R085–R088)."""
    leader = CopyRecipientKind.LEADER_IN_CHARGE, to.leader_in_charge, list(problem_nos)
    departments = (
        (CopyRecipientKind.DEPARTMENT, route.department, route.problem_nos)
        for route in to.departments
    )
    for number, (kind, recipient, items) in enumerate((leader, *departments), start=1):
        yield CopyNoticeSent(
            notice_no=f"{case_no}-N{number:02}",
            case_no=case_no,
            recipient=recipient,
            recipient_kind=kind,
            problem_nos=items,
            reply_due=reply_due,
        )


def _person(incumbent: Incumbent | None) -> str | None:
    return incumbent.person_ref if incumbent else None


def _known(code: str | None, what: str, unit: UnitView) -> str:
    if not code:
        raise GuardFailedError("G05", f"the directory knows no {what} of the unit", unit=unit.org)
    return code


def _require_subset(named: Collection[str], issued: Collection[str]) -> None:
    for problem_no in named:
        if problem_no not in issued:
            raise ProblemNotListedError("the problem is not fed back now", problem_no=problem_no)
