"""Pairs of supervision and evaluation: executors, scores, results, waiver, sham."""

from typing import Any

import pytest

from services.supervision.application.rules import PolicyParameterMissingError
from services.supervision.domain.evaluation import (
    AlreadyScoredError,
    ScoreOutsideItsDimensionsError,
    WaiverNotPossibleError,
)
from services.supervision.domain.review import WrongStateError
from shared.contracts import rectification
from shared.contracts.base import Event
from shared.contracts.evaluation import DimensionScores
from shared.contracts.supervision import (
    ClosureEligible,
    EvaluationFinalised,
    Executor,
    Grade,
    GroupMember,
    ProblemState,
    SelfScored,
    ShamKind,
    SupervisionStarted,
)
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ForbiddenError, GuardFailedError
from tests.unit.supervision.stories import (
    CASE,
    DECISION,
    INSPECTION_OFFICE,
    JOINT_GROUP,
    LATER,
    LEADING_GROUP,
    LINKED,
    MEMBERS,
    OFFICE_3,
    OFFICE_5,
    PANEL,
    PAPER,
    POLICY,
    PRINCIPAL,
    PROBLEM,
    TEAM_LEADER,
    UNIT,
    Story,
    types,
)


def starts(story: Story, actor: Actor, **facts: Any) -> list[Event]:
    given = {"visit_no": "v-1", "members": MEMBERS, "linked_office": LINKED}
    return story.does(actor, "start_supervision", **(given | facts))


def with_numbers(**numbers: int) -> Any:
    return POLICY.model_copy(update={"numbers": {**POLICY.numbers, **numbers}})


@pytest.mark.req("T20")
class TestStartSupervision:
    @pytest.mark.req("G15")
    @pytest.mark.req("R174")
    def test_the_joint_group_executes_the_first_pair(self) -> None:
        story = Story().until_declared()

        (started,) = starts(story, JOINT_GROUP)

        assert isinstance(started, SupervisionStarted)
        assert (started.n, started.executor) == (1, Executor.JOINT_GROUP)
        assert story.review.state is ProblemState.UNDER_SUPERVISION

    @pytest.mark.req("G18")
    @pytest.mark.req("R218")
    def test_the_linked_office_executes_the_second_pair(self) -> None:
        story = Story().until_declared().first_pair().declared()

        (started,) = starts(story, OFFICE_3)

        assert isinstance(started, SupervisionStarted)
        assert (started.n, started.executor_org) == (2, LINKED)

    @pytest.mark.req("G15")
    def test_refuses_a_member_from_the_checked_unit(self) -> None:
        insider = GroupMember(person_ref="p-insider", org=UNIT)
        with pytest.raises(GuardFailedError, match="G15"):
            starts(Story().until_declared(), JOINT_GROUP, members=[*MEMBERS, insider])

    @pytest.mark.req("G15")
    def test_refuses_an_empty_group_and_one_person_counted_twice(self) -> None:
        for members in ([], [MEMBERS[0], MEMBERS[0]]):
            with pytest.raises(GuardFailedError, match="G15"):
                starts(Story().until_declared(), JOINT_GROUP, members=members)

    @pytest.mark.req("G15")
    def test_refuses_the_linked_office_for_the_first_pair(self) -> None:
        with pytest.raises(GuardFailedError, match="G15"):
            starts(Story().until_declared(), OFFICE_3)

    @pytest.mark.req("G18")
    def test_refuses_the_joint_group_for_the_second_pair(self) -> None:
        with pytest.raises(GuardFailedError, match="G18"):
            starts(Story().until_declared().first_pair().declared(), JOINT_GROUP)

    @pytest.mark.req("G18")
    def test_refuses_an_office_that_is_not_linked_now(self) -> None:
        with pytest.raises(GuardFailedError, match="G18"):
            starts(Story().until_declared().first_pair().declared(), OFFICE_5)

    @pytest.mark.req("G18")
    def test_refuses_the_executor_of_pair_1_for_pair_2(self) -> None:
        story = Story().until_declared().first_pair().declared()
        linked_later = OFFICE_3.model_copy(update={"org": JOINT_GROUP.org})
        with pytest.raises(GuardFailedError, match="G18: the executor of pair 1"):
            story.does(
                linked_later,
                "start_supervision",
                visit_no="v-2",
                members=MEMBERS,
                linked_office=JOINT_GROUP.org,
            )

    @pytest.mark.req("G18")
    def test_refuses_the_linked_office_under_the_name_of_a_joint_group(self) -> None:
        both = JOINT_GROUP.model_copy(update={"org": LINKED})
        with pytest.raises(GuardFailedError, match="G18"):
            starts(Story().until_declared(), both)

    def test_refuses_before_the_unit_declared(self) -> None:
        with pytest.raises(WrongStateError):
            starts(Story().issued().claimed().planned().rectifying(), JOINT_GROUP)

    def test_refuses_the_next_pair_before_the_last_is_complete(self) -> None:
        with pytest.raises(WrongStateError):
            starts(Story().until_declared().started(), OFFICE_3)


@pytest.mark.req("T21")
@pytest.mark.req("R175")
class TestCompleteSupervision:
    def test_ends_the_visit(self) -> None:
        story = Story().until_declared().started().completed()
        assert story.review.state is ProblemState.UNDER_EVALUATION

    def test_refuses_another_group(self) -> None:
        with pytest.raises(ForbiddenError):
            Story().until_declared().started().completed(OFFICE_3)
        second = Story().until_declared().first_pair().declared().started(OFFICE_3)
        with pytest.raises(GuardFailedError, match="G18"):
            second.completed(OFFICE_5)

    def test_refuses_without_a_visit(self) -> None:
        with pytest.raises(WrongStateError):
            Story().until_declared().completed()


@pytest.mark.req("T22")
@pytest.mark.req("G16")
@pytest.mark.req("R203")
class TestScores:
    def test_self_panel_and_poll_are_taken(self) -> None:
        story = Story().until_declared().started().completed().scored(75)
        assert story.review.pair is not None
        assert story.review.pair.missing_scores == []

    def test_refuses_the_panel_before_the_unit(self) -> None:
        with pytest.raises(GuardFailedError, match="G16"):
            Story().until_declared().started().completed().does(PANEL, "score_panel", score=80)

    @pytest.mark.req("R201")
    def test_a_score_can_be_given_by_its_five_dimensions(self) -> None:
        story = Story().until_declared().started().completed()
        five = DimensionScores(
            deployment=90, plan=70, implementation=80, prevention=60, reporting=85
        )
        with pytest.raises(ScoreOutsideItsDimensionsError):
            story.does(PRINCIPAL, "score_self", score=91, dimensions=five)
        (told,) = story.does(PRINCIPAL, "score_self", score=78, dimensions=five)
        assert isinstance(told, SelfScored)
        assert told.dimensions == five

    def test_refuses_to_change_a_locked_score(self) -> None:
        story = Story().until_declared().started().completed().scored()
        for actor, use_case in ((PRINCIPAL, "score_self"), (PANEL, "score_panel")):
            with pytest.raises(AlreadyScoredError):
                story.does(actor, use_case, score=99)

    @pytest.mark.req("R204")
    def test_refuses_a_poll_below_the_minimum(self) -> None:
        story = Story().until_declared().started().completed()
        with pytest.raises(GuardFailedError, match="G16"):
            story.does(INSPECTION_OFFICE, "close_poll", score=80, respondents=4, policy=POLICY)

    def test_refuses_another_units_self_score(self) -> None:
        other = Actor(person_ref="p-up-forest", org="yunlan-forest-bureau", role=Role.UP)
        with pytest.raises(ForbiddenError):
            Story().until_declared().started().completed().does(other, "score_self", score=80)

    def test_refuses_the_panel_in_the_second_pair(self) -> None:
        story = Story().until_declared().first_pair().declared().started(OFFICE_3)
        story.completed(OFFICE_3)
        with pytest.raises(GuardFailedError, match="G18"):
            story.scored(80, PANEL)


@pytest.mark.req("R202")
class TestFinaliseEvaluation:
    @pytest.mark.req("T23")
    def test_a_perfect_first_pair_still_leads_to_rectification_again(self) -> None:
        story = Story().until_declared().started().completed().scored(100)

        (result,) = story.finalises()

        assert isinstance(result, EvaluationFinalised)
        assert (result.total, result.grade) == (10_000, Grade.PASS)
        assert story.review.state is ProblemState.RE_RECTIFYING

    @pytest.mark.req("T24")
    def test_a_failed_second_pair_leads_to_rectification_again(self) -> None:
        story = Story().until_declared().first_pair().next_pair(points=65)
        assert story.review.state is ProblemState.RE_RECTIFYING
        assert len(story.review.pairs) == 2

    @pytest.mark.req("T25")
    @pytest.mark.req("G17")
    def test_a_passed_second_pair_makes_closing_possible(self) -> None:
        story = Story().until_declared().first_pair().next_pair()
        last = story.log[-1]
        assert isinstance(last, ClosureEligible)
        assert (last.pairs, last.waived) == (2, False)
        assert story.review.state is ProblemState.CLOSURE_ELIGIBLE

    @pytest.mark.req("T24")
    def test_a_third_pair_makes_up_for_a_failed_second(self) -> None:
        story = Story().until_declared().first_pair().next_pair(points=65).next_pair()
        assert story.review.state is ProblemState.CLOSURE_ELIGIBLE

    @pytest.mark.req("G17")
    def test_two_pairs_are_not_enough_where_the_policy_wants_three(self) -> None:
        story = Story().until_declared().first_pair().declared()
        story.started(OFFICE_3).completed(OFFICE_3).scored(90, OFFICE_3)

        recorded = story.finalises(OFFICE_3, with_numbers(closure_min_pairs=3))

        assert types(recorded) == ["evaluation-finalised"]
        assert story.review.state is ProblemState.DECLARED_RECTIFIED

    @pytest.mark.req("R205")
    @pytest.mark.req("T41")
    def test_a_low_result_is_listed_for_look_back(self) -> None:
        story = Story().until_declared().started().completed().scored(59)
        assert types(story.finalises()) == ["evaluation-finalised", "look-back-listed"]

    @pytest.mark.req("G16")
    def test_refuses_while_a_score_is_missing(self) -> None:
        story = Story().until_declared().started().completed()
        story.does(PRINCIPAL, "score_self", score=80)
        story.does(PANEL, "score_panel", score=80)
        with pytest.raises(GuardFailedError, match="missing: poll"):
            story.finalises()

    @pytest.mark.req("G16")
    @pytest.mark.req("R200")
    def test_refuses_weights_that_do_not_sum_to_100(self) -> None:
        story = Story().until_declared().started().completed().scored()
        with pytest.raises(GuardFailedError, match="G16"):
            story.finalises(policy=with_numbers(weight_poll=40))

    def test_refuses_a_policy_without_weights(self) -> None:
        story = Story().until_declared().started().completed().scored()
        with pytest.raises(PolicyParameterMissingError):
            story.finalises(policy=POLICY.model_copy(update={"numbers": {}}))

    def test_the_record_names_the_policy_edition(self) -> None:
        story = Story().until_declared().started().completed().scored()
        story.finalises()
        assert story.uow.store.log[-1].record.policy == "yunlan-2026"

    @pytest.mark.req("G18")
    def test_refuses_another_office_in_the_second_pair(self) -> None:
        story = Story().until_declared().first_pair().declared()
        story.started(OFFICE_3).completed(OFFICE_3).scored(80, OFFICE_3)
        with pytest.raises(GuardFailedError, match="G18"):
            story.finalises(OFFICE_5)


@pytest.mark.req("T47")
@pytest.mark.req("R216")
class TestWaiveSecondRound:
    def waives(self, story: Story) -> list[str]:
        facts: dict[str, Any] = {"reason": "单位撤并在即", "decision": DECISION}
        return types(story.does(LEADING_GROUP, "waive_second_round", **facts))

    def test_makes_closing_possible_after_one_passed_pair(self) -> None:
        story = Story().until_declared().first_pair()
        assert self.waives(story) == ["second-round-waived", "closure-eligible"]
        assert story.applied().accepts() != []

    def test_a_declaration_on_its_way_comes_too_late(self) -> None:
        story = Story().until_declared().first_pair()
        self.waives(story)
        assert story.declared().review.state is ProblemState.CLOSURE_ELIGIBLE

    def test_refuses_after_a_failed_pair(self) -> None:
        with pytest.raises(WaiverNotPossibleError):
            self.waives(Story().until_declared().first_pair(points=50))

    def test_refuses_without_any_pair(self) -> None:
        with pytest.raises(WrongStateError):
            self.waives(Story().until_declared())


@pytest.mark.req("T19")
@pytest.mark.req("R152")
class TestFindSham:
    def finds(self, story: Story) -> list[str]:
        facts: dict[str, Any] = {
            "kind": ShamKind.ON_PAPER,
            "evidence": [PAPER],
            "rectify_by": LATER,
            "discipline_orgs": {LINKED},
        }
        return types(story.does(TEAM_LEADER, "find_sham", **facts))

    @pytest.mark.req("X08")
    def test_sends_a_declared_problem_back_at_once(self) -> None:
        story = Story().until_declared()
        assert self.finds(story) == ["sham-rectification-found"]
        assert story.review.state is ProblemState.RE_RECTIFYING

        story.hears(voided(), f"problem/{PROBLEM}")
        story.hears(ordered_again(), f"problem/{PROBLEM}")
        assert story.declared().review.state is ProblemState.DECLARED_RECTIFIED

    def test_refuses_where_nothing_was_declared(self) -> None:
        with pytest.raises(WrongStateError):
            self.finds(Story().issued())


def voided() -> Event:
    return rectification.CompletionVoided(
        problem_no=PROBLEM, case_no=CASE, cycle=1, finding="finding-1"
    )


def ordered_again() -> Event:
    return rectification.ReRectificationOrdered(
        problem_no=PROBLEM,
        case_no=CASE,
        cycle=1,
        cause=rectification.OrderCause.SHAM,
        items=[],
        rectify_by=LATER,
        deadline_version=2,
    )
