"""专项治理: a campaign against what is common, opened by decision and closed with a report."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from services.supervision.domain.common_problems import CommonProblem
from services.supervision.domain.instruments import COMMITTEE, LEADING_GROUP, require_decision
from shared.contracts.base import Decision
from shared.contracts.supervision import CampaignClosed, CampaignOpened
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor
from shared.kernel.errors import RefusedError


class NotTheLeadDepartmentError(RefusedError):
    code = "not-the-lead-department"
    title = "Only the leading department closes the campaign"


class CampaignClosedAlreadyError(RefusedError):
    code = "campaign-closed"
    title = "The campaign is closed"


class Campaign(Aggregate):
    """One campaign under its number (R245, R295)."""

    KIND = "campaign"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.lead_department = ""
        self.is_closed = False

    def open(
        self,
        actor: Actor,
        field: str,
        lead_department: str,
        commons: Sequence[CommonProblem],
        decision: Decision,
        today: date,
    ) -> Self:
        """Open it; the common problems it rests on are confirmed ones."""
        require_decision(decision, today, LEADING_GROUP, COMMITTEE)
        for common in commons:
            common.require_confirmed()
        self.record(
            CampaignOpened(
                campaign_no=self.key,
                field=field,
                initiator=actor.org,
                lead_department=lead_department,
                common_nos=[common.key for common in commons],
                opened_on=today,
                decision=decision,
            )
        )
        return self

    def close(self, actor: Actor, report: str, today: date) -> None:
        """Close it with the report of the leading department."""
        if actor.org != self.lead_department:
            raise NotTheLeadDepartmentError("another department leads", campaign_no=self.key)
        if self.is_closed:
            raise CampaignClosedAlreadyError("closed before", campaign_no=self.key)
        self.record(CampaignClosed(campaign_no=self.key, closed_on=today, report=report))

    @applies(CampaignOpened)
    def _opened(self, event: CampaignOpened) -> None:
        self.lead_department = event.lead_department

    @applies(CampaignClosed)
    def _closed(self, _: CampaignClosed) -> None:
        self.is_closed = True
