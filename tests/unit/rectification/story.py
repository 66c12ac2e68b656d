"""The water bureau of Yunlan (云岚市水利局) works off what the second round found."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from services.rectification.application import RectificationApplication
from services.rectification.domain.case import RectificationCase
from services.rectification.domain.closing import Problem
from services.rectification.policies import reactions
from shared.contracts import directory, feedback, supervision
from shared.contracts.base import Decision, Event
from shared.contracts.directory import Incumbent
from shared.contracts.rectification import (
    HandoverParty,
    Measure,
    MeasureKind,
    MeasureLevel,
    PlannedProblem,
    ResidualItem,
    Result,
    ResultStatus,
    RootCauseKind,
    Task,
)
from shared.eventstore.record import RecordedEvent
from shared.kernel.actor import Actor, Role
from tests.support.in_memory import InMemoryUnitOfWork, delivered

WATER = "o-yunlan-water"
CASE = "YL-T1R2-U03"
FLOOD = "YL-T1R2-U03-001"  # flood defence funds sat idle for two years
PUMPS = "YL-T1R2-U03-002"  # the pump house contract went to a cousin: concerns a person
ISSUED_ON = date(2026, 3, 2)
RECTIFY_BY = date(2026, 6, 30)
MARCH = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

PRINCIPAL = Actor(person_ref="p-up-water", org=WATER, role=Role.UP)
SUCCESSOR = Actor(person_ref="p-up-water-2", org=WATER, role=Role.UP)
FORMER = Actor(person_ref="p-up-water", org=WATER, role=Role.XP)
HANDLER = Actor(person_ref="p-uh-water", org=WATER, role=Role.UH)
OFFICE = Actor(person_ref="p-off-1", org="o-office", role=Role.OFF)

INCUMBENT = Incumbent(person_ref="p-up-water", since=datetime(2024, 1, 1, tzinfo=UTC))
NEW_INCUMBENT = Incumbent(person_ref="p-up-water-2", since=datetime(2026, 3, 1, tzinfo=UTC))

DECISION = Decision(document_no="YLXZ-2026-7", decided_on=date(2026, 2, 20), forum="LG")
EVIDENCE = ["e" * 64]
REPORT = "d" * 64
DONE = Result(status=ResultStatus.DONE)


def measure(**changes: Any) -> Measure:
    facts: dict[str, Any] = {
        "measure_no": "M1",
        "kind": MeasureKind.ROOT,
        "level": MeasureLevel.OWN_LEADERSHIP,
        "text": "资金按季度拨付并公示",
    }
    return Measure(**(facts | changes))


def task(task_no: str = "K1", **changes: Any) -> Task:
    facts: dict[str, Any] = {
        "task_no": task_no,
        "matter": "清理闲置资金",
        "post": "chief-engineer",
        "person": "p-um-dam",
        "leader": "p-um-flood",
        "department": "o-yunlan-water-plan",
        "deadline": date(2026, 6, 15),
    }
    return Task(**(facts | changes))


def planned(problem_no: str = FLOOD, **changes: Any) -> PlannedProblem:
    facts: dict[str, Any] = {
        "problem_no": problem_no,
        "root_cause_kind": RootCauseKind.MECHANISM,
        "root_cause": "拨付无时限",
        "measures": [measure()],
        "tasks": [task()],
    }
    return PlannedProblem(**(facts | changes))


def feedback_issued(**changes: Any) -> feedback.FeedbackIssued:
    facts: dict[str, Any] = {
        "case_no": CASE,
        "round_no": "YL-T1R2",
        "unit": WATER,
        "issued_on": ISSUED_ON,
        "forms": [feedback.FeedbackForm.COLLECTIVE],
        "decision": DECISION,
        "attendance": [],
        "principal": "p-up-water",
        "team_leader": "p-tl-3",
        "linked_office": "o-dso-2",
        "resident_team": "o-rdt-5",
        "plan_due": date(2026, 3, 31),
        "window_end": date(2026, 5, 31),
        "rectify_by": RECTIFY_BY,
        "problems": [issued_problem(FLOOD), issued_problem(PUMPS, concerns=True)],
    }
    return feedback.FeedbackIssued(**(facts | changes))


def issued_problem(problem_no: str, *, concerns: bool = False) -> feedback.IssuedProblem:
    return feedback.IssuedProblem(
        problem_no=problem_no,
        category="FUNDS",
        cause="MECHANISM",
        nature="GENERAL",
        concerns_person_or_matter=concerns,
    )


@dataclass
class Story:
    """Tells what happened so far; each chapter is one command or one delivered event."""

    application: RectificationApplication = field(default_factory=RectificationApplication)
    uow: InMemoryUnitOfWork = field(
        default_factory=lambda: InMemoryUnitOfWork("rectification", time=MARCH)
    )

    def as_(self, actor: Actor, at: datetime | None = None) -> InMemoryUnitOfWork:
        """Begin the next command; what it records is in `recorded`."""
        self.uow = self.uow.acting(actor, at)
        return self.uow

    @property
    def recorded(self) -> list[Event]:
        return self.uow.recorded

    @property
    def types(self) -> list[str]:
        return [event.TYPE.partition(".")[2] for event in self.recorded]

    def problem(self, problem_no: str = FLOOD) -> Problem:
        return self.uow.load(Problem, problem_no)

    def case(self) -> RectificationCase:
        return self.uow.load(RectificationCase, CASE)

    def hears(self, event: Event, at: datetime | None = None) -> RecordedEvent:
        """Receive an event of another service, as its consumer would."""
        recorded = delivered(event, stream="any/1", time=at or self.uow.now)
        uow = self.as_(self.uow.actor, at)
        for reaction in reactions.to(event.TYPE):
            reaction(self.application, uow, recorded)
        return recorded

    # -- chapters, in their order

    def issued(self) -> "Story":
        self.hears(feedback_issued())
        return self

    def claim(
        self,
        problem_no: str = FLOOD,
        *,
        actor: Actor = PRINCIPAL,
        incumbent: Incumbent | None = INCUMBENT,
    ) -> None:
        self.application.claim_problem(
            self.as_(actor),
            problem_no,
            responsible_member="p-um-flood",
            claimed_on=date(2026, 3, 2),
            incumbent=incumbent,
        )

    def claimed(self) -> "Story":
        self.issued()
        self.claim(FLOOD)
        self.claim(PUMPS)
        return self

    def submit_plan(self, *problems: PlannedProblem) -> dict[str, Any]:
        return self.application.submit_plan(
            self.as_(PRINCIPAL),
            CASE,
            problems=problems or (planned(FLOOD), planned(PUMPS)),
            incumbent=INCUMBENT,
        )

    def rectifying(self) -> "Story":
        self.claimed()
        self.submit_plan()
        self.hears(supervision.PlanApproved(case_no=CASE, plan_version=1, digest="a" * 64))
        return self

    def hold_and_report_meeting(self) -> None:
        self.application.hold_meeting(
            self.as_(PRINCIPAL), CASE, held_on=date(2026, 4, 1), incumbent=INCUMBENT
        )
        self.application.report_meeting(
            self.as_(PRINCIPAL),
            CASE,
            reported_on=date(2026, 4, 10),
            report=REPORT,
            incumbent=INCUMBENT,
        )

    def complete(self, work_no: str = "K1", problem_no: str = FLOOD) -> None:
        self.application.complete_task(
            self.as_(HANDLER), problem_no, task_no=work_no, evidence=EVIDENCE
        )

    def record_effect(self, problem_no: str = FLOOD) -> None:
        self.application.record_effect(
            self.as_(HANDLER), problem_no, effect="拨付周期由两年降为一季", evidence=EVIDENCE
        )

    def archive(self, document_no: str = "D1", problem_no: str = FLOOD) -> None:
        self.application.archive_document(
            self.as_(HANDLER), problem_no, document_no=document_no, title="拨付台账", digest=REPORT
        )

    def record_results(self, problem_no: str = FLOOD, built: Result = DONE) -> None:
        self.application.record_results(
            self.as_(HANDLER), problem_no, fixed=DONE, held_to_account=DONE, built=built
        )

    def worked(self, problem_no: str = FLOOD) -> "Story":
        self.rectifying()
        self.hold_and_report_meeting()
        self.complete(problem_no=problem_no)
        self.record_effect(problem_no)
        self.archive(problem_no=problem_no)
        self.record_results(problem_no)
        return self

    def declare(self, problem_no: str = FLOOD, digest: str | None = None) -> None:
        self.application.declare_rectified(
            self.as_(PRINCIPAL),
            problem_no,
            digest=digest or self.problem(problem_no).content,
            incumbent=INCUMBENT,
        )

    def declared(self, problem_no: str = FLOOD) -> "Story":
        self.worked(problem_no)
        self.declare(problem_no)
        return self

    def evaluated(self, problem_no: str = FLOOD, **changes: Any) -> None:
        facts: dict[str, Any] = {
            "problem_no": problem_no,
            "case_no": CASE,
            "unit": WATER,
            "cycle": 1,
            "n": 1,
            "scheme_version": "S1",
            "executor_org": "o-panel",
            "total": 8_000,
            "grade": supervision.Grade.PASS,
            "items": [],
            "rectify_by": date(2026, 8, 31),
        }
        self.hears(supervision.EvaluationFinalised(**(facts | changes)))

    def confirm_nil_items(self, problem_no: str = FLOOD) -> None:
        self.application.confirm_nil_items(self.as_(PRINCIPAL), problem_no, incumbent=INCUMBENT)

    def declared_again(self, problem_no: str = FLOOD) -> "Story":
        self.declared(problem_no)
        self.evaluated(problem_no)
        self.confirm_nil_items(problem_no)
        self.declare(problem_no)
        return self

    def eligible(self, problem_no: str = FLOOD, *, pairs: int = 2, waived: bool = False) -> "Story":
        self.declared_again(problem_no)
        self.hears(
            supervision.ClosureEligible(
                problem_no=problem_no, case_no=CASE, cycle=1, pairs=pairs, waived=waived
            )
        )
        return self

    def apply_for_closing(
        self,
        problem_no: str = FLOOD,
        *,
        digest: str | None = None,
        actor: Actor = PRINCIPAL,
        incumbent: Incumbent | None = INCUMBENT,
        at: datetime | None = None,
    ) -> dict[str, Any]:
        return self.application.submit_closure_report(
            self.as_(actor, at),
            problem_no,
            digest=digest or self.problem(problem_no).content,
            incumbent=incumbent,
        )

    def applied(self, problem_no: str = FLOOD) -> "Story":
        self.eligible(problem_no)
        self.apply_for_closing(problem_no)
        return self

    def closed(self) -> "Story":
        self.applied()
        self.hears(
            supervision.ProblemClosed(
                problem_no=FLOOD,
                case_no=CASE,
                unit=WATER,
                cycle=1,
                application=1,
                pairs=2,
                signatory="p-up-water",
                digest=self.problem().content,
                resident_team="o-rdt-5",
            )
        )
        return self

    def principal_changes(
        self,
        incoming: str | None = "p-up-water-2",
        outgoing: str | None = "p-up-water",
        effective: datetime = MARCH,
    ) -> None:
        self.hears(
            directory.AppointmentChanged(
                org=WATER, outgoing=outgoing, incoming=incoming, effective=effective
            )
        )

    def returned(self, *items: ResidualItem, application: int = 1) -> None:
        self.hears(
            supervision.ClosureReturned(
                problem_no=FLOOD,
                case_no=CASE,
                cycle=1,
                application=application,
                returned_by=supervision.Returner.LINKED_OFFICE,
                reasons="台账与现场不符",
                items=list(items),
                rectify_by=date(2026, 10, 31),
            )
        )

    def reopened(self, *items: ResidualItem, cycle: int = 2) -> None:
        self.hears(
            supervision.ProblemReopened(
                problem_no=FLOOD,
                case_no=CASE,
                unit=WATER,
                cycle=cycle,
                ground=supervision.ReopeningGround.LOOK_BACK,
                finding_ref="F-9",
                decision=DECISION,
                items=list(items),
                rectify_by=date(2026, 12, 31),
            )
        )

    def found_sham(self) -> None:
        self.hears(
            supervision.ShamRectificationFound(
                problem_no=FLOOD,
                case_no=CASE,
                unit=WATER,
                cycle=1,
                kind=supervision.ShamKind.ON_PAPER,
                evidence=EVIDENCE,
                rectify_by=date(2026, 9, 30),
            )
        )

    def sign_handover(
        self,
        party: HandoverParty,
        actor: Actor,
        *,
        reason: str | None = None,
        incumbent: Incumbent | None = NEW_INCUMBENT,
    ) -> None:
        self.application.sign_handover(
            self.as_(actor),
            CASE,
            party=party,
            substitute_reason=reason,
            incumbent=incumbent,
            upper_level="o-yunlan-gov",
        )

    def complete_handover(self) -> None:
        self.application.complete_handover(self.as_(OFFICE), CASE)
