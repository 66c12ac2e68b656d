"""What decisions rest on: a numbered decision of a body that may take it."""

from datetime import date

from shared.contracts.base import Decision
from shared.kernel.errors import GuardFailedError

DECIDING_FORUMS = (
    "leading-group",  # 巡视巡察工作领导小组
    "secretary-special-meeting",  # 书记专题会
    "five-person-group",  # 五人小组会议
    "committee",  # 派出巡视组的党组织
)


def require_decision(guard: str, decision: Decision, today: date) -> None:
    """Demand a decision of a deciding body that has been taken (G25; T47 and A12 likewise)."""
    if decision.forum not in DECIDING_FORUMS:
        bodies = ", ".join(DECIDING_FORUMS)
        raise GuardFailedError(guard, f"the decision must be taken by one of {bodies}")
    if decision.decided_on > today:
        raise GuardFailedError(
            guard, "the decision is dated later than today", document_no=decision.document_no
        )
