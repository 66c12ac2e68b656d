"""Ways round the guards: problems that nobody claimed, entries made by hand, exhausted urges."""

import pytest

from services.accountability.domain.cases import ProblemNotClaimedError
from services.accountability.policies import reactions
from shared.contracts.accountability import (
    AccountabilityProposed,
    CaseDecided,
    DisposalMethod,
    Ground,
    LeadConcluded,
    LeadConclusion,
    MeasureImposed,
)
from shared.contracts.base import Event
from shared.contracts.supervision import (
    EntryPosted,
    Ledger,
    Milestone,
    ProblemState,
    UrgeIssued,
)
from tests.support.in_memory import delivered
from tests.unit.accountability.yunlan import (
    AFFAIR,
    CASE,
    DUE,
    HANDLER,
    LEAD,
    OFFICE,
    PROBLEM,
    TODAY,
    WATER,
    Desk,
    referral,
)

UNCLAIMED = "YL-T1R1-U03-009"
CLAIM = EntryPosted(
    problem_no=UNCLAIMED,
    case_no=CASE,
    ledgers=list(Ledger),
    milestone=Milestone.CLAIMED,
    cycle=1,
    source_id="e-1",
    state=ProblemState.CLAIMED,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def hear(desk: Desk, event: Event) -> str:
    recorded = delivered(event, stream=f"review/{PROBLEM}")
    for sentence in reactions.to(event.TYPE):
        sentence(desk.application, desk.uow, recorded)
    return recorded.record.id


class TestReferral:
    """T42: P4 and later."""

    @pytest.mark.req("T42")
    @pytest.mark.req("R272")
    def test_refuses_a_problem_that_was_not_claimed(self, desk: Desk) -> None:
        with pytest.raises(ProblemNotClaimedError):
            desk.referred(problem_nos=[PROBLEM, UNCLAIMED])

    @pytest.mark.req("T42")
    def test_an_entry_made_by_hand_is_no_claim(self, desk: Desk) -> None:
        hear(desk, CLAIM.model_copy(update={"ledgers": [Ledger.OFFICE]}))
        with pytest.raises(ProblemNotClaimedError):
            desk.referred(problem_nos=[UNCLAIMED])

    @pytest.mark.req("T42")
    def test_a_claim_in_all_ledgers_makes_it_possible(self, desk: Desk) -> None:
        hear(desk, CLAIM)
        hear(desk, CLAIM)
        desk.referred(problem_nos=[UNCLAIMED])
        assert desk.application.case(desk.uow, AFFAIR).problem_nos == [UNCLAIMED]

    @pytest.mark.req("T42")
    def test_refuses_another_units_problem(self, desk: Desk) -> None:
        with pytest.raises(ProblemNotClaimedError):
            desk.application.refer_case(desk.as_(OFFICE), AFFAIR, referral(unit="yl-forest"))


@pytest.mark.req("X06")
def test_exhausted_urges_propose_and_others_do_not(desk: Desk) -> None:
    urge = UrgeIssued(problem_no=PROBLEM, case_no=CASE, unit=WATER, level=2, cause_id="e-2")
    hear(desk, urge)
    source_id = hear(desk, urge.model_copy(update={"level": 3, "is_exhausted": True}))
    assert desk.uow.recorded == [
        AccountabilityProposed(
            accountability_no=f"AP-{PROBLEM}-1", unit=WATER, problem_nos=[PROBLEM],
            ground=Ground.NON_IMPLEMENTATION, source_id=source_id,
        )
    ]  # fmt: skip


@pytest.mark.req("X09")
def test_a_measure_names_the_problems_of_its_lead(desk: Desk) -> None:
    desk.classified().impose()
    imposed = desk.uow.recorded[-1]
    assert isinstance(imposed, MeasureImposed)
    assert imposed.problem_nos == [PROBLEM]


class TestDisposalKnown:
    """X09, G19: known when the last lead behind the problem has its result."""

    def concluded(self, desk: Desk, lead_no: str) -> LeadConcluded:
        application = desk.application
        application.accept_lead(desk.as_(HANDLER), lead_no, registered_on=TODAY, due=DUE)
        application.classify_lead(desk.uow, lead_no, method=DisposalMethod.TALK_OR_LETTER)
        application.conclude_lead(
            desk.uow,
            lead_no,
            conclusion=LeadConclusion.FORM_1,
            pursuit_known=True,
            concluded_on=TODAY,
        )
        return next(one for one in desk.uow.recorded if isinstance(one, LeadConcluded))

    @pytest.mark.req("X09")
    @pytest.mark.req("G19")
    def test_the_first_of_two_leads_does_not_make_it_known(self, desk: Desk) -> None:
        desk.offered().offered(lead_no="YL-L-0008")
        assert self.concluded(desk, LEAD).open_problem_nos == [PROBLEM]
        assert self.concluded(desk, "YL-L-0008").open_problem_nos == []

    @pytest.mark.req("G19")
    @pytest.mark.req("T42")
    def test_a_decided_case_does_not_stand_for_an_open_lead(self, desk: Desk) -> None:
        desk.offered().accepted().decide()
        decided = desk.uow.recorded[-1]
        assert isinstance(decided, CaseDecided)
        assert decided.open_problem_nos == [PROBLEM]

    @pytest.mark.req("X04")
    def test_a_returned_lead_still_waits(self, desk: Desk) -> None:
        desk.offered().offered(lead_no="YL-L-0008")
        desk.application.return_lead(desk.as_(HANDLER), "YL-L-0008", reason="不属管辖")
        assert self.concluded(desk, LEAD).open_problem_nos == [PROBLEM]
