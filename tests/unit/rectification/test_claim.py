from datetime import date

import pytest

from services.rectification.domain.problem import ContestedProblemError
from services.rectification.domain.work import WrongStateError
from shared.contracts import feedback
from shared.contracts.rectification import CaseOpened, ProblemClaimed, ProblemReceived, ProblemState
from shared.kernel.errors import GuardFailedError, InvalidValueError, NotFoundError
from tests.unit.rectification.story import (
    CASE,
    DECISION,
    EVIDENCE,
    FLOOD,
    HANDLER,
    INCUMBENT,
    NEW_INCUMBENT,
    PRINCIPAL,
    PUMPS,
    WATER,
    Story,
    feedback_issued,
)


def objection(no: str = "O1") -> feedback.ObjectionRaised:
    return feedback.ObjectionRaised(
        problem_no=FLOOD,
        case_no=CASE,
        objection_no=no,
        grounds="已整改",
        evidence=EVIDENCE,
        raised_by="p-up-water",
    )


def dismissal() -> feedback.ObjectionDismissed:
    return feedback.ObjectionDismissed(
        problem_no=FLOOD, case_no=CASE, objection_no="O1", reasons="无据", decision=DECISION
    )


def withdrawal() -> feedback.ProblemWithdrawn:
    return feedback.ProblemWithdrawn(
        problem_no=FLOOD, case_no=CASE, objection_no="O1", reasons="有据", decision=DECISION
    )


class TestOpenCase:
    @pytest.mark.req("X01")
    def test_opens_one_case_with_every_issued_problem(self, story: Story) -> None:
        story.issued()
        assert story.types == [
            "case-opened",
            "unit-case-noted",
            "problem-received",
            "problem-received",
        ]
        opened = story.recorded[0]
        assert isinstance(opened, CaseOpened)
        assert (opened.case_no, opened.unit) == (CASE, WATER)
        assert [problem.problem_no for problem in opened.problems] == [FLOOD, PUMPS]

    @pytest.mark.req("X01")
    def test_opens_it_only_once(self, story: Story) -> None:
        story.issued().issued()
        assert story.recorded == []

    @pytest.mark.req("X01")
    def test_tells_the_problem_that_it_concerns_a_person(self, story: Story) -> None:
        story.issued()
        received = story.recorded[-1]
        assert isinstance(received, ProblemReceived)
        assert received.concerns_person_or_matter

    def test_keeps_what_was_told_of_a_problem_before(self, story: Story) -> None:
        story.hears(objection())
        story.issued()
        assert story.problem().open_objections == 1
        assert story.problem().state is ProblemState.ISSUED


class TestClaimProblem:
    @pytest.mark.req("T10")
    @pytest.mark.req("R107")
    def test_records_the_claim_with_its_member_and_date(self, story: Story) -> None:
        story.issued().claim()
        assert story.recorded == [
            ProblemClaimed(
                problem_no=FLOOD,
                case_no=CASE,
                unit=WATER,
                claimed_by="p-up-water",
                responsible_member="p-um-flood",
                claimed_on=date(2026, 3, 2),
            )
        ]

    @pytest.mark.req("G06")
    def test_refuses_a_handler(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match="G06"):
            story.issued().claim(actor=HANDLER)

    @pytest.mark.req("G06")
    def test_refuses_a_former_principal(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match="G06"):
            story.issued().claim(incumbent=NEW_INCUMBENT)

    @pytest.mark.req("G06")
    def test_refuses_everybody_while_the_post_is_vacant(self, story: Story) -> None:
        with pytest.raises(GuardFailedError, match="no principal"):
            story.issued().claim(incumbent=None)

    @pytest.mark.req("G06")
    def test_refuses_a_principal_whose_term_has_not_begun(self, story: Story) -> None:
        later = INCUMBENT.model_copy(update={"since": story.uow.now.replace(year=2027)})
        with pytest.raises(GuardFailedError, match="not taken office"):
            story.issued().claim(incumbent=later)

    @pytest.mark.req("T10")
    def test_refuses_a_second_claim(self, story: Story) -> None:
        story.issued().claim()
        with pytest.raises(WrongStateError):
            story.claim()

    def test_refuses_a_problem_that_was_never_issued(self, story: Story) -> None:
        with pytest.raises(NotFoundError):
            story.claim()

    def test_refuses_a_claim_dated_before_the_feedback(self, story: Story) -> None:
        story.issued()
        with pytest.raises(InvalidValueError):
            story.application.claim_problem(
                story.as_(PRINCIPAL),
                FLOOD,
                responsible_member="p-um-flood",
                claimed_on=date(2026, 2, 1),
                incumbent=INCUMBENT,
            )

    def test_refuses_a_contested_problem(self, story: Story) -> None:
        story.issued().hears(objection())
        with pytest.raises(ContestedProblemError):
            story.claim()

    @pytest.mark.req("T07")
    def test_accepts_it_once_the_objection_is_dismissed(self, story: Story) -> None:
        story.issued().hears(objection())
        story.hears(dismissal())
        story.claim()
        assert story.types == ["problem-claimed"]


class TestWithdrawnProblem:
    @pytest.mark.req("X05")
    def test_stops(self, story: Story) -> None:
        story.claimed().hears(withdrawal())
        assert story.types == ["objection-noted", "problem-stopped"]

    @pytest.mark.req("X05")
    def test_stays_withdrawn_when_its_case_is_opened_late(self, story: Story) -> None:
        story.hears(withdrawal())
        story.hears(feedback_issued())
        assert story.problem().is_withdrawn
        with pytest.raises(WrongStateError):
            story.claim()

    @pytest.mark.req("X05")
    def test_stops_once(self, story: Story) -> None:
        story.issued().hears(withdrawal())
        story.hears(withdrawal())
        assert story.recorded == []
