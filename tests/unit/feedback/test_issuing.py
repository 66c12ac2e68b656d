"""反馈: T05 with its guards, the four deliveries, and the copy notices."""

from datetime import date
from typing import Any

import pytest

from services.feedback.application import DepartmentRoute
from services.feedback.domain.deliveries import ProblemNotListedError
from services.feedback.domain.grounds import DateImplausibleError, NotOfTheTeamError
from services.feedback.domain.issuing import (
    AlreadyAnsweredError,
    FeedbackAlreadyIssuedError,
    FeedbackNotIssuedError,
    NothingToFeedBackError,
    NotTheRecipientError,
    ReportsAlreadyFiledError,
)
from shared.contracts.base import Event
from shared.contracts.feedback import (
    Attendance,
    CopyNoticeReplied,
    CopyNoticeSent,
    CopyRecipientKind,
    DeliveryComputed,
    DeliveryKind,
    DeliveryReceipted,
    FeedbackIssued,
    ProblemIssued,
    RecipientItems,
    ReportTripleFiled,
)
from shared.kernel.actor import Actor
from shared.kernel.errors import GuardFailedError, NotFoundError
from tests.unit.feedback.yunlan import (
    CASE,
    DATES,
    DYKE,
    EVERYBODY,
    FINANCE,
    FORMER,
    IN_CHARGE,
    LEADER,
    LEVY,
    OFFICE,
    OTHER_LEADER,
    PRINCIPAL,
    REPORTS,
    ROUND,
    SESSION,
    TO_FINANCE,
    TODAY,
    WATER,
    WATER_BUREAU,
    Yunlan,
    after_feedback,
    application,
    before_feedback,
)

DUE = date(2026, 4, 2)
DEVIATION = {"present": False, "deviation_reason": "出差", "approved_by": "p-lg-feng"}


def issue(city: Yunlan, actor: Actor = LEADER, **changes: Any) -> list[Event]:
    """Give the command with some of its facts changed; return what was recorded."""
    facts: dict[str, Any] = {
        "session": SESSION,
        "unit": WATER_BUREAU,
        "dates": DATES,
        "policy_edition": "YL-2026",
        "departments": TO_FINANCE,
    }
    application.issue_feedback(city.acting(actor), CASE, **{**facts, **changes})
    return city.uow.recorded


class TestFileReports:
    @pytest.mark.req("R063")
    def test_files_three_reports_in_one(self) -> None:
        assert Yunlan().with_round().with_reports().uow.recorded == [
            ReportTripleFiled(case_no=CASE, round_no=ROUND, unit=WATER, **REPORTS.model_dump())
        ]

    @pytest.mark.req("R064")
    def test_takes_them_again_while_orphans_are_left(self) -> None:
        city = Yunlan().with_round()
        orphaned = REPORTS.model_copy(update={"orphans": 1})
        application.file_reports(city.acting(LEADER), CASE, round_no=ROUND, reports=orphaned)
        city.with_reports()
        with pytest.raises(ReportsAlreadyFiledError):
            city.with_reports()

    def test_refuses_the_leader_of_another_team(self) -> None:
        city = Yunlan().with_round()
        with pytest.raises(NotOfTheTeamError):
            application.file_reports(
                city.acting(OTHER_LEADER), CASE, round_no=ROUND, reports=REPORTS
            )


class TestIssueFeedback:
    @pytest.mark.req("T05", "G05", "R075", "R076", "R084", "R085", "INV-10", "X03")
    def test_sends_everything_at_once(self) -> None:
        events = issue(before_feedback())
        assert [type(event) for event in events] == [
            FeedbackIssued, *[DeliveryComputed] * 4, *[CopyNoticeSent] * 2, *[ProblemIssued] * 2
        ]  # fmt: skip
        issued = events[0]
        assert isinstance(issued, FeedbackIssued)
        assert [problem.problem_no for problem in issued.problems] == [DYKE, LEVY]
        assert (issued.principal, issued.team_leader) == (PRINCIPAL.person_ref, LEADER.person_ref)
        assert (issued.plan_due, issued.rectify_by) == (DATES.plan_due, DATES.rectify_by)

    @pytest.mark.req("R080", "R081", "R082", "R083")
    def test_computes_the_four_deliveries(self) -> None:
        computed = [e for e in issue(before_feedback()) if isinstance(e, DeliveryComputed)]
        assert [(one.kind, one.recipients, one.problem_nos) for one in computed] == [
            (DeliveryKind.UNIT_AND_PRINCIPAL, [WATER, PRINCIPAL.person_ref], [DYKE, LEVY]),
            (DeliveryKind.UPPER_LEVEL, ["o-city"], [DYKE, LEVY]),
            (DeliveryKind.FORMER_PRINCIPALS, [FORMER.person_ref], [DYKE, LEVY]),
            (
                DeliveryKind.LEADERS_AND_DEPARTMENTS,
                [IN_CHARGE.person_ref, FINANCE.org],
                [LEVY],
            ),
        ]

    @pytest.mark.req("R081")
    def test_gives_a_former_principal_the_items_of_the_own_term(self) -> None:
        items = [RecipientItems(recipient=FORMER.person_ref, problem_nos=[LEVY])]
        events = issue(before_feedback(), former_items=items)
        former = [e for e in events if isinstance(e, DeliveryComputed) and e.only]
        assert [(one.kind, one.only) for one in former] == [(DeliveryKind.FORMER_PRINCIPALS, items)]

    @pytest.mark.req("R085", "R086", "R087", "R088")
    def test_sends_copy_notices_to_the_leader_in_charge_and_the_departments(self) -> None:
        notices = [e for e in issue(before_feedback()) if isinstance(e, CopyNoticeSent)]
        leader, finance = notices
        assert (leader.recipient_kind, leader.recipient, leader.problem_nos) == (
            CopyRecipientKind.LEADER_IN_CHARGE, IN_CHARGE.person_ref, [DYKE, LEVY]
        )  # fmt: skip
        assert (finance.recipient_kind, finance.recipient, finance.problem_nos) == (
            CopyRecipientKind.DEPARTMENT, FINANCE.org, [LEVY]
        )  # fmt: skip
        assert {notice.reply_due for notice in notices} == {DUE}
        assert leader.notice_no != finance.notice_no

    @pytest.mark.req("R073")
    def test_fixes_the_edition_of_the_policy_and_the_window_to_object(self) -> None:
        city = before_feedback()
        issue(city)
        assert {record.record.policy for record in city.uow.records} == {"YL-2026"}
        problems = [e for e in city.uow.recorded if isinstance(e, ProblemIssued)]
        assert {one.objection_until for one in problems} == {DATES.objection_until}

    @pytest.mark.req("G02")
    def test_refuses_without_reports(self) -> None:
        city = Yunlan().with_round()
        with pytest.raises(NotFoundError):
            issue(city)

    def test_refuses_an_empty_list(self) -> None:
        with pytest.raises(NothingToFeedBackError):
            issue(Yunlan().with_round().with_reports())

    @pytest.mark.req("G03")
    def test_refuses_a_decision_taken_after_the_feedback(self) -> None:
        late = SESSION.decision.model_copy(update={"decided_on": date(2026, 3, 3)})
        with pytest.raises(GuardFailedError, match="G03"):
            issue(before_feedback(), session=SESSION.model_copy(update={"decision": late}))

    @pytest.mark.req("G04", "R077", "R078")
    @pytest.mark.parametrize("missing", range(6))
    def test_refuses_when_a_category_is_not_accounted_for(self, missing: int) -> None:
        others = EVERYBODY[:missing] + EVERYBODY[missing + 1 :]
        with pytest.raises(GuardFailedError, match="G04"):
            issue(before_feedback(), session=SESSION.model_copy(update={"attendance": others}))

    @pytest.mark.req("G04", "R077")
    @pytest.mark.parametrize("lacking", ["deviation_reason", "approved_by"])
    def test_refuses_an_absence_without_reason_and_approver(self, lacking: str) -> None:
        with pytest.raises(GuardFailedError, match="G04"):
            issue(before_feedback(), session=with_absence({**DEVIATION, lacking: None}))

    @pytest.mark.req("G04", "R077")
    def test_takes_an_absence_with_reason_and_approver(self) -> None:
        assert issue(before_feedback(), session=with_absence(DEVIATION))

    @pytest.mark.req("G05", "R080", "R085")
    @pytest.mark.parametrize(
        "unknown", ["principal", "leader_in_charge", "linked_office", "resident_team"]
    )
    def test_refuses_when_something_has_nobody_to_go_to(self, unknown: str) -> None:
        unit = WATER_BUREAU.model_copy(update={unknown: None})
        with pytest.raises(GuardFailedError, match="G05"):
            issue(before_feedback(), unit=unit)

    @pytest.mark.req("R088")
    def test_refuses_a_route_for_a_problem_that_is_not_listed(self) -> None:
        stray = [DepartmentRoute(department=FINANCE.org, problem_nos=["YL-T1R1-U01-009"])]
        with pytest.raises(ProblemNotListedError):
            issue(before_feedback(), departments=stray)

    @pytest.mark.req("R075")
    def test_refuses_a_second_time(self) -> None:
        with pytest.raises(FeedbackAlreadyIssuedError):
            issue(after_feedback())

    def test_refuses_a_day_in_the_future(self) -> None:
        future = SESSION.model_copy(update={"issued_on": date(2026, 3, 3)})
        with pytest.raises(DateImplausibleError):
            issue(before_feedback(), session=future)

    @pytest.mark.req("R075")
    def test_refuses_the_leader_of_another_team(self) -> None:
        with pytest.raises(NotOfTheTeamError):
            issue(before_feedback(), OTHER_LEADER)


class TestConfirmDelivery:
    @pytest.mark.req("R080", "R081")
    @pytest.mark.parametrize("actor", [FORMER, OFFICE, LEADER])
    def test_is_confirmed_by_the_recipient_or_for_the_recipient(self, actor: Actor) -> None:
        city = after_feedback()
        confirm(city, actor)
        assert city.uow.recorded == [
            DeliveryReceipted(
                case_no=CASE,
                kind=DeliveryKind.FORMER_PRINCIPALS,
                recipient=FORMER.person_ref,
                received_on=TODAY,
            )
        ]

    def test_refuses_somebody_else(self) -> None:
        with pytest.raises(NotTheRecipientError):
            confirm(after_feedback(), PRINCIPAL)

    def test_refuses_a_recipient_of_another_delivery(self) -> None:
        with pytest.raises(NotTheRecipientError):
            confirm(after_feedback(), OFFICE, recipient=WATER)

    def test_refuses_a_second_time(self) -> None:
        city = after_feedback()
        confirm(city, FORMER)
        with pytest.raises(AlreadyAnsweredError):
            confirm(city, FORMER)

    def test_refuses_before_the_feedback(self) -> None:
        with pytest.raises(FeedbackNotIssuedError):
            confirm(before_feedback(), OFFICE)


class TestReplyToNotice:
    @pytest.mark.req("R087")
    @pytest.mark.parametrize(("number", "actor"), [("N01", IN_CHARGE), ("N02", FINANCE)])
    def test_is_answered_by_its_recipient(self, number: str, actor: Actor) -> None:
        city = after_feedback()
        reply(city, number, actor)
        (event,) = city.uow.recorded
        assert isinstance(event, CopyNoticeReplied)
        assert event.notice_no == f"{CASE}-{number}"

    @pytest.mark.req("R087")
    @pytest.mark.parametrize(("number", "actor"), [("N01", FINANCE), ("N02", IN_CHARGE)])
    def test_refuses_somebody_else(self, number: str, actor: Actor) -> None:
        with pytest.raises(NotTheRecipientError):
            reply(after_feedback(), number, actor)

    def test_refuses_a_second_answer(self) -> None:
        city = after_feedback()
        reply(city, "N01", IN_CHARGE)
        with pytest.raises(AlreadyAnsweredError):
            reply(city, "N01", IN_CHARGE)

    def test_refuses_a_number_that_was_never_sent(self) -> None:
        with pytest.raises(NotFoundError):
            reply(after_feedback(), "N09", IN_CHARGE)

    def test_refuses_a_day_before_the_feedback(self) -> None:
        with pytest.raises(DateImplausibleError):
            reply(after_feedback(), "N01", IN_CHARGE, on=date(2026, 3, 1))


def with_absence(changes: dict[str, Any]) -> Any:
    absent = Attendance.model_validate({**EVERYBODY[0].model_dump(), **changes})
    return SESSION.model_copy(update={"attendance": [absent, *EVERYBODY[1:]]})


def confirm(city: Yunlan, actor: Actor, recipient: str = FORMER.person_ref) -> None:
    application.confirm_delivery(
        city.acting(actor),
        CASE,
        kind=DeliveryKind.FORMER_PRINCIPALS,
        recipient=recipient,
        received_on=TODAY,
    )


def reply(city: Yunlan, number: str, actor: Actor, on: date = TODAY) -> None:
    application.reply_to_notice(
        city.acting(actor), CASE, f"{CASE}-{number}", reply="f" * 64, replied_on=on
    )
