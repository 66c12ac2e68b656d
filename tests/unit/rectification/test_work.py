from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.rectification.domain.work import (
    AlreadyOnRecordError,
    LaterDeadlineRequiredError,
    WorkDoneError,
    WrongStateError,
)
from shared.contracts.rectification import (
    DeadlineExtended,
    InstitutionChange,
    InstitutionChanged,
    RectificationOverdue,
    Result,
    ResultStatus,
    TaskCompleted,
)
from shared.contracts.supervision import PhaseChanged
from shared.kernel.actor import Actor, Role, system_actor
from shared.kernel.errors import InvalidValueError, NotFoundError
from tests.unit.rectification.story import (
    CASE,
    EVIDENCE,
    FLOOD,
    HANDLER,
    OFFICE,
    RECTIFY_BY,
    WATER,
    Story,
)

TIMER = system_actor("rectification", "timer")
LAST_MINUTE = datetime(2026, 6, 30, 15, 59, tzinfo=UTC)  # 23:59 in China
NEXT_DAY = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)


def extend(story: Story, until: date, reason: str = "汛期停工") -> None:
    story.hears(
        PhaseChanged(case_no=CASE, phase="MIDDLE", supervisor="o-office", accepted_by="p-o")
    )
    story.application.extend_deadline(story.as_(OFFICE), FLOOD, rectify_by=until, reason=reason)


def mark_overdue(story: Story, at: datetime) -> bool:
    return story.application.mark_overdue(story.as_(TIMER, at), FLOOD)


class TestTasks:
    @pytest.mark.req("T15")
    def test_progress_and_completion_carry_evidence(self, story: Story) -> None:
        story.rectifying()
        story.application.progress_task(
            story.as_(HANDLER), FLOOD, task_no="K1", note="已清点", percent=40, evidence=EVIDENCE
        )
        assert story.types == ["task-progressed"]
        story.complete()
        assert story.recorded == [TaskCompleted(problem_no=FLOOD, task_no="K1", evidence=EVIDENCE)]

    @pytest.mark.req("T15")
    def test_refuses_work_before_the_plan_is_approved(self, story: Story) -> None:
        with pytest.raises(WrongStateError):
            story.claimed().complete()

    def test_refuses_an_unknown_task(self, story: Story) -> None:
        with pytest.raises(NotFoundError):
            story.rectifying().complete("K9")

    def test_refuses_to_complete_twice(self, story: Story) -> None:
        story.rectifying().complete()
        with pytest.raises(WorkDoneError):
            story.complete()

    def test_refuses_work_while_supervision_looks_at_it(self, story: Story) -> None:
        with pytest.raises(WrongStateError):
            story.declared().record_effect()


class TestDeadline:
    @pytest.mark.req("T16")
    def test_is_extended_with_a_reason_to_a_new_version(self, story: Story) -> None:
        extend(story.rectifying(), date(2026, 7, 31))
        assert story.recorded == [
            DeadlineExtended(
                problem_no=FLOOD,
                deadline_version=2,
                rectify_by=date(2026, 7, 31),
                reason="汛期停工",
                approved_by="p-off-1",
            )
        ]

    @pytest.mark.req("T16")
    @pytest.mark.parametrize(("until", "reason"), [(RECTIFY_BY, "晚"), (date(2026, 9, 1), " ")])
    def test_refuses_no_later_date_or_no_reason(
        self, story: Story, until: date, reason: str
    ) -> None:
        with pytest.raises(LaterDeadlineRequiredError):
            extend(story.rectifying(), until, reason)

    @pytest.mark.req("T16")
    def test_is_not_extended_after_the_declaration(self, story: Story) -> None:
        with pytest.raises(WrongStateError):
            extend(story.declared(), date(2026, 7, 31))

    @pytest.mark.req("T17")
    def test_does_not_pass_before_midnight_in_china(self, story: Story) -> None:
        assert not mark_overdue(story.rectifying(), LAST_MINUTE)
        assert story.recorded == []

    @pytest.mark.req("T17")
    @pytest.mark.req("R135")
    def test_is_said_to_have_passed_once(self, story: Story) -> None:
        assert mark_overdue(story.rectifying(), NEXT_DAY)
        assert story.recorded == [
            RectificationOverdue(
                problem_no=FLOOD,
                case_no=CASE,
                unit=WATER,
                cycle=1,
                deadline_version=1,
                due=RECTIFY_BY,
            )
        ]
        assert not mark_overdue(story, NEXT_DAY)
        assert story.recorded == []

    @pytest.mark.req("T17")
    def test_is_said_again_for_the_next_version(self, story: Story) -> None:
        mark_overdue(story.rectifying(), NEXT_DAY)
        extend(story, date(2026, 7, 31))
        assert mark_overdue(story, datetime(2026, 8, 1, tzinfo=UTC))
        overdue = story.recorded[0]
        assert isinstance(overdue, RectificationOverdue)
        assert (overdue.deadline_version, overdue.due) == (2, date(2026, 7, 31))

    @pytest.mark.req("T17")
    def test_does_not_run_while_others_have_the_problem(self, story: Story) -> None:
        assert not mark_overdue(story.declared(), NEXT_DAY)


class TestBlockers:
    @pytest.mark.req("R126")
    def test_are_raised_and_resolved(self, story: Story) -> None:
        story.rectifying()
        story.application.raise_blocker(
            story.as_(HANDLER), FLOOD, blocker_no="B1", cause="征地未批", help_needed="国土部门"
        )
        assert story.types == ["blocker-raised"]
        story.application.resolve_blocker(
            story.as_(Actor(person_ref="p-off-1", org="o-office", role=Role.OFF)),
            FLOOD,
            blocker_no="B1",
            solution="已批",
        )
        assert story.types == ["blocker-resolved"]

    def test_have_one_number_each(self, story: Story) -> None:
        story.rectifying()
        story.application.raise_blocker(
            story.as_(HANDLER), FLOOD, blocker_no="B1", cause="征地", help_needed="国土"
        )
        with pytest.raises(AlreadyOnRecordError):
            story.application.raise_blocker(
                story.as_(HANDLER), FLOOD, blocker_no="B1", cause="征地", help_needed="国土"
            )

    def test_are_resolved_only_when_open(self, story: Story) -> None:
        with pytest.raises(NotFoundError):
            story.rectifying().application.resolve_blocker(
                story.as_(HANDLER), FLOOD, blocker_no="B1", solution="已批"
            )


class TestResults:
    @pytest.mark.req("R128")
    def test_not_applicable_needs_a_reason(self, story: Story) -> None:
        with pytest.raises(InvalidValueError):
            story.rectifying().record_results(built=Result(status=ResultStatus.NOT_APPLICABLE))

    @pytest.mark.req("R128")
    def test_not_applicable_with_a_reason_counts(self, story: Story) -> None:
        silent = Result(status=ResultStatus.NOT_APPLICABLE, reason="制度已全")
        story.rectifying().record_results(built=silent)
        assert story.types == ["results-recorded"]

    @pytest.mark.req("R129")
    def test_a_loophole_is_closed_once_and_voids_an_older_pledge(self, story: Story) -> None:
        loophole: dict[str, Any] = {
            "loophole_no": "K1", "description": "拨付无复核", "evidence": EVIDENCE,
        }  # fmt: skip
        story.rectifying()
        before = story.problem().content
        story.application.close_loophole(story.as_(HANDLER), FLOOD, **loophole)
        assert story.types == ["loophole-closed"]
        assert story.problem().content != before
        with pytest.raises(AlreadyOnRecordError):
            story.application.close_loophole(story.as_(HANDLER), FLOOD, **loophole)

    @pytest.mark.req("R130")
    def test_a_rule_closes_known_loopholes_and_is_in_force(self, story: Story) -> None:
        story.rectifying()
        rule = InstitutionChanged(
            problem_no=FLOOD, change=InstitutionChange.NEW, document_no="ZD-1",
            title="防汛资金管理办法", effective_on=date(2026, 3, 1), digest="d" * 64,
        )  # fmt: skip
        change = story.application.change_institution
        with pytest.raises(NotFoundError):
            change(story.as_(HANDLER), FLOOD, rule.model_copy(update={"loophole_nos": ["K1"]}))
        later = rule.model_copy(update={"effective_on": date(2030, 1, 1)})
        with pytest.raises(InvalidValueError):
            change(story.as_(HANDLER), FLOOD, later)
        change(story.as_(HANDLER), FLOOD, rule)
        assert story.types == ["institution-changed"]
        with pytest.raises(AlreadyOnRecordError):
            change(story.as_(HANDLER), FLOOD, rule)

    @pytest.mark.req("R120")
    def test_effects_and_documents_fill_their_lists(self, story: Story) -> None:
        story.rectifying().record_effect()
        assert story.types == ["effect-recorded"]
        story.archive()
        assert story.types == ["document-archived"]
        with pytest.raises(AlreadyOnRecordError):
            story.archive()
