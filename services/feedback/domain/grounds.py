"""What a decision must rest on: reviewed papers (G01) and the decision of a body (G03)."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from shared.contracts.base import Decision
from shared.contracts.feedback import WorkingPaper
from shared.kernel.actor import Actor
from shared.kernel.errors import GuardFailedError, RefusedError


class DecidingForum(StrEnum):
    """Which body can agree to a problem or a feedback; `Decision.forum` names it (G03)."""

    LEADING_GROUP = "leading-group"  # 巡视巡察工作领导小组
    SECRETARY_MEETING = "secretary-special-meeting"  # 书记专题会
    FIVE_PERSON_GROUP = "five-person-group"  # 五人小组会议
    COMMITTEE = "committee"  # 派出巡视组的党组织


class NotOfTheTeamError(RefusedError):
    code = "not-of-the-team"
    title = "Only the team of this target may do this"


class DateImplausibleError(RefusedError):
    code = "date-implausible"
    title = "A date lies in the future or before what it follows"


def require_evidence(papers: Sequence[WorkingPaper]) -> None:
    """G01 (R061, R062): at least one paper, each reviewed by another person than its author."""
    if not papers:
        raise GuardFailedError("G01", "no working paper carries the problem")
    for paper in papers:
        if paper.reviewer == paper.author:
            raise GuardFailedError(
                "G01", "a working paper was reviewed by its own author", paper_no=paper.paper_no
            )
    if len({paper.paper_no for paper in papers}) != len(papers):
        raise GuardFailedError("G01", "a working paper is named twice")


def require_second_person(papers: Sequence[WorkingPaper], reviewer: Actor, drafter: str) -> None:
    """G01: whoever finds a problem substantiated wrote neither its draft nor any of its papers."""
    if drafter == reviewer.person_ref:
        raise GuardFailedError("G01", "the drafter of a problem cannot review it")
    for paper in papers:
        if paper.author == reviewer.person_ref:
            raise GuardFailedError(
                "G01", "the author of a paper cannot review it", paper_no=paper.paper_no
            )


def require_authority(decision: Decision, on: date) -> None:
    """G03 (R065, R066, R075): a numbered decision of a deciding body, taken by this day."""
    if decision.forum not in list(DecidingForum):
        bodies = ", ".join(DecidingForum)
        raise GuardFailedError("G03", f"the decision must be taken by one of {bodies}")
    if decision.decided_on > on:
        raise GuardFailedError(
            "G03", "the decision is dated later than what rests on it",
            document_no=decision.document_no,
        )  # fmt: skip


def require_past(day: date, today: date, not_before: date | None = None) -> None:
    """Refuse a date in the future, or before the day of what it follows."""
    if day > today or (not_before is not None and day < not_before):
        raise DateImplausibleError(f"{day} is in the future or too early")
