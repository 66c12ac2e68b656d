"""Accountability cases: referred by one side, decided by another."""

from typing import Any

import pytest

from services.accountability.domain.cases import (
    AlreadyReferredError,
    CaseStateError,
    NotADecidingOrganError,
    NotAReferringBodyError,
    NotReferredJointlyError,
    OrphanCaseError,
    OtherUnitError,
)
from services.accountability.policies import reactions
from shared.contracts.accountability import (
    AccountabilityProposed,
    AccountabilityReferred,
    AccountabilityState,
    CaseAccepted,
    CaseDecided,
    CaseExecuted,
    CaseRejected,
    Ground,
)
from shared.contracts.base import Event
from shared.contracts.supervision import LookBackListed, ShamKind, ShamRectificationFound
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import GuardFailedError, UnavailableError
from tests.support.in_memory import delivered
from tests.unit.accountability.yunlan import (
    AFFAIR,
    CASE,
    COMMISSION,
    COMMITTEE,
    EVIDENCE,
    HANDLER,
    LEAD,
    OFFICE,
    PROBLEM,
    ROUND,
    TODAY,
    WATER,
    Desk,
    offered,
    referral,
)

INSPECTION_SIDE = (Role.OFF, Role.LG, Role.TL, Role.TM, Role.JSG, Role.PAN, Role.DSO, Role.RDT)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def state_of(desk: Desk) -> AccountabilityState:
    return desk.application.case(desk.uow, AFFAIR).state


class TestRefer:
    @pytest.mark.req("T42")
    @pytest.mark.req("R259")
    def test_the_office_refers_together_with_another_body(self, desk: Desk) -> None:
        desk.application.refer_case(desk.as_(OFFICE), AFFAIR, referral())
        assert desk.uow.recorded == [
            AccountabilityReferred(
                accountability_no=AFFAIR, referred_by=OFFICE.org, **vars(referral())
            )
        ]

    @pytest.mark.req("R259")
    def test_refuses_a_referral_by_the_office_alone(self, desk: Desk) -> None:
        with pytest.raises(NotReferredJointlyError):
            desk.referred(joint_with=OFFICE.org)

    @pytest.mark.req("R272")
    @pytest.mark.parametrize("missing", [{"problem_nos": []}, {"evidence": []}])
    def test_refuses_an_orphan(self, desk: Desk, missing: dict[str, list[str]]) -> None:
        with pytest.raises(OrphanCaseError):
            desk.referred(**missing)

    @pytest.mark.req("T42")
    @pytest.mark.parametrize("role", [Role.DCI, Role.COM, Role.TL, Role.UP, Role.SYSTEM])
    def test_refuses_other_roles(self, desk: Desk, role: Role) -> None:
        actor = Actor(person_ref="p-else", org="yl-else", role=role)
        with pytest.raises(NotAReferringBodyError):
            desk.application.refer_case(desk.as_(actor), AFFAIR, referral())

    def test_refuses_a_number_that_is_referred_already(self, desk: Desk) -> None:
        desk.referred()
        with pytest.raises(AlreadyReferredError):
            desk.referred()


class TestDecide:
    @pytest.mark.req("R263")
    @pytest.mark.req("INV-15")
    def test_within_the_band_of_the_edition_in_force(self, desk: Desk) -> None:
        desk.accepted().decide()
        assert desk.uow.recorded == [
            CaseDecided(
                accountability_no=AFFAIR, problem_nos=[PROBLEM], severity="LIGHT",
                measure="WARNING", legal_basis="discipline-regulations", basis_edition="2018",
                within_band=True, decided_by=COMMISSION, decided_on=TODAY,
            )
        ]  # fmt: skip

    @pytest.mark.req("G28")
    def test_refuses_without_a_basis_in_force_at_the_conduct(self, desk: Desk) -> None:
        desk.accepted()
        with pytest.raises(GuardFailedError) as refused:
            desk.decide(basis=None)
        assert refused.value.guard == "G28"

    @pytest.mark.req("G27")
    @pytest.mark.req("R262")
    @pytest.mark.parametrize(
        "lacking",
        [
            {"measure": "EXPULSION"},
            {"measure": "EXPULSION", "higher_approval": "YL-2026-9"},
            {"measure": "EXPULSION", "higher_approval_reason": "造成严重后果"},
            {
                "measure": "EXPULSION",
                "higher_approval": "YL-2026-9",
                "higher_approval_reason": "  ",
            },
            {"severity": "UNHEARD_OF"},
        ],
    )
    def test_refuses_outside_the_band(self, desk: Desk, lacking: dict[str, Any]) -> None:
        desk.accepted()
        with pytest.raises(GuardFailedError) as refused:
            desk.decide(**lacking)
        assert refused.value.guard == "G27"

    @pytest.mark.req("G27")
    def test_outside_the_band_with_approval_from_above(self, desk: Desk) -> None:
        desk.accepted().decide(
            measure="EXPULSION",
            higher_approval="YL-2026-9",
            higher_approval_reason="造成严重后果",
        )
        event = desk.uow.recorded[0]
        assert isinstance(event, CaseDecided)
        assert (event.within_band, event.higher_approval) == (False, "YL-2026-9")

    @pytest.mark.req("G26")
    def test_refuses_a_reason_that_names_somebody(self, desk: Desk) -> None:
        desk.accepted()
        with pytest.raises(GuardFailedError) as refused:
            desk.decide(
                measure="EXPULSION",
                higher_approval="YL-2026-9",
                higher_approval_reason="p-up-water情节严重",
            )
        assert refused.value.guard == "G26"

    @pytest.mark.req("R256")
    @pytest.mark.parametrize("role", INSPECTION_SIDE)
    def test_the_inspection_side_decides_nothing(self, desk: Desk, role: Role) -> None:
        inspector = Actor(person_ref="p-inspector", org="yl-team", role=role)
        desk.referred().as_(inspector)
        with pytest.raises(NotADecidingOrganError):
            desk.application.accept_case(desk.uow, AFFAIR)
        with pytest.raises(NotADecidingOrganError):
            desk.application.reject_case(desk.uow, AFFAIR, reason="证据不足")
        desk.application.accept_case(desk.as_(HANDLER), AFFAIR)
        desk.as_(inspector)
        with pytest.raises(NotADecidingOrganError):
            desk.decide()
        desk.as_(HANDLER)
        desk.decide()
        with pytest.raises(NotADecidingOrganError):
            desk.application.execute_case(
                desk.as_(inspector), AFFAIR, executed_on=TODAY, record=EVIDENCE[0]
            )

    @pytest.mark.req("R259")
    def test_who_referred_does_not_decide(self, desk: Desk) -> None:
        two_hats = Actor(person_ref="p-two-hats", org=OFFICE.org, role=Role.DCI)
        desk.referred()
        with pytest.raises(NotADecidingOrganError):
            desk.application.accept_case(desk.as_(two_hats), AFFAIR)

    def test_the_committee_may_decide_too(self, desk: Desk) -> None:
        desk.referred()
        desk.application.accept_case(desk.as_(COMMITTEE), AFFAIR)
        assert desk.uow.recorded == [
            CaseAccepted(accountability_no=AFFAIR, accepted_by=COMMITTEE.org)
        ]


class TestCourse:
    def test_is_rejected_with_a_reason(self, desk: Desk) -> None:
        desk.referred()
        desk.application.reject_case(desk.uow, AFFAIR, reason="证据不足")
        assert desk.uow.recorded == [CaseRejected(accountability_no=AFFAIR, reason="证据不足")]
        with pytest.raises(CaseStateError):
            desk.application.accept_case(desk.uow, AFFAIR)

    @pytest.mark.req("G26")
    def test_refuses_a_rejection_that_names_the_subject(self, desk: Desk) -> None:
        desk.referred(subject="yl-dam-office")
        with pytest.raises(GuardFailedError) as refused:
            desk.application.reject_case(desk.uow, AFFAIR, reason="yl-dam-office已处理")
        assert refused.value.guard == "G26"

    @pytest.mark.req("R110")
    def test_is_executed_after_the_decision_only(self, desk: Desk) -> None:
        desk.accepted()
        with pytest.raises(CaseStateError):
            desk.application.execute_case(desk.uow, AFFAIR, executed_on=TODAY, record=EVIDENCE[0])
        desk.decide()
        desk.application.execute_case(desk.uow, AFFAIR, executed_on=TODAY, record=EVIDENCE[0])
        assert desk.uow.recorded[-1] == CaseExecuted(
            accountability_no=AFFAIR, executed_on=TODAY, record=EVIDENCE[0]
        )

    def test_is_decided_once_and_only_when_accepted(self, desk: Desk) -> None:
        desk.referred()
        with pytest.raises(CaseStateError):
            desk.decide()
        desk.application.accept_case(desk.uow, AFFAIR)
        desk.decide()
        with pytest.raises(CaseStateError):
            desk.decide()


SHAM = ShamRectificationFound(
    problem_no=PROBLEM, case_no=CASE, unit=WATER, cycle=1, kind=ShamKind.ON_PAPER,
    evidence=EVIDENCE, rectify_by=TODAY,
)  # fmt: skip
LOW = LookBackListed(problem_no=PROBLEM, case_no=CASE, cycle=1, n=2, total=55)


def hear(desk: Desk, event: Event, version: int = 1) -> str:
    """Let the service react to a delivered event; return the event's id."""
    recorded = delivered(event, stream=f"review/{PROBLEM}", version=version)
    for sentence in reactions.to(event.TYPE):
        sentence(desk.application, desk.uow, recorded)
    return recorded.record.id


class TestProposals:
    @pytest.mark.req("X08")
    def test_sham_rectification_proposes_a_case(self, desk: Desk) -> None:
        source_id = hear(desk, SHAM)
        assert desk.uow.recorded == [
            AccountabilityProposed(
                accountability_no=f"AP-{PROBLEM}-1", unit=WATER, problem_nos=[PROBLEM],
                ground=Ground.SHAM_RECTIFICATION, source_id=source_id,
            )
        ]  # fmt: skip

    @pytest.mark.req("X07")
    def test_a_low_score_proposes_a_case_of_the_unit(self, desk: Desk) -> None:
        desk.application.note_inspected_case(desk.uow, CASE, round_no=ROUND, unit=WATER)
        hear(desk, LOW)
        proposed = desk.uow.recorded[-1]
        assert isinstance(proposed, AccountabilityProposed)
        assert (proposed.unit, proposed.ground) == (WATER, Ground.LOW_EVALUATION)

    @pytest.mark.req("X07")
    def test_a_low_score_comes_again_when_its_case_is_not_seen_yet(self, desk: Desk) -> None:
        unseen = LOW.model_copy(update={"case_no": "YL-T1R1-U04"})
        with pytest.raises(UnavailableError):
            hear(desk, unseen)

    @pytest.mark.req("X08")
    def test_each_finding_proposes_once_under_its_own_number(self, desk: Desk) -> None:
        hear(desk, SHAM)
        hear(desk, SHAM)
        hear(desk, SHAM, version=2)
        numbers = [
            event.accountability_no
            for event in desk.uow.recorded
            if isinstance(event, AccountabilityProposed)
        ]
        assert numbers == [f"AP-{PROBLEM}-1", f"AP-{PROBLEM}-2"]

    @pytest.mark.req("X07")
    @pytest.mark.req("T42")
    def test_a_person_confirms_the_proposal_by_referring_it(self, desk: Desk) -> None:
        hear(desk, SHAM)
        number = f"AP-{PROBLEM}-1"
        with pytest.raises(OtherUnitError):
            desk.application.refer_case(desk.as_(OFFICE), number, referral(unit="yl-forest"))
        with pytest.raises(OtherUnitError):
            desk.application.refer_case(desk.uow, number, referral(problem_nos=["YL-T1R1-U03-008"]))
        desk.application.refer_case(desk.uow, number, referral())
        case = desk.application.case(desk.uow, number)
        assert case.state is AccountabilityState.REFERRED

    @pytest.mark.req("X07")
    def test_nothing_is_decided_on_a_mere_proposal(self, desk: Desk) -> None:
        hear(desk, SHAM)
        with pytest.raises(CaseStateError):
            desk.application.accept_case(desk.as_(HANDLER), f"AP-{PROBLEM}-1")

    @pytest.mark.req("X04")
    def test_an_offered_lead_waits_for_its_addressee(self, desk: Desk) -> None:
        hear(desk, offered())
        assert desk.application.lead(desk.uow, LEAD).is_addressed_to(HANDLER)
