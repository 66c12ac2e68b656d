"""联动 and 不驻组的副组长: joint actions as an origin, non-resident deputies of a round."""

from datetime import date
from typing import Any

import pytest

from services.feedback.domain.joint_actions import PartnersMissingError
from services.feedback.domain.leads import Lead
from services.feedback.domain.problems import Problem
from services.feedback.domain.rounds import (
    AlreadyAuthorisedError,
    NotNonResidentError,
    RoundIsOverError,
)
from shared.contracts.feedback import DeputyAuthorised, JointActionOpened, LeadOffered
from shared.kernel.errors import ConflictError, GuardFailedError, NotFoundError
from tests.unit.feedback.test_rounds import (
    feed_back_the_forestry_bureau,
    hear_that_feedback_was_issued,
)
from tests.unit.feedback.yunlan import (
    AUTHOR,
    CASE,
    DECISION,
    LEADER,
    LEADING_GROUP,
    ROUND,
    SEALED,
    TO_DISCIPLINE,
    TODAY,
    Yunlan,
    after_feedback,
    application,
)

ACTION, DEPUTY = "YL-JA-1", "p-nrd-he"
PARTNERS = ["o-audit", "o-cdi"]


def opened(city: Yunlan, **changes: Any) -> Yunlan:
    facts: dict[str, Any] = {
        "field": "FINANCE", "partners": PARTNERS, "opened_on": TODAY, "decision": DECISION,
    }  # fmt: skip
    application.open_joint_action(city.acting(LEADING_GROUP), ACTION, **{**facts, **changes})
    return city


def draft(city: Yunlan, joint_action: str | None) -> None:
    application.draft_problem(
        city.acting(AUTHOR), "YL-T1R1-U01-009", case_no=CASE, round_no=ROUND, wording="样例",
        category="C", cause="C", nature="N", joint_action=joint_action,
    )  # fmt: skip


def offer(city: Yunlan, joint_action: str) -> None:
    application.offer_lead(
        city.acting(LEADER), "L-9", case_no=CASE, kind="ECONOMY", address=TO_DISCIPLINE,
        post_level="SECTION", problem_nos=[], concerns_principal=False, content=SEALED,
        joint_action=joint_action,
    )  # fmt: skip


class TestJointAction:
    @pytest.mark.req("R104")
    def test_is_opened_by_decision_with_its_partners(self) -> None:
        city = opened(Yunlan())
        assert city.uow.recorded == [
            JointActionOpened(
                action_no=ACTION, field="FINANCE", partners=PARTNERS, opened_on=TODAY,
                decision=DECISION,
            )
        ]  # fmt: skip
        with pytest.raises(ConflictError):
            opened(city)

    @pytest.mark.parametrize("partners", [["o-audit"], ["o-audit", "o-audit"], []])
    def test_needs_two_different_bodies(self, partners: list[str]) -> None:
        with pytest.raises(PartnersMissingError):
            opened(Yunlan(), partners=partners)

    def test_needs_the_decision_of_a_deciding_body(self) -> None:
        elsewhere = DECISION.model_copy(update={"forum": "canteen"})
        with pytest.raises(GuardFailedError):
            opened(Yunlan(), decision=elsewhere)
        with pytest.raises(GuardFailedError):
            opened(Yunlan(), opened_on=date(2026, 1, 1))

    def test_is_the_origin_that_problems_and_leads_name(self) -> None:
        city = opened(Yunlan().with_round().with_reports())
        draft(city, ACTION)
        drafted = city.acting(AUTHOR).load(Problem, "YL-T1R1-U01-009").draft_facts
        assert drafted.joint_action == ACTION
        offer(city, ACTION)
        (told,) = city.uow.recorded
        assert isinstance(told, LeadOffered)
        assert told.joint_action == ACTION
        assert city.acting(LEADER).load(Lead, "L-9").origin.joint_action == ACTION

    def test_must_be_known_to_be_named(self) -> None:
        city = Yunlan().with_round().with_reports()
        with pytest.raises(NotFoundError):
            draft(city, "YL-JA-9")
        with pytest.raises(NotFoundError):
            offer(city, "YL-JA-9")


def authorise(city: Yunlan, person: str = DEPUTY, **changes: Any) -> None:
    decision = DECISION.model_copy(update=changes)
    application.authorise_deputy(
        city.acting(LEADING_GROUP), ROUND, person_ref=person, decision=decision
    )


class TestDeputy:
    @pytest.mark.req("R102")
    def test_is_authorised_for_a_round_once(self) -> None:
        city = Yunlan().with_round()
        authorise(city)
        assert city.uow.recorded == [
            DeputyAuthorised(
                round_no=ROUND, person_ref=DEPUTY, authorised_on=TODAY, decision=DECISION
            )
        ]
        with pytest.raises(AlreadyAuthorisedError):
            authorise(city)

    @pytest.mark.parametrize("person", [LEADER.person_ref, AUTHOR.person_ref])
    def test_sits_in_no_team_of_the_round(self, person: str) -> None:
        with pytest.raises(NotNonResidentError):
            authorise(Yunlan().with_round(), person)

    def test_needs_a_decision_that_was_taken(self) -> None:
        with pytest.raises(GuardFailedError):
            authorise(Yunlan().with_round(), decided_on=date(2027, 1, 1))

    def test_comes_too_late_when_the_round_is_fed_back(self) -> None:
        city = after_feedback()
        feed_back_the_forestry_bureau(city)
        hear_that_feedback_was_issued(city)
        with pytest.raises(RoundIsOverError):
            authorise(city)
