"""Following a problem: milestones in any order, ledgers and their differences, urges, disposal."""

from datetime import date
from typing import Any

import pytest

from services.supervision.domain.closure import LedgerDifferenceError
from services.supervision.domain.review import (
    EntryAlreadyPostedError,
    ImpossibleMilestoneError,
    WrongStateError,
)
from shared.contracts import accountability, feedback, rectification
from shared.contracts.supervision import Ledger, Milestone, ProblemState, UrgeIssued
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import ForbiddenError, UnavailableError
from tests.unit.supervision.stories import (
    CASE,
    DECISION,
    HANDLER,
    INSPECTION_OFFICE,
    LEADING_GROUP,
    PAPER,
    PRINCIPAL,
    PROBLEM,
    TEAM_LEADER,
    UNIT,
    Story,
    types,
)

RAISED = feedback.ObjectionRaised(
    problem_no=PROBLEM,
    case_no=CASE,
    objection_no="O-1",
    grounds="事实认定有出入",
    evidence=[PAPER],
    raised_by=PRINCIPAL.person_ref,
)
DISMISSED = feedback.ObjectionDismissed(
    problem_no=PROBLEM, case_no=CASE, objection_no="O-1", reasons="底稿充分", decision=DECISION
)
AMENDED = feedback.ProblemAmended(
    problem_no=PROBLEM,
    case_no=CASE,
    objection_no="O-1",
    wording="堤防维修资金未专账管理",
    wording_version=2,
    papers=[
        feedback.WorkingPaper(paper_no="W-1", digest=PAPER, author="p-tm-1", reviewer="p-tm-2")
    ],
    decision=DECISION,
)
WITHDRAWN = feedback.ProblemWithdrawn(
    problem_no=PROBLEM, case_no=CASE, objection_no="O-1", reasons="事实不成立", decision=DECISION
)


def overdue(version: int) -> rectification.RectificationOverdue:
    return rectification.RectificationOverdue(
        problem_no=PROBLEM,
        case_no=CASE,
        unit=UNIT,
        cycle=1,
        deadline_version=version,
        due=date(2026, 6, 30),
    )


@pytest.mark.req("R199")
class TestMilestones:
    def test_move_the_problem_along_the_chain(self) -> None:
        story = Story().issued()
        seen = [
            story.claimed().review.state,
            story.planned().review.state,
            story.rectifying().review.state,
            story.declared().review.state,
        ]
        assert seen == ["P4", "P5", "P6", "P7"]

    def test_a_claim_that_arrives_before_the_feedback_is_kept(self) -> None:
        assert Story().claimed().issued().review.state is ProblemState.CLAIMED

    def test_a_claim_that_arrives_after_the_plan_moves_nothing(self) -> None:
        story = Story().issued().planned().claimed()
        assert story.review.state is ProblemState.PLAN_UNDER_REVIEW

    def test_a_withdrawal_that_arrives_before_the_feedback_stays(self) -> None:
        story = Story()
        story.hears(WITHDRAWN, f"problem/{PROBLEM}")
        story.issued()
        assert story.review.state is ProblemState.WITHDRAWN
        assert story.case.settled == {PROBLEM}

    def test_an_impossible_declaration_is_parked_not_skipped(self) -> None:
        with pytest.raises(ImpossibleMilestoneError):
            Story().issued().declared()

    def test_a_milestone_of_an_unknown_case_waits(self) -> None:
        extended = rectification.DeadlineExtended(
            problem_no=PROBLEM,
            deadline_version=2,
            rectify_by=date(2026, 8, 1),
            reason="汛期施工暂停",
            approved_by="p-office",
        )
        with pytest.raises(UnavailableError):
            Story().hears(extended, f"problem/{PROBLEM}")

        story = Story().issued()
        story.hears(extended, f"problem/{PROBLEM}")
        assert story.review.rectify_by == date(2026, 8, 1)


@pytest.mark.req("R090")
@pytest.mark.req("T06")
class TestObjection:
    @pytest.mark.req("T07")
    @pytest.mark.req("T08")
    @pytest.mark.parametrize("settled", [DISMISSED, AMENDED])
    def test_is_a_flag_until_it_is_settled(self, settled: feedback.ObjectionDismissed) -> None:
        story = Story().issued()
        story.hears(RAISED, f"problem/{PROBLEM}")
        assert story.claimed().review.state is ProblemState.CONTESTED

        story.hears(settled, f"problem/{PROBLEM}")
        assert story.review.state is ProblemState.CLAIMED

    @pytest.mark.req("T09")
    def test_an_upheld_one_ends_the_problem(self) -> None:
        story = Story().issued()
        story.hears(RAISED, f"problem/{PROBLEM}")
        recorded = story.hears(WITHDRAWN, f"problem/{PROBLEM}")
        assert types(recorded) == ["entry-posted", "entry-cancelled"]
        assert story.review.state is ProblemState.WITHDRAWN


@pytest.mark.req("X06")
@pytest.mark.req("R185")
class TestUrge:
    def test_each_missed_deadline_is_one_level_higher(self) -> None:
        story = Story().issued().claimed().planned().rectifying()
        first = story.hears(overdue(1), f"problem/{PROBLEM}")
        second = story.hears(overdue(2), f"problem/{PROBLEM}")

        assert types(first) == ["entry-posted", "urge-issued"]
        levels = [event.level for event in first + second if isinstance(event, UrgeIssued)]
        assert levels == [1, 2]

    def test_waits_for_the_feedback(self) -> None:
        with pytest.raises(UnavailableError):
            Story().hears(overdue(1), f"problem/{PROBLEM}")


@pytest.mark.req("X09")
@pytest.mark.req("R214")
class TestDisposal:
    def test_keeps_only_that_it_is_known(self) -> None:
        story = Story().issued(concerns=True)
        story.lead_concluded(pursuit_known=False)
        assert (story.review.disposal_known, story.review.pursuit_known) == (True, False)

        decided = accountability.CaseDecided(
            accountability_no="A-1",
            problem_nos=[PROBLEM],
            severity="MINOR",
            measure="WARNING",
            legal_basis="regulation-1",
            basis_edition="2024",
            within_band=True,
            decided_by="p-dci",
            decided_on=date(2026, 5, 2),
        )
        story.hears(decided, "accountability-case/A-1")
        assert story.review.pursuit_known

    @pytest.mark.req("INV-16")
    def test_is_recorded_under_the_problems_number_not_the_leads(self) -> None:
        story = Story().issued(concerns=True)
        story.lead_concluded()
        assert story.uow.store.log[-1].record.correlation == PROBLEM

    @pytest.mark.req("INV-16")
    def test_a_lead_behind_an_ordinary_problem_leaves_no_trace(self) -> None:
        story = Story().issued()
        assert story.lead_concluded() == []

    def test_what_comes_before_the_feedback_is_kept(self) -> None:
        story = Story()
        story.lead_concluded()
        assert story.issued(concerns=True).review.disposal_known

    def test_the_same_again_records_nothing(self) -> None:
        story = Story().issued(concerns=True)
        story.lead_concluded()
        assert story.lead_concluded() == []


@pytest.mark.req("R163")
@pytest.mark.req("R164")
@pytest.mark.req("R165")
class TestLedgers:
    def posts(self, story: Story, actor: Actor) -> list[str]:
        facts: dict[str, Any] = {"milestone": Milestone.OVERDUE, "source_id": "letter-12"}
        return types(story.does(actor, "post_entry", **facts))

    def test_an_entry_in_one_ledger_makes_a_difference_and_moves_nothing(self) -> None:
        story = Story().until_applied()
        self.posts(story, HANDLER)

        assert story.review.state is ProblemState.CLOSURE_APPLIED
        assert story.review.ledger_differences() == {Ledger.TEAM: 1, Ledger.OFFICE: 1}

    @pytest.mark.req("T30")
    def test_a_difference_stops_the_approval_until_all_three_agree(self) -> None:
        story = Story().until_applied()
        story.accepts()
        self.posts(story, HANDLER)
        with pytest.raises(LedgerDifferenceError):
            story.does(INSPECTION_OFFICE, "approve_closure")

        self.posts(story, TEAM_LEADER)
        self.posts(story, INSPECTION_OFFICE)

        recorded = types(story.does(INSPECTION_OFFICE, "approve_closure"))
        assert recorded == ["ledgers-reconciled", "closure-office-approved"]

    def test_refuses_the_same_entry_twice(self) -> None:
        story = Story().issued()
        self.posts(story, HANDLER)
        with pytest.raises(EntryAlreadyPostedError):
            self.posts(story, HANDLER)

    def test_refuses_who_keeps_no_ledger_of_it(self) -> None:
        neighbour = Actor(person_ref="p-uh-forest", org="yunlan-forest-bureau", role=Role.UH)
        for stranger in (LEADING_GROUP, neighbour):
            with pytest.raises(ForbiddenError):
                self.posts(Story().issued(), stranger)

    def test_refuses_a_problem_not_yet_fed_back(self) -> None:
        with pytest.raises(WrongStateError):
            self.posts(Story().claimed(), INSPECTION_OFFICE)
