from datetime import UTC, date, datetime

import pytest

from services.rectification.domain.work import WrongStateError
from shared.contracts import supervision
from shared.contracts.rectification import (
    ClosureApplied,
    ClosureReportSigned,
    OrderCause,
    ProblemState,
    ReRectificationOrdered,
    ResidualItem,
)
from shared.kernel.errors import GuardFailedError
from tests.unit.rectification.story import (
    CASE,
    FLOOD,
    HANDLER,
    INCUMBENT,
    NEW_INCUMBENT,
    PRINCIPAL,
    PUMPS,
    WATER,
    Story,
)
from tests.unit.rectification.test_claim import dismissal, objection

SEEPAGE = ResidualItem(item_no="I7", matter="东闸台账缺页")


def disposal(*, disposal_known: bool, pursuit_known: bool) -> supervision.DisposalNoted:
    return supervision.DisposalNoted(
        problem_no=PUMPS, disposal_known=disposal_known, pursuit_known=pursuit_known
    )


def eligible(pairs: int, *, waived: bool) -> supervision.ClosureEligible:
    return supervision.ClosureEligible(
        problem_no=FLOOD, case_no=CASE, cycle=1, pairs=pairs, waived=waived
    )


class TestSubmitClosureReport:
    @pytest.mark.req("T26")
    @pytest.mark.req("G21")
    @pytest.mark.req("R221")
    def test_signs_the_frozen_content_and_applies(self, story: Story) -> None:
        answer = story.eligible().apply_for_closing()
        digest = story.problem().content
        assert story.recorded == [
            ClosureReportSigned(
                problem_no=FLOOD,
                cycle=1,
                signatory="p-up-water",
                incumbent_since=INCUMBENT.since,
                digest=digest,
            ),
            ClosureApplied(
                problem_no=FLOOD,
                case_no=CASE,
                unit=WATER,
                cycle=1,
                application=1,
                signatory="p-up-water",
                digest=digest,
            ),
        ]
        assert answer == {"cycle": 1, "application": 1}

    @pytest.mark.req("T25")
    def test_refuses_before_supervision_finds_it_eligible(self, story: Story) -> None:
        with pytest.raises(WrongStateError):
            story.declared_again().apply_for_closing()

    @pytest.mark.req("G06")
    @pytest.mark.req("R215")
    def test_refuses_a_delegate_and_a_former_principal(self, story: Story) -> None:
        story.eligible()
        with pytest.raises(GuardFailedError, match="G06"):
            story.apply_for_closing(actor=HANDLER)
        with pytest.raises(GuardFailedError, match="G06"):
            story.apply_for_closing(incumbent=NEW_INCUMBENT)

    @pytest.mark.req("G14")
    def test_refuses_a_void_pledge_until_it_is_given_anew(self, story: Story) -> None:
        story.eligible().archive("D2")
        assert story.types == ["document-archived", "pledge-voided"]
        with pytest.raises(GuardFailedError, match="G14"):
            story.apply_for_closing()
        story.application.pledge_authenticity(
            story.as_(PRINCIPAL), FLOOD, digest=story.problem().content, incumbent=INCUMBENT
        )
        assert story.types == ["authenticity-pledged"]
        story.apply_for_closing()
        assert story.problem().state is ProblemState.CLOSURE_APPLIED

    @pytest.mark.req("G17")
    @pytest.mark.req("R216")
    def test_refuses_a_single_pair_without_a_waiver(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match="G17"):
            story.eligible(pairs=1).apply_for_closing()

    @pytest.mark.req("G17")
    @pytest.mark.req("T47")
    def test_accepts_a_single_pair_with_a_waiver(self, story: Story) -> None:
        story.declared().evaluated()
        story.hears(eligible(1, waived=True))
        assert story.types == ["closure-eligibility-noted"]
        story.apply_for_closing()
        assert story.problem().state is ProblemState.CLOSURE_APPLIED

    @pytest.mark.req("G19")
    @pytest.mark.req("R214")
    def test_refuses_while_disposal_or_pursuit_is_unknown(self, story: Story) -> None:
        story.eligible(PUMPS)
        with pytest.raises(GuardFailedError, match="G19"):
            story.apply_for_closing(PUMPS)
        story.hears(disposal(disposal_known=True, pursuit_known=False))
        with pytest.raises(GuardFailedError, match="G19"):
            story.apply_for_closing(PUMPS)
        story.hears(disposal(disposal_known=True, pursuit_known=True))
        story.apply_for_closing(PUMPS)
        assert story.problem(PUMPS).state is ProblemState.CLOSURE_APPLIED

    @pytest.mark.req("G20")
    @pytest.mark.req("R141")
    def test_refuses_while_a_handover_is_open(self, story: Story) -> None:
        story.eligible().principal_changes()
        with pytest.raises(GuardFailedError, match="G20"):
            story.apply_for_closing(
                actor=PRINCIPAL.model_copy(update={"person_ref": "p-up-water-2"}),
                incumbent=NEW_INCUMBENT,
            )

    @pytest.mark.req("G21")
    def test_refuses_a_signature_on_other_content(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match="G21"):
            story.eligible().apply_for_closing(digest="0" * 64)

    @pytest.mark.req("G23")
    @pytest.mark.req("R128")
    def test_refuses_without_the_three_results(self, story: Story) -> None:
        story.rectifying().complete()
        story.hold_and_report_meeting()
        story.record_effect()
        story.archive()
        story.declare()
        story.evaluated()
        story.confirm_nil_items()
        story.declare()
        story.hears(eligible(2, waived=False))
        with pytest.raises(GuardFailedError, match="G23"):
            story.apply_for_closing()

    @pytest.mark.req("G24")
    def test_refuses_while_an_objection_is_open(self, story: Story) -> None:
        story.eligible().hears(objection())
        with pytest.raises(GuardFailedError, match="G24: 1 objections"):
            story.apply_for_closing()
        story.hears(dismissal())
        story.apply_for_closing()

    @pytest.mark.req("G24")
    @pytest.mark.req("R126")
    def test_refuses_while_a_blocker_is_open(self, story: Story) -> None:
        story.eligible()
        story.application.raise_blocker(
            story.as_(HANDLER), FLOOD, blocker_no="B1", cause="征地未批", help_needed="国土部门"
        )
        with pytest.raises(GuardFailedError, match="G24: 1 blockers"):
            story.apply_for_closing()

    @pytest.mark.req("G24")
    def test_refuses_overdue_work_even_after_a_waiver(self, story: Story) -> None:
        story.declared().evaluated(items=[SEEPAGE])
        story.hears(eligible(1, waived=True))
        with pytest.raises(GuardFailedError, match="G24: 1 tasks or residual items are open"):
            story.apply_for_closing(at=datetime(2026, 9, 1, tzinfo=UTC))


class TestReturnedClosing:
    @pytest.mark.req("T27")
    @pytest.mark.req("R217")
    def test_orders_the_work_again(self, story: Story) -> None:
        story.applied().returned(SEEPAGE)
        order = story.recorded[0]
        assert isinstance(order, ReRectificationOrdered)
        assert (order.cause, order.cycle) == (OrderCause.CLOSURE_RETURN, 1)
        assert order.rectify_by == date(2026, 10, 31)
        assert story.problem().open_work == ["I7"]

    @pytest.mark.req("R217")
    def test_gives_the_next_application_the_next_number(self, story: Story) -> None:
        story.applied().returned(SEEPAGE)
        story.complete("I7")
        story.declare()
        story.hears(eligible(3, waived=False))
        assert story.apply_for_closing() == {"cycle": 1, "application": 2}

    def test_of_another_application_comes_too_late(self, story: Story) -> None:
        story.applied().returned(SEEPAGE, application=2)
        assert story.recorded == []

    @pytest.mark.req("T39")
    def test_counts_even_when_the_signature_lapsed_meanwhile(self, story: Story) -> None:
        story.applied().principal_changes()
        story.returned(SEEPAGE)
        assert story.types == ["re-rectification-ordered"]


class TestClosedProblem:
    @pytest.mark.req("X11")
    def test_is_noted(self, story: Story) -> None:
        story.closed()
        assert story.types == ["closure-noted"]
        assert not story.problem().is_open

    @pytest.mark.req("T35")
    @pytest.mark.req("X12")
    @pytest.mark.req("R231")
    def test_begins_the_next_cycle_when_reopened(self, story: Story) -> None:
        story.closed().reopened(SEEPAGE)
        order = story.recorded[0]
        assert isinstance(order, ReRectificationOrdered)
        assert (order.cause, order.cycle, order.deadline_version) == (OrderCause.REOPENING, 2, 3)

    @pytest.mark.req("T35")
    def test_needs_a_new_pledge_and_new_pairs_in_the_new_cycle(self, story: Story) -> None:
        story.closed().reopened()
        problem = story.problem()
        assert (problem.pledge, problem.eligibility, problem.application) == (None, None, 0)
        story.confirm_nil_items()
        story.declare()
        assert story.types == ["authenticity-pledged", "problem-declared-rectified"]

    @pytest.mark.req("X12")
    def test_is_reopened_once_for_each_cycle(self, story: Story) -> None:
        story.closed().reopened()
        story.reopened()
        assert story.recorded == []
