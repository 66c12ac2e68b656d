from datetime import date

import pytest

from services.rectification.domain.problem import (
    NilItemsUnconfirmedError,
    NothingToConfirmError,
    WorkOpenError,
)
from services.rectification.domain.work import WrongStateError
from shared.contracts import supervision
from shared.contracts.rectification import (
    AuthenticityPledged,
    CompletionVoided,
    OrderCause,
    PledgeVoided,
    ProblemDeclaredRectified,
    ProblemState,
    ReRectificationOrdered,
    ResidualItem,
)
from shared.contracts.rectification_content import content_digest
from shared.kernel.errors import GuardFailedError
from tests.unit.rectification.story import (
    CASE,
    FLOOD,
    HANDLER,
    INCUMBENT,
    NEW_INCUMBENT,
    PRINCIPAL,
    Story,
)

LEAK = ResidualItem(item_no="I1", matter="西闸仍渗水")


class TestDeclareRectified:
    @pytest.mark.req("T18")
    @pytest.mark.req("R140")
    def test_pledges_and_declares_on_one_digest(self, story: Story) -> None:
        story.declared()
        content = story.problem().content
        assert story.recorded == [
            AuthenticityPledged(problem_no=FLOOD, cycle=1, signatory="p-up-water", digest=content),
            ProblemDeclaredRectified(
                problem_no=FLOOD,
                case_no=CASE,
                cycle=1,
                declaration=1,
                declared_by="p-up-water",
                digest=content,
            ),
        ]

    @pytest.mark.req("T18")
    def test_refuses_while_a_task_is_open(self, story: Story) -> None:
        with pytest.raises(WorkOpenError, match="K1"):
            story.rectifying().declare()

    @pytest.mark.req("T18")
    def test_refuses_before_the_plan_is_approved(self, story: Story) -> None:
        with pytest.raises(WrongStateError):
            story.claimed().declare(digest="a" * 64)

    @pytest.mark.req("G06")
    def test_refuses_anybody_but_the_incumbent(self, story: Story) -> None:
        story.worked()
        for actor, incumbent in ((HANDLER, INCUMBENT), (PRINCIPAL, NEW_INCUMBENT)):
            with pytest.raises(GuardFailedError, match="G06"):
                story.application.declare_rectified(
                    story.as_(actor), FLOOD, digest=story.problem().content, incumbent=incumbent
                )

    @pytest.mark.req("G12")
    def test_refuses_the_first_declaration_without_the_meeting(self, story: Story) -> None:
        story.rectifying().complete()
        story.record_effect()
        story.archive()
        with pytest.raises(GuardFailedError, match="G12"):
            story.declare()

    @pytest.mark.req("G12")
    def test_refuses_it_while_the_meeting_is_not_reported(self, story: Story) -> None:
        story.rectifying().complete()
        story.record_effect()
        story.archive()
        story.application.hold_meeting(
            story.as_(PRINCIPAL), CASE, held_on=date(2026, 4, 1), incumbent=INCUMBENT
        )
        with pytest.raises(GuardFailedError, match="G12"):
            story.declare()

    @pytest.mark.req("G13")
    @pytest.mark.req("R120")
    def test_refuses_without_an_effect_or_a_document(self, story: Story) -> None:
        story.rectifying().complete()
        story.hold_and_report_meeting()
        with pytest.raises(GuardFailedError, match="G13: the effect list"):
            story.declare()
        story.record_effect()
        with pytest.raises(GuardFailedError, match="G13: the archive list"):
            story.declare()

    @pytest.mark.req("G14")
    def test_refuses_a_pledge_on_other_content(self, story: Story) -> None:
        stale = story.worked().problem().content
        story.archive("D2")
        with pytest.raises(GuardFailedError, match="G14"):
            story.declare(digest=stale)

    @pytest.mark.req("INV-14")
    def test_anybody_recomputes_the_digest_from_the_events(self, story: Story) -> None:
        digest = ""
        for stored in story.declared().uow.store.streams[f"problem/{FLOOD}"]:
            digest = content_digest(digest, stored.event)
        assert digest == story.problem().content


class TestOrderAfterEvaluation:
    @pytest.mark.req("T23")
    def test_follows_the_first_evaluation_even_when_passed(self, story: Story) -> None:
        story.declared().evaluated()
        assert story.recorded == [
            ReRectificationOrdered(
                problem_no=FLOOD,
                case_no=CASE,
                cycle=1,
                cause=OrderCause.EVALUATION,
                items=[],
                rectify_by=date(2026, 8, 31),
                deadline_version=2,
            )
        ]

    @pytest.mark.req("T24")
    def test_follows_a_failed_later_evaluation(self, story: Story) -> None:
        story.declared_again().evaluated(n=2, grade=supervision.Grade.FAIL, items=[LEAK])
        assert story.types == ["re-rectification-ordered"]
        assert story.problem().open_work == ["I1"]

    @pytest.mark.req("T25")
    def test_does_not_follow_a_passed_later_evaluation(self, story: Story) -> None:
        story.declared_again().evaluated(n=2)
        assert story.recorded == []

    def test_of_an_earlier_cycle_comes_too_late(self, story: Story) -> None:
        story.closed().reopened()
        story.evaluated(cycle=1)
        assert story.recorded == []

    @pytest.mark.req("T18")
    def test_leaves_items_that_block_the_next_declaration(self, story: Story) -> None:
        story.declared().evaluated(items=[LEAK])
        with pytest.raises(WorkOpenError, match="I1"):
            story.declare()
        story.complete("I1")
        story.declare()
        declared = story.recorded[-1]
        assert isinstance(declared, ProblemDeclaredRectified)
        assert declared.declaration == 2

    @pytest.mark.req("T23")
    def test_with_nothing_left_needs_a_nil_confirmation(self, story: Story) -> None:
        story.declared().evaluated()
        with pytest.raises(NilItemsUnconfirmedError):
            story.declare()
        story.confirm_nil_items()
        assert story.types == ["nil-items-confirmed"]
        story.declare()
        assert story.problem().state is ProblemState.DECLARED_RECTIFIED

    def test_with_items_left_has_nothing_nil_to_confirm(self, story: Story) -> None:
        story.declared().evaluated(items=[LEAK])
        with pytest.raises(NothingToConfirmError):
            story.confirm_nil_items()


class TestPledge:
    @pytest.mark.req("R140")
    def test_is_void_once_the_content_changes(self, story: Story) -> None:
        story.declared().evaluated(items=[LEAK])
        story.complete("I1")
        assert story.types == ["task-completed", "pledge-voided"]
        voided = story.recorded[-1]
        assert isinstance(voided, PledgeVoided)
        assert not voided.is_false

    @pytest.mark.req("R140")
    def test_is_voided_only_once(self, story: Story) -> None:
        story.declared().evaluated(items=[LEAK])
        story.complete("I1")
        story.archive("D2")
        assert story.types == ["document-archived"]


class TestShamRectification:
    @pytest.mark.req("T19")
    @pytest.mark.req("X08")
    @pytest.mark.req("R152")
    def test_voids_completion_and_pledge_and_returns_the_work(self, story: Story) -> None:
        story.declared().found_sham()
        pledge, completion, order = story.recorded
        assert isinstance(pledge, PledgeVoided)
        assert pledge.is_false
        assert isinstance(completion, CompletionVoided)
        assert isinstance(order, ReRectificationOrdered)
        assert (order.cause, order.rectify_by) == (OrderCause.SHAM, date(2026, 9, 30))
        assert story.problem().open_work == ["K1"]

    @pytest.mark.req("T19")
    def test_cannot_be_answered_by_declaring_once_more(self, story: Story) -> None:
        story.declared().found_sham()
        with pytest.raises(WorkOpenError):
            story.declare()

    @pytest.mark.req("T19")
    def test_found_while_the_work_runs_only_makes_the_pledge_false(self, story: Story) -> None:
        story.declared().evaluated(items=[LEAK])
        story.found_sham()
        assert story.types == ["pledge-voided"]

    def test_of_a_closed_problem_waits_for_its_reopening(self, story: Story) -> None:
        story.closed().found_sham()
        assert story.recorded == []
