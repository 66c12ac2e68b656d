"""Two times, told apart: when it was known (recorded), and when it was so (business date)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache

from services.audit.domain.known import Known
from shared.kernel.periods import BEIJING_TIME, civil_date

BUSINESS_DATES = {
    "directory.appointment-changed": "effective",
    "directory.appointment-ended": "end",
    "directory.leader-in-charge-assigned": "start",
    "directory.legal-basis-registered": "valid_from",
    "directory.linked-office-assigned": "start",
    "directory.person-appointed": "start",
    "directory.policy-edition-adopted": "effective",
    "directory.resident-team-assigned": "start",
    "feedback.coverage-plan-adopted": "adopted_on",
    "feedback.copy-notice-replied": "replied_on",
    "feedback.delivery-receipted": "received_on",
    "feedback.feedback-issued": "issued_on",
    "feedback.problem-issued": "issued_on",
    "feedback.round-fed-back": "completed_on",
    "rectification.case-opened": "issued_on",
    "rectification.meeting-held": "held_on",
    "rectification.meeting-reported": "reported_on",
    "rectification.problem-claimed": "claimed_on",
    "rectification.problem-received": "issued_on",
    "supervision.closure-review-opened": "issued_on",
    "accountability.case-decided": "decided_on",
    "accountability.case-executed": "executed_on",
    "accountability.case-filed": "filed_on",
    "accountability.lead-concluded": "concluded_on",
    "accountability.lead-registered": "registered_on",
    "accountability.other-lead-classified": "classified_on",
    "accountability.other-lead-concluded": "concluded_on",
    "accountability.other-lead-registered": "registered_on",
    "rectification.institution-changed": "effective_on",
    "accountability.transferred-to-judiciary": "transferred_on",
    "accountability.detention-recorded": "detained_on",
    "accountability.naming-circular-issued": "issued_on",
    "accountability.voluntary-surrender-recorded": "surrendered_on",
    "feedback.deputy-authorised": "authorised_on",
    "feedback.joint-action-opened": "opened_on",
    "supervision.assignment-issued": "issued_on",
    "supervision.circular-issued": "issued_on",
    "supervision.round-completion-noted": "completed_on",
    "supervision.campaign-closed": "closed_on",
    "supervision.campaign-opened": "opened_on",
    "supervision.common-problem-confirmed": "confirmed_on",
    "supervision.handover-urged": "urged_on",
    "supervision.round-evaluated": "evaluated_on",
    "supervision.suggestion-letter-issued": "issued_on",
    "supervision.thematic-report-issued": "issued_on",
}
"""The fact of each event that says on which day it was so; other events are so when recorded."""


@dataclass(frozen=True)
class Moment:
    """The instant that is looked at.

    `as_of`: only what was recorded by then. `positions`: of the services named, only up to that
    position of their logs. `effective_on`: only what was so by the end of that day.
    """

    as_of: datetime | None = None
    positions: Mapping[str, int] = field(default_factory=dict)
    effective_on: date | None = None

    def was_so(self, one: Known) -> bool:
        """Whether the record tells of something that was so by `effective_on`."""
        return self.effective_on is None or business_date(one) <= self.effective_on

    def knows(self, one: Known) -> bool:
        """Whether the record was known then, and what it tells was so."""
        is_in_time = self.as_of is None or one.at <= self.as_of
        is_in_log = one.position <= self.positions.get(one.source, one.position)
        return is_in_time and is_in_log and self.was_so(one)

    def instant(self, now: datetime, records: Iterable[Known]) -> datetime:
        """Return the instant whose office-holders are asked for.

        The end of `effective_on`, else `as_of`, else with positions the last record's time, else
        now.
        """
        if self.effective_on is not None:
            return datetime.combine(self.effective_on, time.max, BEIJING_TIME).astimezone(UTC)
        if self.as_of is not None:
            return self.as_of
        if self.positions:
            return max((one.at for one in records), default=now)
        return now


def business_date(one: Known) -> date:
    """Return the day on which it was so: the fact that says it, else the day of recording."""
    fact = one.data.get(BUSINESS_DATES.get(one.type, ""))
    if not isinstance(fact, str):
        return _civil_date_in(one.time[:13])
    return date.fromisoformat(fact) if len(fact) == 10 else civil_date(datetime.fromisoformat(fact))


@lru_cache(maxsize=10_000)
def _civil_date_in(hour: str) -> date:
    """Return the date in Beijing during an hour (`2026-03-02T09`): it never changes within one."""
    return civil_date(datetime.fromisoformat(f"{hour}:00:00+00:00"))
