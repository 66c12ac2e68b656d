"""What may happen to a lead, and what is refused."""

from typing import Any

import pytest

from services.accountability.domain.leads import (
    AlreadyRecordedError,
    ContradictoryConclusionError,
    LeadStateError,
    NotTheAddresseeError,
)
from shared.contracts.accountability import (
    CaseFiled,
    DisposalMethod,
    LeadCancelled,
    LeadClassified,
    LeadConcluded,
    LeadConclusion,
    LeadRegistered,
    LeadReturned,
    LeadState,
    MeasureCategory,
    MeasureImposed,
    ProblemLeadNoted,
    TransferredToJudiciary,
)
from shared.contracts.feedback import LeadAddresseeKind, OrganisationLeadKind
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import GuardFailedError
from tests.unit.accountability.yunlan import (
    COMMISSION,
    CONDUCT,
    DEPARTMENT,
    DUE,
    HANDLER,
    LEAD,
    OFFICE,
    PERSONNEL,
    PROBLEM,
    QIAO,
    ROUND,
    TODAY,
    Desk,
    offered,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def state_of(desk: Desk) -> LeadState:
    return desk.application.lead(desk.uow, LEAD).state


class TestHandOver:
    @pytest.mark.req("X04")
    @pytest.mark.req("R254")
    def test_the_addressee_registers_the_offer(self, desk: Desk) -> None:
        desk.offered()
        answer = desk.application.accept_lead(desk.uow, LEAD, registered_on=TODAY, due=DUE)
        assert answer == {"first_disposal_due": "2026-04-02"}
        assert desk.uow.recorded == [
            LeadRegistered(
                lead_no=LEAD, offer=1, round_no=ROUND, addressee=COMMISSION,
                registered_on=TODAY, first_disposal_due=DUE.due,
            )
        ]  # fmt: skip
        assert desk.uow.records[0].record.policy == "yl-2025"

    @pytest.mark.req("R101")
    def test_the_addressee_returns_the_offer_and_gets_the_next(self, desk: Desk) -> None:
        desk.offered()
        desk.application.return_lead(desk.uow, LEAD, reason="不属于本委管辖")
        assert desk.uow.recorded == [LeadReturned(lead_no=LEAD, offer=1, reason="不属于本委管辖")]
        desk.application.receive_offer(desk.as_(HANDLER), offered(offer=2))
        assert state_of(desk) is LeadState.OFFERED

    @pytest.mark.req("X04")
    def test_a_repeated_or_overtaken_offer_changes_nothing(self, desk: Desk) -> None:
        desk.registered()
        desk.application.receive_offer(desk.uow, offered())
        assert desk.uow.recorded == []

    @pytest.mark.req("R101")
    def test_refuses_a_new_offer_of_a_lead_that_was_not_returned(self, desk: Desk) -> None:
        desk.registered()
        with pytest.raises(LeadStateError):
            desk.application.receive_offer(desk.uow, offered(offer=2))

    @pytest.mark.req("R101")
    def test_refuses_to_answer_an_offer_twice(self, desk: Desk) -> None:
        desk.registered()
        with pytest.raises(LeadStateError):
            desk.application.accept_lead(desk.uow, LEAD, registered_on=TODAY, due=DUE)
        with pytest.raises(LeadStateError):
            desk.application.return_lead(desk.uow, LEAD, reason="重复")

    @pytest.mark.req("R250")
    @pytest.mark.parametrize(
        "stranger",
        [
            OFFICE,
            PERSONNEL,
            Actor(person_ref="p-else", org="yl-other-commission", role=Role.DCI),
            Actor(person_ref="p-else", org=COMMISSION, role=Role.OFF),
        ],
    )
    def test_refuses_everybody_but_the_addressee(self, desk: Desk, stranger: Actor) -> None:
        desk.offered()
        with pytest.raises(NotTheAddresseeError):
            desk.application.accept_lead(desk.as_(stranger), LEAD, registered_on=TODAY, due=DUE)

    @pytest.mark.req("R098")
    def test_the_organisation_department_disposes_of_its_six_kinds(self, desk: Desk) -> None:
        kind = LeadAddresseeKind.ORGANISATION_DEPARTMENT
        desk.offered(addressee=DEPARTMENT, addressee_kind=kind, kind=OrganisationLeadKind.TALENT)
        desk.application.accept_lead(desk.as_(PERSONNEL), LEAD, registered_on=TODAY, due=DUE)
        assert state_of(desk) is LeadState.REGISTERED

    @pytest.mark.req("R098")
    def test_refuses_another_kind_to_the_organisation_department(self, desk: Desk) -> None:
        kind = LeadAddresseeKind.ORGANISATION_DEPARTMENT
        desk.offered(addressee=DEPARTMENT, addressee_kind=kind, kind="finance-lead")
        with pytest.raises(NotTheAddresseeError):
            desk.application.accept_lead(desk.as_(PERSONNEL), LEAD, registered_on=TODAY, due=DUE)

    @pytest.mark.req("G26")
    @pytest.mark.parametrize(
        "reason",
        [
            "举报人电话13800000000",
            "当事人身份证11010519491231002X",
            "与p-up-water有关",
            "详情" * 101,
        ],
    )
    def test_refuses_a_reason_that_tells_too_much(self, desk: Desk, reason: str) -> None:
        desk.offered()
        with pytest.raises(GuardFailedError) as refused:
            desk.application.return_lead(desk.uow, LEAD, reason=reason)
        assert refused.value.guard == "G26"
        assert reason not in refused.value.detail


class TestDisposal:
    @pytest.mark.req("R250")
    def test_is_classified_and_may_be_classified_anew(self, desk: Desk) -> None:
        desk.registered()
        for method in (DisposalMethod.TALK_OR_LETTER, DisposalMethod.SETTLE):
            desk.application.classify_lead(desk.uow, LEAD, method=method)
        assert desk.uow.recorded == [
            LeadClassified(lead_no=LEAD, method=DisposalMethod.TALK_OR_LETTER),
            LeadClassified(lead_no=LEAD, method=DisposalMethod.SETTLE),
        ]

    @pytest.mark.req("R250")
    def test_refuses_disposal_before_registration_or_classification(self, desk: Desk) -> None:
        desk.offered()
        with pytest.raises(LeadStateError):
            desk.application.classify_lead(desk.uow, LEAD, method=DisposalMethod.SETTLE)
        desk.application.accept_lead(desk.uow, LEAD, registered_on=TODAY, due=DUE)
        with pytest.raises(LeadStateError):
            desk.impose()
        with pytest.raises(LeadStateError):
            desk.conclude(LeadConclusion.NO_CASE)

    @pytest.mark.req("R274")
    @pytest.mark.req("INV-15")
    def test_a_measure_names_lead_person_and_legal_basis(self, desk: Desk) -> None:
        desk.classified().impose()
        assert desk.uow.recorded == [
            MeasureImposed(
                measure_no="M-1", person_ref=QIAO, category=MeasureCategory.DISCIPLINE,
                measure="WARNING", origin_lead=LEAD, round_no=ROUND,
                legal_basis="discipline-regulations", basis_edition="2018", conduct_on=CONDUCT,
                problem_nos=[PROBLEM],
            )
        ]  # fmt: skip
        assert state_of(desk) is LeadState.IN_DISPOSAL

    @pytest.mark.req("G28")
    def test_refuses_a_measure_without_a_basis_in_force(self, desk: Desk) -> None:
        desk.classified()
        with pytest.raises(GuardFailedError) as refused:
            desk.impose(basis=None)
        assert refused.value.guard == "G28"

    @pytest.mark.req("R278")
    @pytest.mark.req("R276")
    def test_a_case_is_filed_and_the_person_transferred(self, desk: Desk) -> None:
        desk.classified()
        filing: dict[str, Any] = {
            "person_ref": QIAO,
            "post_level": "SECTION_CHIEF",
            "filed_on": TODAY,
        }
        transfer: dict[str, Any] = {"person_ref": QIAO, "transferred_on": TODAY}
        desk.application.file_case(desk.uow, LEAD, **filing)
        desk.application.transfer_to_judiciary(desk.uow, LEAD, **transfer)
        assert desk.uow.recorded == [
            CaseFiled(lead_no=LEAD, round_no=ROUND, **filing),
            TransferredToJudiciary(lead_no=LEAD, round_no=ROUND, **transfer),
        ]
        with pytest.raises(AlreadyRecordedError):
            desk.application.file_case(desk.uow, LEAD, **filing)
        with pytest.raises(AlreadyRecordedError):
            desk.application.transfer_to_judiciary(desk.uow, LEAD, **transfer)

    @pytest.mark.req("R275")
    def test_refuses_the_same_measure_twice(self, desk: Desk) -> None:
        desk.classified().impose()
        with pytest.raises(AlreadyRecordedError):
            desk.impose()
        desk.impose(measure_no="M-2")


class TestConclusion:
    @pytest.mark.req("X09")
    @pytest.mark.req("R249")
    def test_tells_which_problems_are_settled(self, desk: Desk) -> None:
        desk.classified().conclude(LeadConclusion.FORM_1)
        assert desk.uow.recorded == [
            LeadConcluded(
                lead_no=LEAD, conclusion=LeadConclusion.FORM_1, problem_nos=[PROBLEM],
                pursuit_known=True, concluded_on=TODAY,
            ),
            ProblemLeadNoted(problem_no=PROBLEM, lead_no=LEAD, is_open=False),
        ]  # fmt: skip

    def test_refuses_no_case_where_a_measure_stands(self, desk: Desk) -> None:
        desk.classified().impose()
        with pytest.raises(ContradictoryConclusionError):
            desk.conclude(LeadConclusion.NO_CASE)
        desk.conclude(LeadConclusion.FORM_2)

    @pytest.mark.req("R100")
    def test_is_cancelled_only_with_a_result(self, desk: Desk) -> None:
        desk.classified()
        with pytest.raises(LeadStateError):
            desk.application.cancel_lead(desk.uow, LEAD)
        desk.conclude(LeadConclusion.NO_CASE)
        desk.application.cancel_lead(desk.uow, LEAD)
        assert LeadCancelled(lead_no=LEAD) in desk.uow.recorded

    def test_refuses_everything_after_the_conclusion(self, desk: Desk) -> None:
        desk.concluded()
        with pytest.raises(LeadStateError):
            desk.impose()
        with pytest.raises(LeadStateError):
            desk.conclude(LeadConclusion.FORM_1)
