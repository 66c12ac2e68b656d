"""A case: three ledgers, one accountable supervisor, the joint review, the closing."""

from typing import Any

import pytest

from services.supervision.domain.case import (
    AlreadyVotedError,
    CaseNotOpenError,
    NotTheNextSupervisorError,
    NotThisUnitsSupervisorError,
    PhaseOrderError,
    PlanNotUnderReviewError,
    RemarksMissingError,
)
from shared.contracts import feedback
from shared.contracts.supervision import Ledger, Phase, ProblemState, ReviewingBody
from shared.kernel.actor import Actor
from shared.kernel.errors import GuardFailedError
from tests.support.in_memory import delivered
from tests.unit.supervision.stories import (
    CASE,
    DECISION,
    FEEDBACK,
    INSPECTION_OFFICE,
    LATER,
    LINKED,
    OFFICE_3,
    OFFICE_5,
    ORGANISATION,
    OTHER_PROBLEM,
    PANEL,
    PAPER,
    PLAN,
    PROBLEM,
    RESIDENT,
    RESIDENT_TEAM,
    TEAM_LEADER,
    Story,
    types,
)


def votes(story: Story, actor: Actor, approves: bool = True, **facts: Any) -> list[str]:
    ballot = {
        "plan_version": 1,
        "digest": PLAN,
        "approves": approves,
        "remarks": None if approves else "逐条写明责任人",
        "discipline_orgs": {LINKED, RESIDENT},
    }
    return types(story.does(actor, "vote_on_plan", CASE, **(ballot | facts)))


@pytest.mark.req("X02")
@pytest.mark.req("R163")
@pytest.mark.req("R169")
class TestOpenLedgers:
    def test_one_feedback_opens_three_ledgers_the_initial_phase_and_the_reviews(self) -> None:
        story = Story()

        recorded = story.hears(FEEDBACK, f"feedback/{CASE}")

        assert types(recorded) == [
            "ledger-opened",
            "ledger-opened",
            "ledger-opened",
            "phase-started",
            "closure-review-opened",
            "entry-posted",
        ]
        assert story.case.ledgers == set(Ledger)
        assert story.case.supervisor == FEEDBACK.team_leader
        assert story.review.state is ProblemState.ISSUED

    def test_the_same_message_again_records_nothing(self) -> None:
        story = Story()
        message = delivered(FEEDBACK, stream=f"feedback/{CASE}")
        story.receives(message)

        assert story.receives(message) == []


@pytest.mark.req("R168")
@pytest.mark.req("R196")
@pytest.mark.req("T40")
class TestChangePhase:
    def change(self, story: Story, actor: Actor, phase: Phase) -> list[str]:
        facts: dict[str, Any] = {"phase": phase, "long_supervisors": {LINKED, RESIDENT}}
        return types(story.does(actor, "change_phase", CASE, **facts))

    @pytest.mark.req("R170")
    @pytest.mark.req("R171")
    def test_each_next_supervisor_takes_over(self) -> None:
        story = Story().issued()

        assert self.change(story, INSPECTION_OFFICE, Phase.MIDDLE) == ["phase-changed"]
        assert self.change(story, RESIDENT_TEAM, Phase.LONG) == ["phase-changed"]
        assert story.case.supervisor == RESIDENT

    def test_refuses_to_skip_the_middle(self) -> None:
        with pytest.raises(PhaseOrderError):
            self.change(Story().issued(), RESIDENT_TEAM, Phase.LONG)

    def test_refuses_who_is_not_the_next(self) -> None:
        story = Story().issued()
        with pytest.raises(NotTheNextSupervisorError):
            self.change(story, RESIDENT_TEAM, Phase.MIDDLE)
        self.change(story, INSPECTION_OFFICE, Phase.MIDDLE)
        with pytest.raises(NotTheNextSupervisorError):
            self.change(story, OFFICE_5, Phase.LONG)


@pytest.mark.req("G11")
@pytest.mark.req("R211")
class TestVoteOnPlan:
    @pytest.mark.req("T14")
    def test_three_approvals_of_one_version_approve_it(self) -> None:
        story = Story().issued().claimed().planned()

        assert votes(story, OFFICE_3) == ["plan-vote-cast"]
        assert votes(story, ORGANISATION) == ["plan-vote-cast"]
        assert votes(story, INSPECTION_OFFICE) == ["plan-vote-cast", "plan-approved"]
        assert story.rectifying().review.state is ProblemState.RECTIFYING

    @pytest.mark.req("T13")
    def test_one_disapproval_returns_it_to_claimed(self) -> None:
        story = Story().issued().claimed().planned()

        recorded = votes(story, ORGANISATION, approves=False)

        assert recorded == ["plan-vote-cast", "plan-returned", "entry-posted"]
        assert story.review.state is ProblemState.CLAIMED

    def test_a_new_version_needs_all_three_again(self) -> None:
        story = Story().issued().claimed().planned()
        votes(story, OFFICE_3)
        votes(story, ORGANISATION, approves=False)
        story.planned(version=2)

        votes(story, ORGANISATION, plan_version=2)
        votes(story, INSPECTION_OFFICE, plan_version=2)

        assert set(story.case.votes) == {ReviewingBody.ORGANISATION, ReviewingBody.INSPECTION}
        assert votes(story, RESIDENT_TEAM, plan_version=2)[-1] == "plan-approved"

    def test_refuses_other_content(self) -> None:
        with pytest.raises(GuardFailedError, match="G11"):
            votes(Story().issued().planned(), OFFICE_3, digest=PAPER)

    def test_refuses_another_version(self) -> None:
        with pytest.raises(PlanNotUnderReviewError):
            votes(Story().issued().planned(), OFFICE_3, plan_version=2)

    def test_refuses_a_role_that_is_none_of_the_bodies(self) -> None:
        with pytest.raises(GuardFailedError, match="G11"):
            votes(Story().issued().planned(), PANEL)

    def test_refuses_an_office_that_is_not_linked(self) -> None:
        with pytest.raises(NotThisUnitsSupervisorError):
            votes(Story().issued().planned(), OFFICE_5)

    def test_refuses_a_second_vote_of_one_body(self) -> None:
        story = Story().issued().planned()
        votes(story, OFFICE_3)
        with pytest.raises(AlreadyVotedError):
            votes(story, RESIDENT_TEAM)

    def test_refuses_a_return_without_remarks(self) -> None:
        with pytest.raises(RemarksMissingError):
            votes(Story().issued().planned(), OFFICE_3, approves=False, remarks=None)

    def test_refuses_before_the_feedback_arrived(self) -> None:
        with pytest.raises(CaseNotOpenError):
            votes(Story().planned(), OFFICE_3)


@pytest.mark.req("R121")
@pytest.mark.req("R167")
class TestCloseCase:
    def test_closes_with_the_last_item_after_the_meeting(self) -> None:
        story = Story().until_approved()
        story.meeting_reported()
        story.countersigns(OFFICE_3)

        recorded = types(story.countersigns(TEAM_LEADER))

        assert recorded[-3:] == ["long-term-watch-offered", "entry-cancelled", "case-closed"]

    @pytest.mark.req("R161")
    def test_waits_for_the_meeting(self) -> None:
        story = Story().until_closed()
        assert not story.case.is_closed
        assert types(story.meeting_reported()) == ["meeting-noted", "case-closed"]

    def test_waits_for_the_other_problem_until_it_is_withdrawn(self) -> None:
        story = Story().until_applied(problems=2)
        story.accepts()
        story.does(INSPECTION_OFFICE, "approve_closure")
        story.countersigns(OFFICE_3)
        story.countersigns(TEAM_LEADER)
        story.meeting_reported()
        assert not story.case.is_closed

        withdrawn = feedback.ProblemWithdrawn(
            problem_no=OTHER_PROBLEM,
            case_no=CASE,
            objection_no="O-1",
            reasons="事实不成立",
            decision=DECISION,
        )
        recorded = story.hears(withdrawn, f"problem/{OTHER_PROBLEM}")

        assert types(recorded) == ["entry-posted", "entry-cancelled", "case-closed"]

    @pytest.mark.req("R087")
    def test_waits_for_an_unanswered_copy_notice(self) -> None:
        story = Story().issued()
        story.hears(NOTICE_SENT, f"feedback/{CASE}")
        story.meeting_reported()
        story.claimed().planned().rectifying().declared().first_pair().next_pair().applied()
        story.accepts()
        story.does(INSPECTION_OFFICE, "approve_closure")
        story.countersigns(OFFICE_3)
        story.countersigns(TEAM_LEADER)
        assert not story.case.is_closed

        recorded = story.hears(NOTICE_REPLIED, f"feedback/{CASE}")

        assert types(recorded) == ["copy-notice-noted", "case-closed"]

    @pytest.mark.req("X12")
    def test_a_reopened_problem_opens_the_case_again(self) -> None:
        story = Story().until_closed()
        story.meeting_reported()

        assert types(story.reopens()) == ["problem-reopened", "entry-restored"]
        assert not story.case.is_closed
        assert PROBLEM not in story.case.settled


NOTICE_SENT = feedback.CopyNoticeSent(
    notice_no="N-1",
    case_no=CASE,
    recipient="p-leader-in-charge",
    recipient_kind=feedback.CopyRecipientKind.LEADER_IN_CHARGE,
    problem_nos=[PROBLEM],
    reply_due=LATER,
)
NOTICE_REPLIED = feedback.CopyNoticeReplied(
    notice_no="N-1", case_no=CASE, recipient="p-leader-in-charge", reply=PAPER, replied_on=LATER
)
