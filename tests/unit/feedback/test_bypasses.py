"""Ways round the guards that somebody may try: one person for two, another round, another day."""

from datetime import date

import pytest

from services.feedback.domain.leads import Lead
from services.feedback.domain.rounds import NotATargetError
from services.feedback.policies import note_return_when_lead_is_returned
from shared.contracts.accountability import LeadReturned
from shared.contracts.base import Decision
from shared.contracts.feedback import AttendanceCategory, FeedbackIssued, LeadContentRead
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import GuardFailedError, NotFoundError
from tests.support.in_memory import delivered
from tests.unit.feedback.yunlan import (
    AUTHOR,
    CASE,
    DATES,
    DECISION,
    DYKE,
    EVERYBODY,
    LEAD,
    LEADER,
    LEADING_GROUP,
    LEVY,
    OFFICE,
    REVIEWER,
    SEALED,
    SESSION,
    TARGETS,
    TODAY,
    WATER_BUREAU,
    Yunlan,
    after_feedback,
    application,
    before_feedback,
    paper,
)

CASE_HANDLER = Actor(person_ref="p-dci-bai", org="o-cdi", role=Role.DCI)


@pytest.mark.req("G01")
@pytest.mark.req("T02")
def test_the_drafter_does_not_find_the_own_draft_substantiated() -> None:
    city = Yunlan().with_round().with_draft()
    with pytest.raises(GuardFailedError, match="G01: the drafter"):
        application.substantiate_problem(
            city.acting(AUTHOR), DYKE, papers=[paper(author=REVIEWER.person_ref, reviewer="p-3")]
        )


@pytest.mark.req("T04")
@pytest.mark.req("R149")
def test_a_problem_drafted_in_another_round_does_not_enter_the_case() -> None:
    city = Yunlan().with_round().with_reports()
    application.open_round(
        city.acting(OFFICE), "YL-T1R9", term="T1", ordinal=9, mode="REGULAR", targets=TARGETS
    )
    application.draft_problem(
        city.acting(AUTHOR), DYKE, case_no=CASE, round_no="YL-T1R9", wording="堤防失修。",
        category="CONSTRUCTION", cause="SUPERVISION_WEAK", nature="DUTY",
    )  # fmt: skip
    application.substantiate_problem(city.acting(REVIEWER), DYKE, papers=[paper()])
    with pytest.raises(NotATargetError):
        application.approve_problem(city.acting(LEADING_GROUP), DYKE, decision=DECISION)


class TestIssue:
    """T05."""

    @pytest.mark.req("G03")
    @pytest.mark.req("T05")
    def test_is_not_dated_before_a_problem_was_approved(self) -> None:
        city = Yunlan().with_round().with_reports().with_approved(DYKE).with_substantiated(LEVY)
        late = Decision(document_no="YLXZ-9", decided_on=TODAY, forum="leading-group")
        application.approve_problem(city.acting(LEADING_GROUP), LEVY, decision=late)
        with pytest.raises(GuardFailedError, match="G03"):
            issue(city, issued_on=date(2026, 3, 1))
        issue(city)

    @pytest.mark.req("G04")
    @pytest.mark.req("T05")
    def test_an_empty_reason_does_not_excuse_an_absence(self) -> None:
        absent = EVERYBODY[0].model_copy(
            update={"present": False, "deviation_reason": " ", "approved_by": "p-lg-feng"}
        )
        with pytest.raises(GuardFailedError, match="G04"):
            issue(before_feedback(), attendance=[absent, *EVERYBODY[1:]])
        assert absent.category in AttendanceCategory

    @pytest.mark.req("R165")
    def test_tells_who_is_of_the_team(self) -> None:
        city = before_feedback()
        issue(city)
        issued = next(one for one in city.uow.recorded if isinstance(one, FeedbackIssued))
        assert issued.team_members == [AUTHOR.person_ref, REVIEWER.person_ref]


def issue(city: Yunlan, **changes: object) -> None:
    application.issue_feedback(
        city.acting(LEADER),
        CASE,
        session=SESSION.model_copy(update=changes),
        unit=WATER_BUREAU,
        dates=DATES,
        policy_edition="YL-2026",
    )


class TestLeadContent:
    """3.4 rules 2 and 4: by addressee, and every reading is an event."""

    @pytest.mark.req("R344")
    def test_the_addressee_reads_and_it_is_recorded(self) -> None:
        city = after_feedback().with_lead()
        content = application.read_lead_content(city.acting(CASE_HANDLER), LEAD, purpose="初步核实")
        assert content == SEALED
        assert city.uow.recorded == [
            LeadContentRead(
                lead_no=LEAD, offer=1, reader="p-dci-bai", org="o-cdi", purpose="初步核实"
            )
        ]
        assert city.uow.load(Lead, LEAD).version == 1

    @pytest.mark.req("R344")
    @pytest.mark.req("R069")
    @pytest.mark.parametrize(
        "reader",
        [
            LEADER,
            OFFICE,
            CASE_HANDLER.model_copy(update={"org": "o-other-cdi"}),
            CASE_HANDLER.model_copy(update={"role": Role.ORG}),
        ],
    )
    def test_to_others_there_is_no_such_lead(self, reader: Actor) -> None:
        city = after_feedback().with_lead()
        with pytest.raises(NotFoundError):
            application.read_lead_content(city.acting(reader), LEAD, purpose="好奇")
        assert city.uow.recorded == []

    @pytest.mark.req("R344")
    def test_who_returned_it_reads_no_more(self) -> None:
        city = after_feedback().with_lead()
        returned = delivered(
            LeadReturned(lead_no=LEAD, offer=1, reason="不属管辖"), stream=f"lead/{LEAD}"
        )
        note_return_when_lead_is_returned(application, city.acting(OFFICE), returned)
        with pytest.raises(NotFoundError):
            application.read_lead_content(city.acting(CASE_HANDLER), LEAD, purpose="初步核实")
