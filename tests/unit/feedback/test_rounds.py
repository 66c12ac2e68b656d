"""轮次: opening a round, and noting that all its targets are fed back."""

from datetime import date

import pytest

from services.feedback.domain.rounds import TargetNamedTwiceError
from services.feedback.policies import reactions
from shared.contracts.feedback import FeedbackIssued, RoundFedBack, RoundOpened
from shared.kernel.errors import ConflictError
from tests.unit.feedback.yunlan import (
    CASE,
    DATES,
    DECISION,
    FORESTRY,
    LEADING_GROUP,
    OFFICE,
    OTHER_AUTHOR,
    OTHER_CASE,
    OTHER_LEADER,
    REPORTS,
    ROUND,
    SESSION,
    TARGETS,
    WATER_BUREAU,
    Yunlan,
    after_feedback,
    application,
    paper,
)


class TestOpenRound:
    @pytest.mark.req("R037", "R149")
    def test_names_every_target_with_its_team(self) -> None:
        assert Yunlan().with_round().uow.recorded == [
            RoundOpened(round_no=ROUND, term="T1", ordinal=1, mode="REGULAR", targets=TARGETS)
        ]

    @pytest.mark.req("R149")
    @pytest.mark.parametrize("change", [{"case_no": OTHER_CASE}, {"unit": FORESTRY}])
    def test_refuses_a_unit_or_a_case_named_twice(self, change: dict[str, str]) -> None:
        twice = [TARGETS[0].model_copy(update=change), TARGETS[1]]
        with pytest.raises(TargetNamedTwiceError):
            application.open_round(
                Yunlan().acting(OFFICE), ROUND, term="T1", ordinal=1, mode="R", targets=twice
            )

    def test_refuses_a_number_that_is_taken(self) -> None:
        with pytest.raises(ConflictError):
            Yunlan().with_round().with_round()


class TestCompleteRound:
    def test_waits_for_the_last_target(self) -> None:
        city = after_feedback()
        hear_that_feedback_was_issued(city)
        assert city.uow.recorded == []

    @pytest.mark.req("R096")
    def test_is_noted_once_when_every_target_is_fed_back(self) -> None:
        city = after_feedback()
        feed_back_the_forestry_bureau(city)
        hear_that_feedback_was_issued(city)
        assert city.uow.recorded == [RoundFedBack(round_no=ROUND, completed_on=date(2026, 3, 5))]
        hear_that_feedback_was_issued(city)
        assert city.uow.recorded == []


def hear_that_feedback_was_issued(city: Yunlan) -> None:
    """Have the reactions to our own news run."""
    (recorded, *_) = [
        one
        for one in city.acting(OFFICE).store.streams[f"feedback/{CASE}"]
        if isinstance(one.event, FeedbackIssued)
    ]
    for reaction in reactions.to(FeedbackIssued.TYPE):
        reaction(application, city.uow, recorded)


def feed_back_the_forestry_bureau(city: Yunlan) -> None:
    application.file_reports(city.acting(OTHER_LEADER), OTHER_CASE, round_no=ROUND, reports=REPORTS)
    number = "YL-T1R1-U02-001"
    draft_and_approve(city, number)
    application.issue_feedback(
        city.acting(OTHER_LEADER, on=date(2026, 3, 5)),
        OTHER_CASE,
        session=SESSION.model_copy(update={"issued_on": date(2026, 3, 5)}),
        unit=WATER_BUREAU.model_copy(update={"org": FORESTRY}),
        dates=DATES,
        policy_edition="YL-2026",
    )


def draft_and_approve(city: Yunlan, problem_no: str) -> None:
    application.draft_problem(
        city.acting(OTHER_AUTHOR),
        problem_no,
        case_no=OTHER_CASE,
        round_no=ROUND,
        wording="林地台账不实。",
        category="CONSTRUCTION",
        cause="LEDGER",
        nature="DUTY",
    )
    application.substantiate_problem(
        city.acting(OTHER_LEADER), problem_no, papers=[paper("DG-101")]
    )
    application.approve_problem(city.acting(LEADING_GROUP), problem_no, decision=DECISION)
