"""问题线索: offered, accepted or returned, offered again; nothing of it on a problem."""

import json

import pytest

from services.feedback.application import LeadAddress
from services.feedback.domain.grounds import NotOfTheTeamError
from services.feedback.domain.leads import Lead, LeadMisroutedError, LeadNotReturnedError
from services.feedback.domain.rounds import NotATargetError
from services.feedback.policies import (
    note_acceptance_when_lead_is_registered,
    note_return_when_lead_is_returned,
    reactions,
)
from shared.contracts.accountability import LeadRegistered, LeadReturned
from shared.contracts.base import DataClass
from shared.contracts.feedback import (
    LeadAddresseeKind,
    LeadOffered,
    LeadTransferAccepted,
    LeadTransferReturned,
    OrganisationLeadKind,
    TransferState,
)
from shared.kernel.actor import Actor
from tests.support.in_memory import delivered
from tests.unit.feedback.yunlan import (
    CASE,
    DYKE,
    LEAD,
    LEADER,
    OFFICE,
    OTHER_LEADER,
    ROUND,
    SEALED,
    TO_DISCIPLINE,
    TODAY,
    WATER,
    Yunlan,
    after_feedback,
    application,
)

TO_ORGANISATION = LeadAddress(
    addressee="o-org", addressee_kind=LeadAddresseeKind.ORGANISATION_DEPARTMENT
)
REGISTERED = LeadRegistered(
    lead_no=LEAD,
    offer=1,
    round_no=ROUND,
    addressee="o-cdi",
    registered_on=TODAY,
    first_disposal_due=TODAY,
)
RETURNED = LeadReturned(lead_no=LEAD, offer=1, reason="不属管辖")


def offer(
    city: Yunlan,
    actor: Actor = LEADER,
    *,
    kind: str = "ECONOMY",
    address: LeadAddress = TO_DISCIPLINE,
    problem_no: str = DYKE,
) -> None:
    application.offer_lead(
        city.acting(actor),
        LEAD,
        case_no=CASE,
        kind=kind,
        address=address,
        post_level="COUNTY-CHIEF",
        problem_nos=[problem_no],
        concerns_principal=False,
        content=SEALED,
    )


def hear(city: Yunlan, event: LeadRegistered | LeadReturned) -> None:
    """Have the reaction to an answer of accountability run."""
    uow = city.acting(OFFICE)
    recorded = delivered(event, stream=f"lead/{LEAD}", version=2)
    for reaction in reactions.to(event.TYPE):
        reaction(application, uow, recorded)


class TestOfferLead:
    @pytest.mark.req("X04", "R097", "R101")
    def test_says_codes_and_a_commitment(self) -> None:
        assert after_feedback().with_lead().uow.recorded == [
            LeadOffered(
                lead_no=LEAD,
                offer=1,
                case_no=CASE,
                round_no=ROUND,
                unit=WATER,
                kind="ECONOMY",
                addressee="o-cdi",
                addressee_kind=LeadAddresseeKind.DISCIPLINE_COMMISSION,
                post_level="COUNTY-CHIEF",
                problem_nos=[DYKE],
                content=SEALED,
            )
        ]

    @pytest.mark.req("R069", "INV-16")
    def test_leaves_no_trace_on_the_problem(self) -> None:
        with_lead, without = after_feedback().with_lead(), after_feedback()
        streams = [city.acting(OFFICE).store.streams for city in (with_lead, without)]
        assert [record.raw for record in streams[0][f"problem/{DYKE}"]] == [
            record.raw for record in streams[1][f"problem/{DYKE}"]
        ]
        assert set(streams[0]) - set(streams[1]) == {f"lead/{LEAD}"}

    @pytest.mark.req("INV-16")
    def test_is_recorded_in_the_class_of_leads(self) -> None:
        (recorded,) = after_feedback().with_lead().uow.records
        assert recorded.record.class_ == DataClass.C4
        assert set(json.loads(recorded.raw)["data"]["content"]) == {"$sealed"}

    @pytest.mark.req("R098")
    @pytest.mark.parametrize("kind", list(OrganisationLeadKind))
    def test_goes_to_the_organisation_department_for_its_six_kinds(self, kind: str) -> None:
        city = after_feedback()
        offer(city, kind=kind, address=TO_ORGANISATION)
        assert len(city.uow.recorded) == 1

    @pytest.mark.req("R098")
    def test_refuses_another_kind_for_the_organisation_department(self) -> None:
        with pytest.raises(LeadMisroutedError):
            offer(after_feedback(), kind="ECONOMY", address=TO_ORGANISATION)

    def test_refuses_the_leader_of_another_team(self) -> None:
        with pytest.raises(NotOfTheTeamError):
            offer(after_feedback(), OTHER_LEADER)

    def test_refuses_a_problem_of_another_case(self) -> None:
        city = after_feedback()
        other = "YL-T1R1-U02-001"
        application.draft_problem(
            city.acting(OTHER_LEADER),
            other,
            case_no="YL-T1R1-U02",
            round_no=ROUND,
            wording="林地台账不实。",
            category="CONSTRUCTION",
            cause="LEDGER",
            nature="DUTY",
        )
        with pytest.raises(NotATargetError):
            offer(city, OFFICE, problem_no=other)


class TestAnswerToAnOffer:
    @pytest.mark.req("X04", "R101")
    def test_acceptance_is_noted_once(self) -> None:
        city = after_feedback().with_lead()
        hear(city, REGISTERED)
        assert city.uow.recorded == [LeadTransferAccepted(lead_no=LEAD, offer=1)]
        hear(city, REGISTERED)
        assert city.uow.recorded == []

    @pytest.mark.req("X04", "R101")
    def test_a_returned_lead_is_offered_again_under_its_number(self) -> None:
        city = after_feedback().with_lead()
        hear(city, RETURNED)
        assert city.uow.recorded == [LeadTransferReturned(lead_no=LEAD, offer=1, reason="不属管辖")]
        answer = application.offer_lead_again(
            city.acting(LEADER), LEAD, address=None, content=SEALED
        )
        assert answer == {"offer": 2}
        assert city.uow.load(Lead, LEAD).address == TO_DISCIPLINE
        assert city.uow.load(Lead, LEAD).state is TransferState.OFFERED

    def test_news_of_an_earlier_offer_change_nothing(self) -> None:
        city = after_feedback().with_lead()
        hear(city, RETURNED)
        application.offer_lead_again(
            city.acting(LEADER), LEAD, address=TO_DISCIPLINE, content=SEALED
        )
        hear(city, REGISTERED)
        assert city.uow.recorded == []

    @pytest.mark.req("R101")
    def test_refuses_to_offer_again_what_was_not_returned(self) -> None:
        city = after_feedback().with_lead()
        with pytest.raises(LeadNotReturnedError):
            application.offer_lead_again(
                city.acting(LEADER), LEAD, address=TO_DISCIPLINE, content=SEALED
            )


def test_each_answer_has_its_sentence() -> None:
    assert reactions.to(LeadRegistered.TYPE) == [note_acceptance_when_lead_is_registered]
    assert reactions.to(LeadReturned.TYPE) == [note_return_when_lead_is_returned]
    assert reactions.sources == {"accountability", "feedback"}
