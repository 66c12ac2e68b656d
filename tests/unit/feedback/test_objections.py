"""申诉: T06 to T09."""

from datetime import date
from typing import Any

import pytest

from services.feedback.domain.objections import ForeignUnitError, ObjectionWindowClosedError
from services.feedback.domain.problems import Problem, WrongProblemStateError
from shared.contracts.directory import Incumbent
from shared.contracts.feedback import (
    ObjectionDismissed,
    ObjectionRaised,
    ProblemAmended,
    ProblemState,
    ProblemWithdrawn,
)
from shared.kernel.actor import Actor
from shared.kernel.errors import GuardFailedError
from tests.support.in_memory import NOON
from tests.unit.feedback.yunlan import (
    AUTHOR,
    CASE,
    DECISION,
    DYKE,
    LEAD,
    LEADING_GROUP,
    PRINCIPAL,
    TODAY,
    WATER_BUREAU,
    Yunlan,
    after_feedback,
    application,
    before_feedback,
    paper,
)

OBJECTION = f"{DYKE}-O1"
LAST_DAY, TOO_LATE = date(2026, 3, 12), date(2026, 3, 13)


def state_of(city: Yunlan) -> ProblemState:
    return city.uow.load(Problem, DYKE).state


def object_to(city: Yunlan, actor: Actor = PRINCIPAL, on: date = TODAY, **changes: Any) -> None:
    facts: dict[str, Any] = {
        "grounds": "资金已于去年拨付。",
        "evidence": ["e" * 64],
        "principal": WATER_BUREAU.principal,
    }
    application.raise_objection(city.acting(actor, on), DYKE, **{**facts, **changes})


class TestRaiseObjection:
    @pytest.mark.req("T06", "R090")
    @pytest.mark.parametrize("day", [TODAY, LAST_DAY])
    def test_contests_the_problem_inside_the_window(self, day: date) -> None:
        city = after_feedback()
        object_to(city, on=day)
        assert city.uow.recorded == [
            ObjectionRaised(
                problem_no=DYKE,
                case_no=CASE,
                objection_no=OBJECTION,
                grounds="资金已于去年拨付。",
                evidence=["e" * 64],
                raised_by=PRINCIPAL.person_ref,
            )
        ]
        assert state_of(city) is ProblemState.CONTESTED

    @pytest.mark.req("T06", "R090")
    def test_refuses_after_the_window(self) -> None:
        with pytest.raises(ObjectionWindowClosedError):
            object_to(after_feedback(), on=TOO_LATE)

    @pytest.mark.req("G06", "T06")
    @pytest.mark.parametrize("principal", [None, Incumbent(person_ref="p-new", since=NOON)])
    def test_refuses_whoever_is_not_the_principal_now(self, principal: Incumbent | None) -> None:
        with pytest.raises(GuardFailedError, match="G06"):
            object_to(after_feedback(), principal=principal)

    def test_refuses_the_principal_of_another_unit(self) -> None:
        stranger = PRINCIPAL.model_copy(update={"org": "o-forestry"})
        with pytest.raises(ForeignUnitError):
            object_to(after_feedback(), stranger)

    def test_refuses_before_the_feedback_and_while_one_is_under_review(self) -> None:
        for city in (before_feedback(), after_feedback().with_objection()):
            with pytest.raises(WrongProblemStateError):
                object_to(city)


class TestDismissObjection:
    @pytest.mark.req("T07", "R090")
    def test_lets_the_problem_stand(self) -> None:
        city = after_feedback().with_objection()
        dismiss(city)
        assert city.uow.recorded == [
            ObjectionDismissed(
                problem_no=DYKE,
                case_no=CASE,
                objection_no=OBJECTION,
                reasons="底稿属实",
                decision=DECISION,
            )
        ]
        assert state_of(city) is ProblemState.ISSUED

    def test_leaves_room_for_another_objection_inside_the_window(self) -> None:
        city = after_feedback().with_objection()
        dismiss(city)
        object_to(city)
        (event,) = city.uow.recorded
        assert isinstance(event, ObjectionRaised)
        assert event.objection_no == f"{DYKE}-O2"

    @pytest.mark.req("T07")
    def test_refuses_without_an_objection(self) -> None:
        with pytest.raises(WrongProblemStateError):
            dismiss(after_feedback())


class TestAmendProblem:
    @pytest.mark.req("T08", "R091")
    def test_makes_a_new_version_of_the_wording(self) -> None:
        city = after_feedback().with_objection()
        answer = amend(city)
        assert city.uow.recorded == [
            ProblemAmended(
                problem_no=DYKE,
                case_no=CASE,
                objection_no=OBJECTION,
                wording="部分堤防维护资金闲置。",
                wording_version=2,
                papers=[paper("DG-002")],
                decision=DECISION,
            )
        ]
        assert answer == {"wording_version": 2}
        assert state_of(city) is ProblemState.ISSUED

    @pytest.mark.req("T08", "G01")
    def test_refuses_a_wording_that_no_reviewed_paper_carries(self) -> None:
        own_review = [paper(reviewer=AUTHOR.person_ref)]
        with pytest.raises(GuardFailedError, match="G01"):
            amend(after_feedback().with_objection(), papers=own_review)

    @pytest.mark.req("T08")
    def test_refuses_without_an_objection(self) -> None:
        with pytest.raises(WrongProblemStateError):
            amend(after_feedback())


class TestWithdrawProblem:
    @pytest.mark.req("T09", "R090")
    def test_ends_the_problem(self) -> None:
        city = after_feedback().with_objection()
        withdraw(city)
        assert city.uow.recorded == [
            ProblemWithdrawn(
                problem_no=DYKE,
                case_no=CASE,
                objection_no=OBJECTION,
                reasons="证据充分",
                decision=DECISION,
            )
        ]
        assert state_of(city) is ProblemState.WITHDRAWN

    @pytest.mark.req("T09")
    def test_touches_no_lead(self) -> None:
        city = after_feedback().with_lead().with_objection()
        withdraw(city)
        assert len(city.acting(PRINCIPAL).store.streams[f"lead/{LEAD}"]) == 1

    @pytest.mark.req("T09", "G03")
    def test_refuses_without_the_decision_of_a_deciding_body(self) -> None:
        with pytest.raises(GuardFailedError, match="G03"):
            withdraw(after_feedback().with_objection(), forum="TL")

    @pytest.mark.req("T09")
    def test_is_final(self) -> None:
        city = after_feedback().with_objection()
        withdraw(city)
        with pytest.raises(WrongProblemStateError):
            object_to(city)


def dismiss(city: Yunlan) -> None:
    application.dismiss_objection(
        city.acting(LEADING_GROUP), DYKE, reasons="底稿属实", decision=DECISION
    )


def amend(city: Yunlan, **changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"papers": [paper("DG-002")], "decision": DECISION}
    return application.amend_problem(
        city.acting(LEADING_GROUP), DYKE, wording="部分堤防维护资金闲置。", **{**facts, **changes}
    )


def withdraw(city: Yunlan, **changes: str) -> None:
    decision = DECISION.model_copy(update=changes)
    application.withdraw_problem(
        city.acting(LEADING_GROUP), DYKE, reasons="证据充分", decision=decision
    )
