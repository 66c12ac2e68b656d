"""Leads of other sources: beside them shows whether inspection leads go first (R253)."""

from datetime import date
from typing import Self

from services.accountability.domain.leads import LeadStateError, NotTheAddresseeError
from shared.contracts.accountability import (
    DisposalMethod,
    LeadConclusion,
    LeadSource,
    LeadState,
    OtherLeadClassified,
    OtherLeadConcluded,
    OtherLeadRegistered,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor
from shared.kernel.errors import InvalidValueError


class OtherLead(Aggregate):
    """One lead that no inspection found; its content stays with the organ."""

    KIND = "other-lead"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.state = LeadState.REGISTERED
        self.addressee = ""
        self.since = date.min

    def register(self, actor: Actor, source: LeadSource, registered_on: date, today: date) -> Self:
        """Register it for this organ."""
        self._require_past(registered_on, today)
        self.record(
            OtherLeadRegistered(
                other_lead_no=self.key,
                source=source,
                addressee=actor.org,
                registered_on=registered_on,
            )
        )
        return self

    def classify(self, actor: Actor, method: DisposalMethod, today: date) -> None:
        """Decide the way of disposal; it may be decided anew until the conclusion."""
        self._require_own(actor)
        if self.state is LeadState.CONCLUDED:
            raise LeadStateError(f"the lead is {self.state}", lead_no=self.key)
        self.record(OtherLeadClassified(other_lead_no=self.key, method=method, classified_on=today))

    def conclude(
        self, actor: Actor, conclusion: LeadConclusion, concluded_on: date, today: date
    ) -> None:
        """Settle a classified lead."""
        self._require_own(actor)
        if self.state is not LeadState.CLASSIFIED:
            raise LeadStateError(f"the lead is {self.state}", lead_no=self.key)
        self._require_past(concluded_on, today)
        self.record(
            OtherLeadConcluded(
                other_lead_no=self.key, conclusion=conclusion, concluded_on=concluded_on
            )
        )

    def _require_own(self, actor: Actor) -> None:
        if actor.org != self.addressee:
            raise NotTheAddresseeError("another organ disposes of it", lead_no=self.key)

    def _require_past(self, day: date, today: date) -> None:
        if not self.since <= day <= today:
            raise InvalidValueError("the day is before the registration or in the future")

    @applies(OtherLeadRegistered)
    def _registered(self, event: OtherLeadRegistered) -> None:
        self.addressee, self.since = event.addressee, event.registered_on

    @applies(OtherLeadClassified)
    def _classified(self, _: OtherLeadClassified) -> None:
        self.state = LeadState.CLASSIFIED

    @applies(OtherLeadConcluded)
    def _concluded(self, _: OtherLeadConcluded) -> None:
        self.state = LeadState.CONCLUDED
