"""问题: T01 to T04, each with its refusals."""

from datetime import date

import pytest

from services.feedback.domain.grounds import NotOfTheTeamError
from services.feedback.domain.issuing import FeedbackAlreadyIssuedError
from services.feedback.domain.problems import Problem, WrongProblemStateError
from services.feedback.domain.rounds import NotATargetError
from shared.contracts.feedback import (
    ProblemApproved,
    ProblemDrafted,
    ProblemDraftReturned,
    ProblemListed,
    ProblemState,
    ProblemSubstantiated,
    WorkingPaper,
)
from shared.kernel.actor import Actor
from shared.kernel.errors import ConflictError, GuardFailedError
from tests.unit.feedback.yunlan import (
    AUTHOR,
    CASE,
    DECISION,
    DYKE,
    LEADER,
    LEADING_GROUP,
    LEVY,
    OTHER_LEADER,
    REPORTS,
    REVIEWER,
    ROUND,
    WATER,
    Yunlan,
    after_feedback,
    application,
    paper,
)


def state_of(city: Yunlan, problem_no: str = DYKE) -> ProblemState:
    return city.uow.load(Problem, problem_no).state


class TestDraftProblem:
    @pytest.mark.req("T01", "R061", "R088")
    def test_writes_down_what_the_team_found(self) -> None:
        city = Yunlan().with_round().with_draft()
        assert city.uow.recorded == [
            ProblemDrafted(
                problem_no=DYKE,
                case_no=CASE,
                round_no=ROUND,
                unit=WATER,
                wording="堤防维护资金长期闲置。",
                category="CONSTRUCTION",
                cause="SUPERVISION_WEAK",
                nature="DUTY",
                drafter=AUTHOR.person_ref,
            )
        ]
        assert state_of(city) is ProblemState.DRAFTED

    @pytest.mark.req("T01")
    def test_refuses_a_case_that_the_round_does_not_inspect(self) -> None:
        with pytest.raises(NotATargetError):
            draft(Yunlan().with_round(), AUTHOR, case_no="YL-T1R1-U99")

    @pytest.mark.req("T01")
    def test_refuses_somebody_of_another_team(self) -> None:
        with pytest.raises(NotOfTheTeamError):
            draft(Yunlan().with_round(), OTHER_LEADER)

    @pytest.mark.req("R075")
    def test_refuses_a_problem_after_the_feedback(self) -> None:
        with pytest.raises(FeedbackAlreadyIssuedError):
            draft(after_feedback(), AUTHOR, problem_no="YL-T1R1-U01-003")

    def test_refuses_a_number_that_is_taken(self) -> None:
        with pytest.raises(ConflictError):
            Yunlan().with_round().with_draft().with_draft()


class TestSubstantiateProblem:
    @pytest.mark.req("T02", "G01", "R062")
    def test_rests_on_papers_that_a_second_person_reviewed(self) -> None:
        city = Yunlan().with_round().with_substantiated()
        assert city.uow.recorded == [
            ProblemSubstantiated(problem_no=DYKE, papers=[paper()], reviewer=REVIEWER.person_ref)
        ]
        assert state_of(city) is ProblemState.SUBSTANTIATED

    @pytest.mark.req("G01", "R061", "R062")
    @pytest.mark.parametrize(
        "papers",
        [
            [],
            [paper(reviewer=AUTHOR.person_ref)],
            [paper(author=REVIEWER.person_ref, reviewer=AUTHOR.person_ref)],
            [paper(), paper()],
        ],
        ids=["none", "own review", "reviewer is an author", "twice the same"],
    )
    def test_refuses_papers_that_carry_nothing(self, papers: list[WorkingPaper]) -> None:
        city = Yunlan().with_round().with_draft()
        with pytest.raises(GuardFailedError, match="G01"):
            application.substantiate_problem(city.acting(REVIEWER), DYKE, papers=papers)

    def test_refuses_somebody_of_another_team(self) -> None:
        city = Yunlan().with_round().with_draft()
        with pytest.raises(NotOfTheTeamError):
            application.substantiate_problem(city.acting(OTHER_LEADER), DYKE, papers=[paper()])

    def test_refuses_a_second_time(self) -> None:
        city = Yunlan().with_round().with_substantiated()
        with pytest.raises(WrongProblemStateError):
            application.substantiate_problem(city.acting(REVIEWER), DYKE, papers=[paper()])


class TestReturnDraft:
    @pytest.mark.req("T03")
    def test_gives_the_draft_back_with_a_reason(self) -> None:
        city = Yunlan().with_round().with_substantiated()
        application.return_draft(city.acting(LEADER), DYKE, reason="事实不清")
        assert city.uow.recorded == [ProblemDraftReturned(problem_no=DYKE, reason="事实不清")]
        assert state_of(city) is ProblemState.DRAFTED

    @pytest.mark.req("T03")
    def test_refuses_what_is_not_substantiated(self) -> None:
        city = Yunlan().with_round().with_draft()
        with pytest.raises(WrongProblemStateError):
            application.return_draft(city.acting(LEADER), DYKE, reason="事实不清")

    def test_refuses_the_leader_of_another_team(self) -> None:
        city = Yunlan().with_round().with_substantiated()
        with pytest.raises(NotOfTheTeamError):
            application.return_draft(city.acting(OTHER_LEADER), DYKE, reason="事实不清")


class TestApproveProblem:
    @pytest.mark.req("T04", "R065")
    def test_approves_and_lists_the_problem_at_once(self) -> None:
        city = Yunlan().with_round().with_reports().with_approved()
        assert city.uow.recorded == [
            ProblemApproved(problem_no=DYKE, decision=DECISION),
            ProblemListed(
                case_no=CASE,
                problem_no=DYKE,
                category="CONSTRUCTION",
                cause="SUPERVISION_WEAK",
                nature="DUTY",
            ),
        ]
        assert state_of(city) is ProblemState.APPROVED

    @pytest.mark.req("G01")
    def test_refuses_a_problem_without_papers(self) -> None:
        city = Yunlan().with_round().with_reports().with_draft()
        with pytest.raises(WrongProblemStateError):
            application.approve_problem(city.acting(LEADING_GROUP), DYKE, decision=DECISION)

    @pytest.mark.req("G02", "R063")
    def test_refuses_while_the_three_reports_are_missing(self) -> None:
        with pytest.raises(GuardFailedError, match="G02"):
            Yunlan().with_round().with_approved()

    @pytest.mark.req("G02", "R064")
    def test_refuses_while_an_item_stands_in_one_report_only(self) -> None:
        city = Yunlan().with_round()
        orphaned = REPORTS.model_copy(update={"orphans": 2})
        application.file_reports(city.acting(LEADER), CASE, round_no=ROUND, reports=orphaned)
        with pytest.raises(GuardFailedError, match="G02"):
            city.with_approved(LEVY)

    @pytest.mark.req("G03", "R066")
    @pytest.mark.parametrize(
        "change", [{"forum": "TL"}, {"decided_on": date(2026, 3, 3)}], ids=["forum", "future"]
    )
    def test_refuses_without_the_decision_of_a_deciding_body(
        self, change: dict[str, object]
    ) -> None:
        city = Yunlan().with_round().with_reports().with_substantiated()
        decision = DECISION.model_copy(update=change)
        with pytest.raises(GuardFailedError, match="G03"):
            application.approve_problem(city.acting(LEADING_GROUP), DYKE, decision=decision)


def draft(city: Yunlan, actor: Actor, *, case_no: str = CASE, problem_no: str = DYKE) -> None:
    application.draft_problem(
        city.acting(actor),
        problem_no,
        case_no=case_no,
        round_no=ROUND,
        wording="台账不实。",
        category="CONSTRUCTION",
        cause="LEDGER",
        nature="DUTY",
    )
