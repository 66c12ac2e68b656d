"""留置, 主动投案: facts of which only the existence leaves this service (class C5, 3.3)."""

from datetime import date
from typing import Self

from services.accountability.domain.leads import UNDER_WAY, Lead, LeadStateError
from shared.contracts.accountability import DetentionRecorded, VoluntarySurrenderRecorded
from shared.contracts.base import Sealed
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError


class NotYetHappenedError(RefusedError):
    code = "not-yet-happened"
    title = "The date lies in the future"


class Detention(Aggregate):
    """One detention under its number; it stands apart so that its lead does not tell of it."""

    KIND = "detention"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.round_no = ""

    def record_of(self, lead: Lead, matter: Sealed, detained_on: date, today: date) -> Self:
        """Record a detention out of a lead that is being disposed of."""
        if lead.state not in UNDER_WAY:
            raise LeadStateError(f"the lead is {lead.state}", lead_no=lead.key)
        _require_happened(detained_on, today)
        self.record(
            DetentionRecorded(
                detention_no=self.key,
                round_no=lead.offered.round_no,
                detained_on=detained_on,
                matter=matter,
            )
        )
        return self

    @applies(DetentionRecorded)
    def _recorded(self, event: DetentionRecorded) -> None:
        self.round_no = event.round_no


class VoluntarySurrender(Aggregate):
    """One voluntary surrender under its number; it may come before any lead exists."""

    KIND = "voluntary-surrender"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.round_no = ""

    def record_in(
        self, round_no: str, sector: str, matter: Sealed, surrendered_on: date, today: date
    ) -> Self:
        """Record a surrender during a round."""
        _require_happened(surrendered_on, today)
        self.record(
            VoluntarySurrenderRecorded(
                surrender_no=self.key,
                round_no=round_no,
                sector=sector,
                surrendered_on=surrendered_on,
                matter=matter,
            )
        )
        return self

    @applies(VoluntarySurrenderRecorded)
    def _recorded(self, event: VoluntarySurrenderRecorded) -> None:
        self.round_no = event.round_no


def _require_happened(day: date, today: date) -> None:
    if day > today:
        raise NotYetHappenedError(f"{day} is in the future")
