"""Ways round the guards that somebody may try: another person, another organ, another order."""

from datetime import date
from typing import Any

import pytest

from services.supervision.domain.case import SameTeamLeaderError
from services.supervision.domain.evaluation import ResidualItemsLeftError, WaiverNotPossibleError
from services.supervision.domain.reopening import (
    CaseFileNotCheckedError,
    NotTheReceiverOfTheWatchError,
    WatchPeriodRunningError,
)
from services.supervision.domain.visits import NotThisUnitsSupervisorError
from shared.contracts import accountability, directory, feedback, rectification
from shared.contracts.base import Decision, Event
from shared.contracts.feedback import WorkingPaper
from shared.contracts.rectification import ResidualItem
from shared.contracts.supervision import (
    EntryPosted,
    GroupMember,
    Ledger,
    Milestone,
    ProblemState,
    ReopeningFinding,
    ReopeningGround,
    ShamKind,
    SupervisionStarted,
    UrgeIssued,
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
    RESIDENT,
    RESIDENT_TEAM,
    TEAM_LEADER,
    UNIT,
    YESTERDAY,
    Story,
    returns,
    types,
)

OTHER_LEADER = Actor(person_ref="p-other-leader", org="yunlan-team-2", role=Role.TL)
SUCCESSOR = Actor(person_ref="p-next-leader", org="yunlan-team-1", role=Role.TL)
COOKS = Decision(document_no="YL-KITCHEN-1", decided_on=date(2026, 3, 1), forum="kitchen")
TOMORROW = Decision(document_no="YL-1", decided_on=date(2026, 3, 3), forum="leading-group")
OPEN_ITEM = ResidualItem(item_no="R1", matter="专账仍缺凭证")


def handover(number: int, unit: str | None = UNIT) -> rectification.HandoverRequired:
    return rectification.HandoverRequired(
        case_no=CASE, handover=number, incoming="p-new", problem_nos=[PROBLEM], unit=unit
    )


def handed_over(number: int) -> rectification.HandoverCompleted:
    return rectification.HandoverCompleted(
        case_no=CASE, handover=number, witness="p-office", unit=UNIT
    )


class TestWhoMayVisit:
    """T20, T21: G15."""

    @pytest.mark.req("G15")
    @pytest.mark.req("T20")
    def test_nobody_with_a_post_in_the_unit_is_sent_by_another_name(self) -> None:
        member = GroupMember(person_ref="p-deputy", org="yunlan-general-office")
        with pytest.raises(GuardFailedError, match="G15: a member holds a post"):
            Story().until_declared().does(
                JOINT_GROUP,
                "start_supervision",
                visit_no="v-1",
                members=[*MEMBERS, member],
                linked_office=LINKED,
                unit_people=["p-up-water", "p-deputy"],
            )

    @pytest.mark.req("G15")
    def test_the_record_names_who_sent_each_member(self) -> None:
        started = Story().until_declared().started().log[-1]
        assert isinstance(started, SupervisionStarted)
        assert started.group == MEMBERS

    @pytest.mark.req("G15")
    @pytest.mark.req("T21")
    def test_another_group_does_not_end_the_visit(self) -> None:
        other = JOINT_GROUP.model_copy(update={"org": "yunlan-other-group"})
        with pytest.raises(GuardFailedError, match="G15: another group"):
            Story().until_declared().started().completed(other)

    @pytest.mark.req("G16")
    @pytest.mark.req("T22")
    def test_nobody_of_the_unit_evaluates_it(self) -> None:
        own = PANEL.model_copy(update={"org": UNIT})
        story = Story().until_declared().started().completed()
        story.does(PRINCIPAL, "score_self", score=90)
        with pytest.raises(ForbiddenError):
            story.does(own, "score_panel", score=90)


class TestWhoMayFindSham:
    """T19: any supervisor, but of this unit."""

    @pytest.mark.req("T19")
    @pytest.mark.parametrize(
        "actor",
        [OTHER_LEADER, OFFICE_5, RESIDENT_TEAM.model_copy(update={"org": "yunlan-resident-9"})],
    )
    def test_refuses_other_units_supervisors(self, actor: Actor) -> None:
        with pytest.raises(NotThisUnitsSupervisorError):
            find_sham(Story().until_declared(), actor)

    @pytest.mark.req("T19")
    @pytest.mark.parametrize("actor", [TEAM_LEADER, OFFICE_3, RESIDENT_TEAM, INSPECTION_OFFICE])
    def test_this_units_supervisors_may(self, actor: Actor) -> None:
        assert types(find_sham(Story().until_declared(), actor)) == ["sham-rectification-found"]


def find_sham(story: Story, actor: Actor) -> list[Event]:
    return story.does(
        actor,
        "find_sham",
        kind=ShamKind.ON_PAPER,
        evidence=[PAPER],
        rectify_by=LATER,
        discipline_orgs={LINKED, RESIDENT},
    )


class TestResults:
    """T25, T47: nothing left over is lost, and a waiver is an exception."""

    @pytest.mark.req("T25")
    def test_a_later_pair_that_passed_leaves_no_items(self) -> None:
        story = Story().until_declared().first_pair().declared()
        story.started(OFFICE_3).completed(OFFICE_3).scored(90, OFFICE_3)
        with pytest.raises(ResidualItemsLeftError):
            story.does(
                OFFICE_3,
                "finalise_evaluation",
                scheme_version="s",
                items=[OPEN_ITEM],
                rectify_by=LATER,
                policy=POLICY,
            )

    @pytest.mark.req("T47")
    def test_a_returned_closing_is_not_answered_by_a_waiver(self) -> None:
        story = Story().until_applied()
        story.does(OFFICE_3, "return_closure", **returns())
        with pytest.raises(WaiverNotPossibleError):
            waive(story)

    @pytest.mark.req("T47")
    def test_is_not_waived_twice_in_a_cycle(self) -> None:
        story = Story().until_declared().first_pair()
        waive(story)
        story.applied()
        story.does(OFFICE_3, "return_closure", **returns())
        with pytest.raises(WaiverNotPossibleError):
            waive(story)

    @pytest.mark.req("T47")
    @pytest.mark.req("G17")
    @pytest.mark.parametrize("decision", [COOKS, TOMORROW])
    def test_a_waiver_rests_on_a_decision_that_was_taken(self, decision: Decision) -> None:
        with pytest.raises(GuardFailedError, match="G17"):
            waive(Story().until_declared().first_pair(), decision)


def waive(story: Story, decision: Decision = DECISION) -> list[Event]:
    return story.does(LEADING_GROUP, "waive_second_round", reason="机构改革", decision=decision)


class TestClosing:
    """T31: what changed between the application and the second signature."""

    @pytest.mark.req("G20")
    @pytest.mark.req("INV-13")
    @pytest.mark.req("T31")
    def test_an_open_handover_blocks_the_signatures(self) -> None:
        story = Story().until_approved()
        story.hears(handover(1), f"case/{CASE}")
        with pytest.raises(GuardFailedError, match="G20"):
            story.countersigns(OFFICE_3)

        story.hears(handed_over(1), f"case/{CASE}")
        story.countersigns(OFFICE_3)
        assert "problem-closed" in types(story.countersigns(TEAM_LEADER))

    @pytest.mark.req("G20")
    def test_a_later_handover_is_not_ended_by_the_one_before(self) -> None:
        story = Story().until_approved()
        story.hears(handover(1), f"case/{CASE}")
        story.hears(handover(2), f"case/{CASE}")
        story.hears(handed_over(1), f"case/{CASE}")
        with pytest.raises(GuardFailedError, match="G20"):
            story.countersigns(OFFICE_3)

    @pytest.mark.req("G20")
    def test_an_old_message_without_a_unit_counts_for_the_cases_unit(self) -> None:
        story = Story().until_approved()
        story.hears(handover(1, unit=None), f"case/{CASE}")
        with pytest.raises(GuardFailedError, match="G20"):
            story.countersigns(OFFICE_3)

    @pytest.mark.req("G24")
    @pytest.mark.req("T31")
    def test_an_objection_raised_since_blocks_the_signatures(self) -> None:
        story = Story().until_approved()
        story.hears(objection(), f"problem/{PROBLEM}")
        with pytest.raises(GuardFailedError, match="G24"):
            story.countersigns(OFFICE_3)

    @pytest.mark.req("T27")
    @pytest.mark.req("T39")
    def test_an_application_that_overtook_a_return_is_noted_and_waits_for_nobody(self) -> None:
        story = Story().until_applied()
        story.does(OFFICE_3, "return_closure", **returns())
        story.applied()
        assert story.review.state is ProblemState.RE_RECTIFYING


def objection() -> feedback.ObjectionRaised:
    return feedback.ObjectionRaised(
        problem_no=PROBLEM,
        case_no=CASE,
        objection_no=f"{PROBLEM}-O1",
        grounds="资金已拨付",
        evidence=[PAPER],
        raised_by=PRINCIPAL.person_ref,
    )


class TestTeamLeader:
    """A12: the leading group appoints a successor, who then signs."""

    def replaced(self, **changes: Any) -> Story:
        story = Story().until_approved()
        facts = {"successor": SUCCESSOR.person_ref, "reason": "组长调离", "decision": DECISION}
        story.does(LEADING_GROUP, "replace_team_leader", CASE, **{**facts, **changes})
        return story

    @pytest.mark.req("G22")
    @pytest.mark.req("T31")
    def test_the_successor_signs_and_the_former_no_longer(self) -> None:
        story = self.replaced()
        story.countersigns(OFFICE_3)
        with pytest.raises(GuardFailedError, match="G22"):
            story.countersigns(TEAM_LEADER)
        assert "problem-closed" in types(story.countersigns(SUCCESSOR))

    @pytest.mark.req("R196")
    def test_the_successor_is_accountable_in_the_initial_phase(self) -> None:
        assert self.replaced().case.supervisor == SUCCESSOR.person_ref

    @pytest.mark.req("G22")
    def test_rests_on_a_decision_and_names_somebody_else(self) -> None:
        with pytest.raises(GuardFailedError, match="G22"):
            self.replaced(decision=COOKS)
        with pytest.raises(SameTeamLeaderError):
            self.replaced(successor=TEAM_LEADER.person_ref)


class TestReopening:
    """T34, T36: G25, and what belongs to the watch."""

    @pytest.mark.req("G25")
    @pytest.mark.req("T34")
    @pytest.mark.parametrize("decision", [COOKS, TOMORROW])
    def test_rests_on_a_decision_that_was_taken(self, decision: Decision) -> None:
        with pytest.raises(GuardFailedError, match="G25"):
            Story().until_closed().does(
                LEADING_GROUP,
                "reopen",
                ground=ReopeningGround.LOOK_BACK,
                finding=ReopeningFinding.RELAPSE,
                finding_ref="F-1",
                decision=decision,
                items=[],
                rectify_by=LATER,
            )

    @pytest.mark.req("T33")
    def test_the_team_that_watches_the_unit_now_takes_the_watch(self) -> None:
        newer = RESIDENT_TEAM.model_copy(update={"org": "yunlan-resident-9"})
        story = Story().until_closed()
        facts: dict[str, Any] = {"resident_team": newer.org, "until": YESTERDAY}
        with pytest.raises(NotTheReceiverOfTheWatchError):
            story.does(RESIDENT_TEAM, "accept_watch", **facts)
        story.does(newer, "accept_watch", **facts)
        assert story.review.resident_team == newer.org

    @pytest.mark.req("T36")
    def test_the_file_is_sealed_after_the_watch_and_as_the_office_checked_it(self) -> None:
        story = Story().until_closed()
        story.does(RESIDENT_TEAM, "accept_watch", resident_team=RESIDENT, until=YESTERDAY)
        with pytest.raises(CaseFileNotCheckedError):
            story.does(RESIDENT_TEAM, "archive", documents=12)
        story.does(INSPECTION_OFFICE, "check_file", documents=11)
        with pytest.raises(CaseFileNotCheckedError):
            story.does(RESIDENT_TEAM, "archive", documents=12)

    @pytest.mark.req("T36")
    @pytest.mark.req("R232")
    def test_the_file_stays_open_while_the_watch_lasts(self) -> None:
        story = Story().until_closed()
        story.does(RESIDENT_TEAM, "accept_watch", resident_team=RESIDENT, until=LATER)
        story.does(INSPECTION_OFFICE, "check_file", documents=12)
        with pytest.raises(WatchPeriodRunningError):
            story.does(RESIDENT_TEAM, "archive", documents=12)


class TestUrging:
    """X06: as many urges as the policy says, then accountability."""

    def overdue(self, story: Story, version: int) -> UrgeIssued:
        event = rectification.RectificationOverdue(
            problem_no=PROBLEM,
            case_no=CASE,
            unit=UNIT,
            cycle=1,
            deadline_version=version,
            due=date(2026, 6, 30),
        )
        urge = story.hears(event, f"problem/{PROBLEM}")[-1]
        assert isinstance(urge, UrgeIssued)
        return urge

    @pytest.mark.req("X06")
    @pytest.mark.req("R185")
    def test_the_last_urge_says_that_they_are_exhausted(self) -> None:
        story = Story()
        story.hears(edition("yl-1", date(2026, 1, 1), 2), "policy/city:yunlan")
        story.hears(edition("yl-2", date(2026, 12, 1), 9), "policy/city:yunlan")
        story.issued().claimed().planned().rectifying()
        exhausted = [self.overdue(story, version).is_exhausted for version in (1, 2, 3, 4)]
        assert exhausted == [False, True, False, True]

    @pytest.mark.req("X06")
    def test_before_any_policy_is_known_none_is_the_last(self) -> None:
        story = Story().issued().claimed().planned().rectifying()
        assert not self.overdue(story, 1).is_exhausted


def edition(name: str, effective: date, levels: int) -> directory.PolicyEditionAdopted:
    return directory.PolicyEditionAdopted(
        edition=name, effective=effective, periods={}, numbers={"urge_levels": levels}
    )


class TestLedgers:
    """X05, X09, R165."""

    @pytest.mark.req("X05")
    @pytest.mark.req("T08")
    def test_an_amendment_stands_in_all_three_ledgers_and_settles_the_objection(self) -> None:
        story = Story().issued()
        story.hears(objection(), f"problem/{PROBLEM}")
        assert story.review.is_contested

        entry = story.hears(amended(), f"problem/{PROBLEM}")[0]

        assert isinstance(entry, EntryPosted)
        assert (entry.milestone, set(entry.ledgers)) == (Milestone.AMENDED, set(Ledger))
        assert not story.review.is_contested

    @pytest.mark.req("R165")
    def test_another_team_enters_nothing_into_the_teams_ledger(self) -> None:
        with pytest.raises(ForbiddenError):
            Story().issued().does(
                OTHER_LEADER, "post_entry", milestone=Milestone.CLAIMED, source_id="e-1"
            )

    @pytest.mark.req("X09")
    @pytest.mark.req("G19")
    def test_a_measure_makes_pursuit_known_and_disposal_not_yet(self) -> None:
        story = Story().issued(concerns=True)
        story.hears(measure(), "lead/L-T1R1-0001")
        assert (story.review.disposal_known, story.review.pursuit_known) == (False, True)


@pytest.mark.req("X09")
@pytest.mark.req("G19")
def test_while_another_lead_waits_disposal_is_not_known() -> None:
    story = Story().issued(concerns=True)
    concluded = accountability.LeadConcluded(
        lead_no="L-T1R1-0001",
        conclusion=accountability.LeadConclusion.FORM_1,
        problem_nos=[PROBLEM],
        pursuit_known=True,
        concluded_on=YESTERDAY,
        open_problem_nos=[PROBLEM],
    )
    story.hears(concluded, "lead/L-T1R1-0001")
    assert (story.review.disposal_known, story.review.pursuit_known) == (False, True)


def amended() -> feedback.ProblemAmended:
    return feedback.ProblemAmended(
        problem_no=PROBLEM,
        case_no=CASE,
        objection_no=f"{PROBLEM}-O1",
        wording="堤防维修资金未设专账",
        wording_version=2,
        papers=[WorkingPaper(paper_no="D-1", digest=PAPER, author="p-a", reviewer="p-b")],
        decision=DECISION,
    )


def measure() -> accountability.MeasureImposed:
    return accountability.MeasureImposed(
        measure_no="M-1",
        person_ref="p-finance",
        category=accountability.MeasureCategory.DISCIPLINE,
        measure="WARNING",
        round_no="T1R1",
        problem_nos=[PROBLEM],
    )


@pytest.mark.req("X11")
@pytest.mark.req("X12")
def test_a_closing_heard_after_the_reopening_cancels_nothing() -> None:
    story = Story().until_closed()
    closed = next(one for one in story.uow.store.log if one.record.type.endswith("problem-closed"))
    story.reopens()
    before = len(story.log)
    story.receives(closed)
    assert story.log[before:] == []
    assert PROBLEM not in story.case.settled
