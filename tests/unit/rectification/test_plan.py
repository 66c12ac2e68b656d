import pytest

from services.rectification.domain.case import PlanUnderReviewError
from services.rectification.domain.plan import plan_digest
from shared.contracts import supervision
from shared.contracts.rectification import (
    MeasureKind,
    MeasureLevel,
    PlanSubmitted,
    ProblemState,
    RectificationStarted,
)
from shared.kernel.errors import GuardFailedError, TooLargeError
from tests.unit.rectification.story import (
    CASE,
    FLOOD,
    HANDLER,
    INCUMBENT,
    PUMPS,
    RECTIFY_BY,
    Story,
    measure,
    planned,
    task,
)
from tests.unit.rectification.test_claim import withdrawal


def returned(version: int = 1) -> supervision.PlanReturned:
    return supervision.PlanReturned(
        case_no=CASE,
        plan_version=version,
        body=supervision.ReviewingBody.ORGANISATION,
        remarks="措施三不具体",
    )


def approved(version: int = 1) -> supervision.PlanApproved:
    return supervision.PlanApproved(case_no=CASE, plan_version=version, digest="a" * 64)


class TestSubmitPlan:
    @pytest.mark.req("T12")
    @pytest.mark.req("R117")
    def test_submits_the_three_lists_under_one_digest(self, story: Story) -> None:
        answer = story.claimed().submit_plan()
        submitted = story.recorded[0]
        assert isinstance(submitted, PlanSubmitted)
        assert submitted.plan_version == 1
        assert submitted.digest == plan_digest(CASE, 1, [planned(FLOOD), planned(PUMPS)])
        assert answer == {"plan_version": 1, "digest": submitted.digest}

    @pytest.mark.req("G06")
    def test_refuses_a_handler(self, story: Story) -> None:
        story.claimed()
        with pytest.raises(GuardFailedError, match="G06"):
            story.application.submit_plan(
                story.as_(HANDLER), CASE, problems=[planned()], incumbent=INCUMBENT
            )

    @pytest.mark.req("G07")
    @pytest.mark.req("R108")
    def test_refuses_while_a_problem_is_not_claimed(self, story: Story) -> None:
        story.issued().claim(FLOOD)
        with pytest.raises(GuardFailedError, match=f"G07: not claimed: {PUMPS}"):
            story.submit_plan()

    @pytest.mark.req("G07")
    @pytest.mark.req("R134")
    def test_refuses_to_skip_a_problem(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match=f"G07: not planned: {PUMPS}"):
            story.claimed().submit_plan(planned(FLOOD))

    @pytest.mark.req("G07")
    def test_refuses_a_problem_of_another_case(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match="G07: not of this case: X-9"):
            story.claimed().submit_plan(planned(FLOOD), planned(PUMPS), planned("X-9"))

    @pytest.mark.req("G07")
    def test_refuses_a_problem_planned_twice(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match="G07: planned twice"):
            story.claimed().submit_plan(planned(FLOOD), planned(PUMPS), planned(FLOOD))

    @pytest.mark.req("G07")
    def test_asks_nothing_for_a_withdrawn_problem(self, story: Story) -> None:
        story.claimed().hears(withdrawal())
        story.submit_plan(planned(PUMPS))
        assert story.types == ["plan-submitted"]

    @pytest.mark.req("G08")
    @pytest.mark.req("R119")
    def test_refuses_a_task_without_a_matter(self, story: Story) -> None:
        idle = planned(tasks=[task(matter="  ")])
        with pytest.raises(GuardFailedError, match="G08"):
            story.claimed().submit_plan(idle, planned(PUMPS))

    @pytest.mark.req("G08")
    def test_refuses_one_task_number_twice(self, story: Story) -> None:
        double = planned(tasks=[task("K1"), task("K1")])
        with pytest.raises(GuardFailedError, match="G08"):
            story.claimed().submit_plan(double, planned(PUMPS))

    @pytest.mark.req("G09")
    @pytest.mark.req("R109")
    def test_refuses_a_plan_that_only_touches_subordinates(self, story: Story) -> None:
        below = planned(measures=[measure(level=MeasureLevel.SUBORDINATE)])
        with pytest.raises(GuardFailedError, match="G09"):
            story.claimed().submit_plan(below, planned(PUMPS))

    @pytest.mark.req("G09")
    @pytest.mark.req("R110")
    def test_refuses_a_sanction_in_place_of_rectification(self, story: Story) -> None:
        blame = planned(measures=[measure(is_sanction=True)])
        with pytest.raises(GuardFailedError, match="G09"):
            story.claimed().submit_plan(blame, planned(PUMPS))

    @pytest.mark.req("G10")
    @pytest.mark.req("R133")
    def test_refuses_a_plan_without_a_root_cause(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match="G10"):
            story.claimed().submit_plan(planned(root_cause=" "), planned(PUMPS))

    @pytest.mark.req("G10")
    @pytest.mark.req("R127")
    def test_refuses_symptoms_alone(self, story: Story) -> None:
        shallow = planned(measures=[measure(kind=MeasureKind.SYMPTOM)])
        with pytest.raises(GuardFailedError, match="G10"):
            story.claimed().submit_plan(shallow, planned(PUMPS))

    @pytest.mark.req("G10")
    def test_accepts_symptoms_alone_with_a_reason(self, story: Story) -> None:
        reasoned = planned(
            measures=[measure(kind=MeasureKind.SYMPTOM)], no_root_measure_reason="制度已于上月修订"
        )
        story.claimed().submit_plan(reasoned, planned(PUMPS))
        assert story.types == ["plan-submitted"]

    @pytest.mark.req("T12")
    def test_refuses_a_second_version_while_one_is_under_review(self, story: Story) -> None:
        story.claimed().submit_plan()
        with pytest.raises(PlanUnderReviewError):
            story.submit_plan()

    def test_refuses_a_plan_that_fits_into_no_record(self, story: Story) -> None:
        endless = planned(tasks=[task(f"K{n}", matter="堤" * 3000) for n in range(9)])
        with pytest.raises(TooLargeError):
            story.claimed().submit_plan(endless, planned(PUMPS))


class TestReviewedPlan:
    @pytest.mark.req("T13")
    def test_is_submitted_again_after_a_return(self, story: Story) -> None:
        story.claimed().submit_plan()
        story.hears(returned())
        assert story.types == ["plan-return-noted"]
        assert story.submit_plan()["plan_version"] == 2

    @pytest.mark.req("T13")
    def test_ignores_a_late_return_of_an_older_version(self, story: Story) -> None:
        story.claimed().submit_plan()
        story.hears(returned())
        story.submit_plan()
        story.hears(returned(version=1))
        assert story.recorded == []

    @pytest.mark.req("T14")
    def test_starts_every_problem_at_once_when_approved(self, story: Story) -> None:
        story.rectifying()
        assert story.types == [
            "plan-approval-noted",
            "rectification-started",
            "rectification-started",
        ]
        started = story.recorded[1]
        assert isinstance(started, RectificationStarted)
        assert started.has_own_level_measure
        assert (started.rectify_by, started.deadline_version) == (RECTIFY_BY, 1)
        assert story.problem().state is ProblemState.RECTIFYING

    @pytest.mark.req("T14")
    def test_does_not_start_what_was_withdrawn_meanwhile(self, story: Story) -> None:
        story.claimed().submit_plan()
        story.hears(withdrawal())
        story.hears(approved())
        assert story.types == ["plan-approval-noted", "rectification-started"]

    @pytest.mark.req("T14")
    def test_takes_no_version_after_its_approval(self, story: Story) -> None:
        story.rectifying()
        with pytest.raises(PlanUnderReviewError):
            story.submit_plan()

    @pytest.mark.req("T14")
    def test_starts_once(self, story: Story) -> None:
        story.rectifying().hears(approved())
        assert story.recorded == []
