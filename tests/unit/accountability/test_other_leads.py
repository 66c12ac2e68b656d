"""Leads of other sources: what tells how fast they are disposed of, beside inspection leads."""

from datetime import date, timedelta

import pytest

from services.accountability.domain.leads import LeadStateError, NotTheAddresseeError
from shared.contracts.accountability import (
    DisposalMethod,
    LeadConclusion,
    LeadSource,
    OtherLeadClassified,
    OtherLeadConcluded,
    OtherLeadRegistered,
)
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ConflictError, InvalidValueError
from tests.unit.accountability.yunlan import HANDLER, TODAY, Desk

LEAD = "YL-X-0001"
STRANGER = Actor(person_ref="p-org-1", org="o-organisation", role=Role.ORG)
SETTLE = DisposalMethod.SETTLE


def registered(on: date = TODAY) -> Desk:
    desk = Desk()
    desk.application.register_other_lead(
        desk.as_(HANDLER), LEAD, source=LeadSource.PETITION, registered_on=on
    )
    return desk


def conclude(desk: Desk, on: date = TODAY) -> None:
    desk.application.conclude_other_lead(
        desk.as_(HANDLER), LEAD, conclusion=LeadConclusion.NO_CASE, concluded_on=on
    )


@pytest.mark.req("R253")
class TestOtherLead:
    def test_is_registered_classified_and_concluded(self) -> None:
        desk = registered()
        assert desk.uow.recorded == [
            OtherLeadRegistered(
                other_lead_no=LEAD, source=LeadSource.PETITION, addressee=HANDLER.org,
                registered_on=TODAY,
            )
        ]  # fmt: skip
        desk.application.classify_other_lead(desk.as_(HANDLER), LEAD, method=SETTLE)
        assert desk.uow.recorded == [
            OtherLeadClassified(other_lead_no=LEAD, method=SETTLE, classified_on=TODAY)
        ]
        conclude(desk)
        assert desk.uow.recorded == [
            OtherLeadConcluded(
                other_lead_no=LEAD, conclusion=LeadConclusion.NO_CASE, concluded_on=TODAY
            )
        ]
        with pytest.raises(LeadStateError):
            desk.application.classify_other_lead(desk.as_(HANDLER), LEAD, method=SETTLE)

    def test_is_concluded_only_when_it_was_classified(self) -> None:
        with pytest.raises(LeadStateError):
            conclude(registered())

    def test_belongs_to_the_organ_that_registered_it(self) -> None:
        desk = registered()
        with pytest.raises(NotTheAddresseeError):
            desk.application.classify_other_lead(desk.as_(STRANGER), LEAD, method=SETTLE)
        with pytest.raises(ConflictError):
            desk.application.register_other_lead(
                desk.as_(STRANGER), LEAD, source=LeadSource.AUDIT, registered_on=TODAY
            )

    def test_has_days_in_their_order(self) -> None:
        with pytest.raises(InvalidValueError):
            registered(TODAY + timedelta(days=1))
        desk = registered()
        desk.application.classify_other_lead(desk.as_(HANDLER), LEAD, method=SETTLE)
        with pytest.raises(InvalidValueError):
            conclude(desk, TODAY - timedelta(days=1))
