from datetime import UTC, datetime, timedelta

import pytest

from services.rectification.domain.case import HandoverNotOpenError, HandoverSignatureError
from shared.contracts.rectification import (
    ClosureSignatureLapsed,
    HandoverCompleted,
    HandoverParty,
    HandoverRequired,
    ProblemState,
)
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import GuardFailedError
from tests.unit.rectification.story import (
    CASE,
    FLOOD,
    FORMER,
    MARCH,
    NEW_INCUMBENT,
    PRINCIPAL,
    PUMPS,
    SUCCESSOR,
    WATER,
    Story,
)

STAND_IN = Actor(person_ref="p-upp-1", org="o-yunlan-gov", role=Role.UPP)
NEXT_WEEK = MARCH + timedelta(days=7)


class TestPrincipalChanges:
    @pytest.mark.req("T37")
    @pytest.mark.req("X10")
    @pytest.mark.req("R141")
    def test_requires_the_handover_of_every_open_problem(self, story: Story) -> None:
        story.claimed().principal_changes()
        assert story.types == [
            "principal-change-noted",
            "principal-change-applied",
            "handover-required",
        ]
        assert story.recorded[-1] == HandoverRequired(
            case_no=CASE,
            handover=1,
            outgoing="p-up-water",
            incoming="p-up-water-2",
            problem_nos=[FLOOD, PUMPS],
            unit=WATER,
        )

    @pytest.mark.req("T37")
    def test_leaves_out_what_is_closed(self, story: Story) -> None:
        story.closed().principal_changes()
        required = story.recorded[-1]
        assert isinstance(required, HandoverRequired)
        assert required.problem_nos == [PUMPS]

    @pytest.mark.req("T39")
    @pytest.mark.req("R215")
    def test_lets_the_signature_of_a_pending_closing_lapse(self, story: Story) -> None:
        story.applied().principal_changes()
        assert story.recorded[-1] == ClosureSignatureLapsed(
            problem_no=FLOOD,
            case_no=CASE,
            cycle=1,
            application=1,
            former_signatory="p-up-water",
        )
        assert story.problem().state is ProblemState.CLOSURE_ELIGIBLE

    @pytest.mark.req("T39")
    def test_confirming_the_acting_principal_changes_nothing(self, story: Story) -> None:
        story.applied().principal_changes(incoming="p-up-water")
        assert story.types == ["principal-change-noted", "principal-change-applied"]

    @pytest.mark.req("T37")
    def test_waits_until_the_change_takes_effect(self, story: Story) -> None:
        story.claimed().principal_changes(effective=NEXT_WEEK)
        assert story.types == ["principal-change-noted"]
        early = story.as_(PRINCIPAL, NEXT_WEEK - timedelta(seconds=1))
        assert story.application.apply_due_changes(early, WATER) == 0
        assert story.application.apply_due_changes(story.as_(PRINCIPAL, NEXT_WEEK), WATER) == 1
        assert story.types == ["principal-change-applied", "handover-required"]
        assert story.application.apply_due_changes(story.as_(PRINCIPAL, NEXT_WEEK), WATER) == 0

    @pytest.mark.req("X10")
    def test_that_overtakes_the_case_is_handed_over_when_it_opens(self, story: Story) -> None:
        story.uow = story.uow.acting(at=NEXT_WEEK)
        story.principal_changes(effective=MARCH + timedelta(days=1))
        assert story.types == ["principal-change-noted", "principal-change-applied"]
        story.uow = story.uow.acting(at=MARCH)
        story.issued()
        required = story.recorded[1]
        assert isinstance(required, HandoverRequired)
        assert (required.outgoing, required.incoming) == ("p-up-water", "p-up-water-2")

    @pytest.mark.req("X10")
    def test_before_the_feedback_concerns_no_case(self, story: Story) -> None:
        story.principal_changes(effective=datetime(2026, 1, 1, tzinfo=UTC), incoming="p-up-water")
        story.issued()
        assert "handover-required" not in story.types

    @pytest.mark.req("X10")
    @pytest.mark.parametrize("incoming", ["p-up-water", "p-up-long-gone"])
    def test_from_before_the_feedback_but_heard_of_later_concerns_no_case(
        self, story: Story, incoming: str
    ) -> None:
        story.issued()
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        story.principal_changes(effective=long_ago, incoming=incoming, outgoing=None)
        assert story.types == ["principal-change-noted", "principal-change-applied"]
        assert not story.case().has_open_handover


class TestHandover:
    @pytest.mark.req("T38")
    @pytest.mark.req("R144")
    def test_is_complete_when_both_signed_and_the_office_witnessed(self, story: Story) -> None:
        story.claimed().principal_changes()
        story.sign_handover(HandoverParty.OUTGOING, FORMER)
        assert story.types == ["handover-signed"]
        story.sign_handover(HandoverParty.INCOMING, SUCCESSOR)
        story.complete_handover()
        assert story.recorded == [
            HandoverCompleted(case_no=CASE, handover=1, witness="p-off-1", unit=WATER)
        ]
        assert not story.case().has_open_handover

    @pytest.mark.req("T38")
    def test_is_not_witnessed_while_a_signature_is_missing(self, story: Story) -> None:
        story.claimed().principal_changes()
        story.sign_handover(HandoverParty.INCOMING, SUCCESSOR)
        with pytest.raises(HandoverSignatureError):
            story.complete_handover()

    def test_does_not_exist_without_a_change(self, story: Story) -> None:
        with pytest.raises(HandoverNotOpenError):
            story.claimed().complete_handover()

    @pytest.mark.req("T38")
    def test_a_substitute_signs_for_the_outgoing_with_a_reason(self, story: Story) -> None:
        story.claimed().principal_changes()
        with pytest.raises(HandoverSignatureError):
            story.sign_handover(HandoverParty.OUTGOING, STAND_IN)
        story.sign_handover(HandoverParty.OUTGOING, STAND_IN, reason="病休")
        assert story.types == ["handover-signed"]

    @pytest.mark.req("T38")
    def test_only_the_upper_level_may_stand_in(self, story: Story) -> None:
        story.claimed().principal_changes()
        for foreign in ({"org": "o-elsewhere"}, {"role": Role.UP}):
            with pytest.raises(HandoverSignatureError, match="upper-level"):
                story.sign_handover(
                    HandoverParty.OUTGOING, STAND_IN.model_copy(update=foreign), reason="病休"
                )

    def test_nobody_signs_for_both_sides(self, story: Story) -> None:
        story.claimed().principal_changes()
        with pytest.raises(HandoverSignatureError):
            story.sign_handover(HandoverParty.OUTGOING, SUCCESSOR, reason="代签")

    def test_each_side_signs_once(self, story: Story) -> None:
        story.claimed().principal_changes()
        story.sign_handover(HandoverParty.OUTGOING, FORMER)
        with pytest.raises(HandoverSignatureError):
            story.sign_handover(HandoverParty.OUTGOING, FORMER)

    @pytest.mark.req("G06")
    def test_the_incoming_signature_is_never_replaced(self, story: Story) -> None:
        story.claimed().principal_changes()
        with pytest.raises(GuardFailedError, match="G06"):
            story.sign_handover(HandoverParty.INCOMING, STAND_IN, reason="代签")

    @pytest.mark.req("T37")
    @pytest.mark.req("R143")
    def test_still_binds_the_first_outgoing_after_a_vacancy(self, story: Story) -> None:
        story.claimed().principal_changes(incoming=None)
        story.principal_changes(outgoing=None, incoming="p-up-water-2")
        required = story.recorded[-1]
        assert isinstance(required, HandoverRequired)
        assert (required.handover, required.outgoing) == (2, "p-up-water")

    @pytest.mark.req("T26")
    def test_frees_the_successor_to_apply_for_closing(self, story: Story) -> None:
        story.applied().principal_changes()
        story.sign_handover(HandoverParty.OUTGOING, FORMER)
        story.sign_handover(HandoverParty.INCOMING, SUCCESSOR)
        story.complete_handover()
        answer = story.apply_for_closing(actor=SUCCESSOR, incumbent=NEW_INCUMBENT)
        assert answer == {"cycle": 1, "application": 2}
