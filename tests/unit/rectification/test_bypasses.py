"""Ways round the guards that somebody may try: another supervisor, another case, another order."""

from datetime import date
from typing import Any

import pytest

from services.rectification.domain.supervisor import NotTheAccountableSupervisorError
from shared.contracts import feedback, supervision
from shared.contracts.feedback import WorkingPaper
from shared.contracts.rectification import (
    CaseOpened,
    CaseProblem,
    HandoverRequired,
    ProblemState,
    ReRectificationOrdered,
    ResidualItem,
    TasksRevised,
)
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import GuardFailedError, InvalidValueError
from tests.unit.rectification.story import (
    CASE,
    DECISION,
    FLOOD,
    INCUMBENT,
    ISSUED_ON,
    MARCH,
    OFFICE,
    PRINCIPAL,
    RECTIFY_BY,
    WATER,
    Story,
)

TEAM_LEADER = Actor(person_ref="p-tl-3", org="o-team-3", role=Role.TL)
OTHER_LEADER = Actor(person_ref="p-tl-9", org="o-team-9", role=Role.TL)
LATER = date(2026, 8, 1)
SEEPAGE = ResidualItem(item_no="I7", matter="东闸台账缺页")


def extend(story: Story, actor: Actor) -> None:
    story.application.extend_deadline(story.as_(actor), FLOOD, rectify_by=LATER, reason="汛期停工")


def phase(name: supervision.Phase, supervisor: str) -> supervision.PhaseChanged:
    return supervision.PhaseChanged(
        case_no=CASE, phase=name, supervisor=supervisor, accepted_by="p-1"
    )


class TestWhoExtends:
    """T16, R135: the accountable supervisor of the phase, and nobody else."""

    @pytest.mark.req("T16")
    @pytest.mark.req("R135")
    def test_in_the_initial_phase_the_team_leader_in_person(self, story: Story) -> None:
        story.rectifying().hears(started())
        for stranger in (OTHER_LEADER, OFFICE):
            with pytest.raises(NotTheAccountableSupervisorError):
                extend(story, stranger)
        extend(story, TEAM_LEADER)
        assert story.problem().rectify_by == LATER

    @pytest.mark.req("T40")
    def test_when_the_phase_changes_the_former_supervisor_no_longer(self, story: Story) -> None:
        story.rectifying().hears(started())
        story.hears(phase(supervision.Phase.MIDDLE, OFFICE.org))
        with pytest.raises(NotTheAccountableSupervisorError):
            extend(story, TEAM_LEADER)
        extend(story, OFFICE)

    @pytest.mark.req("T16")
    def test_the_successor_of_the_team_leader(self, story: Story) -> None:
        story.rectifying().hears(started())
        story.hears(replaced())
        with pytest.raises(NotTheAccountableSupervisorError):
            extend(story, TEAM_LEADER)
        extend(story, OTHER_LEADER)

    @pytest.mark.req("T40")
    def test_the_phase_may_be_told_before_the_case_opens(self, story: Story) -> None:
        story.hears(started())
        extend(story.rectifying(), TEAM_LEADER)


def started() -> supervision.PhaseStarted:
    return supervision.PhaseStarted(
        case_no=CASE, phase=supervision.Phase.INITIAL, supervisor=TEAM_LEADER.person_ref
    )


def replaced() -> supervision.TeamLeaderReplaced:
    return supervision.TeamLeaderReplaced(
        case_no=CASE,
        former=TEAM_LEADER.person_ref,
        successor=OTHER_LEADER.person_ref,
        reason="组长调离",
        decision=DECISION,
    )


class TestClosing:
    """T26: nothing that waits elsewhere is overlooked."""

    @pytest.mark.req("G24")
    @pytest.mark.req("T26")
    @pytest.mark.req("T47")
    def test_what_an_evaluation_left_open_blocks_even_in_time(self, story: Story) -> None:
        story.declared().evaluated(items=[SEEPAGE])
        story.hears(
            supervision.ClosureEligible(
                problem_no=FLOOD, case_no=CASE, cycle=1, pairs=1, waived=True
            )
        )
        with pytest.raises(GuardFailedError, match="G24: 1 tasks"):
            story.apply_for_closing()

        story.complete("I7")
        story.application.pledge_authenticity(
            story.as_(PRINCIPAL), FLOOD, digest=story.problem().content, incumbent=INCUMBENT
        )
        story.apply_for_closing()
        assert story.problem().state is ProblemState.CLOSURE_APPLIED

    @pytest.mark.req("G20")
    @pytest.mark.req("T26")
    def test_a_handover_in_another_case_of_the_unit_blocks_too(self, story: Story) -> None:
        story.eligible()
        story.application.open_case(story.as_(OFFICE), other_case(), MARCH)
        story.uow.commit()
        required = HandoverRequired(
            case_no="YL-T1R1-U03", handover=1, incoming="p-up-water", problem_nos=[], unit=WATER
        )
        story.uow.given("case/YL-T1R1-U03", required)
        with pytest.raises(GuardFailedError, match="G20"):
            story.apply_for_closing()

    @pytest.mark.req("T27")
    @pytest.mark.req("T39")
    def test_a_return_counts_though_the_successor_applied_anew(self, story: Story) -> None:
        story.applied().principal_changes()
        story.principal_changes(incoming="p-up-water", outgoing="p-up-water-2")
        for party, actor in (("OUTGOING", PRINCIPAL), ("INCOMING", PRINCIPAL)):
            _sign(story, party, actor)
        story.complete_handover()
        story.apply_for_closing()
        assert story.problem().application == 2

        story.returned(SEEPAGE, application=1)

        assert isinstance(story.recorded[0], ReRectificationOrdered)
        assert story.problem().state is ProblemState.RE_RECTIFYING

    @pytest.mark.req("T27")
    def test_a_return_of_an_application_that_was_never_made_changes_nothing(
        self, story: Story
    ) -> None:
        story.applied().returned(SEEPAGE, application=2)
        assert story.problem().state is ProblemState.CLOSURE_APPLIED


def _sign(story: Story, party: Any, actor: Actor) -> None:
    story.application.sign_handover(
        story.as_(actor),
        CASE,
        party=party,
        substitute_reason=None,
        incumbent=INCUMBENT,
        upper_level="o-yunlan-gov",
    )


def other_case() -> CaseOpened:
    return CaseOpened(
        case_no="YL-T1R1-U03",
        round_no="YL-T1R1",
        unit=WATER,
        issued_on=ISSUED_ON,
        principal="p-up-water",
        plan_due=RECTIFY_BY,
        window_end=RECTIFY_BY,
        rectify_by=RECTIFY_BY,
        problems=[CaseProblem(problem_no="YL-T1R1-U03-001", category="FUNDS")],
    )


class TestAmendment:
    """X05: the work answers the new wording."""

    @pytest.mark.req("X05")
    @pytest.mark.req("T08")
    def test_revises_the_tasks_that_are_open_and_settles_the_objection(self, story: Story) -> None:
        story.rectifying().hears(amended(2))
        assert story.recorded[-1] == TasksRevised(
            problem_no=FLOOD,
            case_no=CASE,
            objection_no=f"{FLOOD}-O1",
            wording_version=2,
            work=["K1"],
        )
        assert story.problem().open_objections == 0

    @pytest.mark.req("X05")
    def test_the_same_wording_is_no_news(self, story: Story) -> None:
        story.rectifying().hears(amended(2))
        story.hears(amended(2))
        assert story.recorded == []

    @pytest.mark.req("X05")
    def test_may_come_before_the_case(self, story: Story) -> None:
        story.hears(amended(2))
        assert story.issued().problem().wording_version == 2


def amended(version: int) -> feedback.ProblemAmended:
    return feedback.ProblemAmended(
        problem_no=FLOOD,
        case_no=CASE,
        objection_no=f"{FLOOD}-O1",
        wording="防汛资金闲置一年",
        wording_version=version,
        papers=[WorkingPaper(paper_no="D-1", digest="a" * 64, author="p-a", reviewer="p-b")],
        decision=DECISION,
    )


@pytest.mark.req("T10")
def test_a_claim_is_not_dated_ahead(story: Story) -> None:
    story.issued()
    with pytest.raises(InvalidValueError):
        story.application.claim_problem(
            story.as_(PRINCIPAL),
            FLOOD,
            responsible_member="p-um-flood",
            claimed_on=date(2026, 3, 3),
            incumbent=INCUMBENT,
        )
