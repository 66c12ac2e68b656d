"""A problem of the water bureau of Yunlan, told event by event; the words of the tests.

Everything that supervision follows is delivered through its own reactions, its own events
included, on a unit of work without a database.
"""

from datetime import date
from typing import Any

from services.supervision.application import SupervisionApplication
from services.supervision.domain import ClosureReview, SupervisionCase
from services.supervision.policies import reactions
from shared.contracts import accountability, feedback, rectification, supervision
from shared.contracts.base import Decision, Event
from shared.contracts.directory import PolicyView
from shared.contracts.supervision import GroupMember, MethodUsed
from shared.kernel.actor import Actor, Role
from tests.support.in_memory import InMemoryUnitOfWork, delivered

UNIT = "yunlan-water-bureau"
LINKED = "yunlan-office-3"
RESIDENT = "yunlan-resident-7"
CASE = "C-T1R1-U03"
PROBLEM = "YL-T1R1-U03-007"
OTHER_PROBLEM = "YL-T1R1-U03-008"
PAPER = "a" * 64
PLAN = "b" * 64
REPORT = "c" * 64
LATER = date(2026, 9, 1)
YESTERDAY = date(2026, 3, 1)

JOINT_GROUP = Actor(person_ref="p-group-head", org="yunlan-joint-group", role=Role.JSG)
PANEL = Actor(person_ref="p-panel-head", org="yunlan-panel", role=Role.PAN)
PRINCIPAL = Actor(person_ref="p-up-water", org=UNIT, role=Role.UP)
HANDLER = Actor(person_ref="p-uh-water", org=UNIT, role=Role.UH)
OFFICE_3 = Actor(person_ref="p-office-3", org=LINKED, role=Role.DSO)
OFFICE_5 = Actor(person_ref="p-office-5", org="yunlan-office-5", role=Role.DSO)
INSPECTION_OFFICE = Actor(person_ref="p-office", org="yunlan-inspection-office", role=Role.OFF)
ORGANISATION = Actor(person_ref="p-org", org="yunlan-organisation", role=Role.ORG)
TEAM_LEADER = Actor(person_ref="p-team-leader", org="yunlan-team-1", role=Role.TL)
RESIDENT_TEAM = Actor(person_ref="p-resident", org=RESIDENT, role=Role.RDT)
LEADING_GROUP = Actor(person_ref="p-lg", org="yunlan-leading-group", role=Role.LG)

DECISION = Decision(document_no="YLX-2026-11", decided_on=date(2026, 3, 1), forum="leading-group")
MEMBERS = [
    GroupMember(person_ref="p-group-1", org="yunlan-inspection-office"),
    GroupMember(person_ref="p-group-2", org="yunlan-general-office"),
]
ON_SITE = MethodUsed(method="ON_SITE", evidence=[PAPER])
DOCUMENTS = MethodUsed(method="DOCUMENT_REVIEW", evidence=[PAPER])
POLICY = PolicyView(
    edition="yunlan-2026",
    periods={},
    numbers={
        "closure_min_pairs": 2,
        "weight_self": 20,
        "weight_panel": 50,
        "weight_poll": 30,
        "pass_mark": 70,
        "low_mark": 60,
        "poll_minimum": 5,
    },
)

FEEDBACK = feedback.FeedbackIssued(
    case_no=CASE,
    round_no="T1R1",
    unit=UNIT,
    issued_on=date(2026, 3, 2),
    forms=[feedback.FeedbackForm.COLLECTIVE],
    decision=DECISION,
    attendance=[],
    principal=PRINCIPAL.person_ref,
    team_leader=TEAM_LEADER.person_ref,
    linked_office=LINKED,
    resident_team=RESIDENT,
    plan_due=date(2026, 4, 2),
    window_end=date(2026, 6, 2),
    rectify_by=date(2026, 6, 2),
    problems=[
        feedback.IssuedProblem(
            problem_no=PROBLEM, category="DISCIPLINE", cause="SYSTEM", nature="COMMON"
        )
    ],
)
TASK = rectification.Task(
    task_no="t-1",
    matter="堤防维修资金专账管理",
    post="head-of-finance",
    person="p-finance",
    leader="p-deputy",
    department="finance",
    deadline=date(2026, 5, 1),
)
PLANNED = rectification.PlannedProblem(
    problem_no=PROBLEM,
    root_cause_kind=rectification.RootCauseKind.INSTITUTION,
    root_cause="无专账制度",
    measures=[
        rectification.Measure(
            measure_no="m-1",
            kind=rectification.MeasureKind.ROOT,
            level=rectification.MeasureLevel.OWN_ORGANS,
            text="建立专账制度",
        )
    ],
    tasks=[TASK],
)


class Story:
    """Tells what happens to the problem, and what supervision then records."""

    def __init__(self) -> None:
        self.application = SupervisionApplication()
        self.uow = InMemoryUnitOfWork("supervision")
        self.versions: dict[str, int] = {}
        self.heard = 0
        self.cycle = 1
        self.applications = 0

    # telling

    def hears(self, event: Event, stream: str) -> list[Event]:
        """Deliver another service's event; return what supervision recorded because of it."""
        source = f"{event.TYPE.partition('.')[0]}:{stream}"
        self.versions[source] = self.versions.get(source, 0) + 1
        message = delivered(event, stream=stream, version=self.versions[source])
        return self.receives(message)

    def receives(self, message: Any) -> list[Event]:
        """Deliver this very message (again)."""
        before = len(self.log)
        self.uow = self.uow.acting()
        for reaction in reactions.to(message.record.type):
            reaction(self.application, self.uow, message)
        self._commit()
        self._hear_oneself()
        return self.log[before:]

    def does(self, actor: Actor, use_case: str, key: str = PROBLEM, **facts: Any) -> list[Event]:
        """Give a command; return what was recorded, own reactions included."""
        before = len(self.log)
        self.uow = InMemoryUnitOfWork(store=self.uow.store, actor=actor, time=self.uow.now)
        getattr(self.application, use_case)(self.uow, key, **facts)
        self._commit()
        self._hear_oneself()
        return self.log[before:]

    @property
    def log(self) -> list[Event]:
        return [recorded.event for recorded in self.uow.store.log]

    @property
    def review(self) -> ClosureReview:
        return self.uow.acting().load(ClosureReview, PROBLEM)

    @property
    def case(self) -> SupervisionCase:
        return self.uow.acting().load(SupervisionCase, CASE)

    def _commit(self) -> None:
        self.uow.commit()

    def _hear_oneself(self) -> None:
        log = self.uow.store.log
        while self.heard < len(log):
            message, self.heard = log[self.heard], self.heard + 1
            self.uow = self.uow.acting()
            for reaction in reactions.to(message.record.type):
                reaction(self.application, self.uow, message)
            self._commit()

    # chapters: each brings the problem one step further

    def issued(self, *, concerns: bool = False, problems: int = 1) -> "Story":
        first = FEEDBACK.problems[0].model_copy(update={"concerns_person_or_matter": concerns})
        second = first.model_copy(update={"problem_no": OTHER_PROBLEM})
        event = FEEDBACK.model_copy(update={"problems": [first, second][:problems]})
        self.hears(event, f"feedback/{CASE}")
        return self

    def claimed(self) -> "Story":
        event = rectification.ProblemClaimed(
            problem_no=PROBLEM,
            case_no=CASE,
            unit=UNIT,
            claimed_by=PRINCIPAL.person_ref,
            responsible_member="p-deputy",
            claimed_on=date(2026, 3, 5),
        )
        self.hears(event, f"problem/{PROBLEM}")
        return self

    def planned(self, version: int = 1) -> "Story":
        event = rectification.PlanSubmitted(
            case_no=CASE,
            unit=UNIT,
            plan_version=version,
            digest=PLAN,
            submitted_by=PRINCIPAL.person_ref,
            problems=[PLANNED],
        )
        self.hears(event, f"case/{CASE}")
        return self

    def rectifying(self) -> "Story":
        event = rectification.RectificationStarted(
            problem_no=PROBLEM,
            case_no=CASE,
            plan_version=1,
            has_own_level_measure=True,
            tasks=[TASK],
            rectify_by=date(2026, 6, 30),
            deadline_version=1,
        )
        self.hears(event, f"problem/{PROBLEM}")
        return self

    def declared(self) -> "Story":
        event = rectification.ProblemDeclaredRectified(
            problem_no=PROBLEM,
            case_no=CASE,
            cycle=self.cycle,
            declaration=1,
            declared_by=PRINCIPAL.person_ref,
            digest=PAPER,
        )
        self.hears(event, f"problem/{PROBLEM}")
        return self

    def until_declared(self, *, concerns: bool = False, problems: int = 1) -> "Story":
        return (
            self.issued(concerns=concerns, problems=problems)
            .claimed()
            .planned()
            .rectifying()
            .declared()
        )

    def started(self, actor: Actor = JOINT_GROUP) -> "Story":
        self.does(actor, "start_supervision", visit_no="v-1", members=MEMBERS, linked_office=LINKED)
        return self

    def completed(self, actor: Actor = JOINT_GROUP) -> "Story":
        self.does(actor, "complete_supervision", methods=[ON_SITE], finding="专账已建立")
        return self

    def scored(self, points: int = 80, panel: Actor = PANEL) -> "Story":
        self.does(PRINCIPAL, "score_self", score=points)
        self.does(panel, "score_panel", score=points)
        self.does(INSPECTION_OFFICE, "close_poll", score=points, respondents=5, policy=POLICY)
        return self

    def finalises(self, actor: Actor = PANEL, policy: PolicyView = POLICY) -> list[Event]:
        return self.does(
            actor,
            "finalise_evaluation",
            scheme_version="scheme-2026",
            items=[],
            rectify_by=LATER,
            policy=policy,
        )

    def first_pair(self, points: int = 80) -> "Story":
        self.started().completed().scored(points).finalises()
        return self

    def next_pair(self, points: int = 80) -> "Story":
        self.declared().started(OFFICE_3).completed(OFFICE_3).scored(points, OFFICE_3)
        self.finalises(OFFICE_3)
        return self

    def applied(self, digest: str = REPORT) -> "Story":
        self.applications += 1
        event = rectification.ClosureApplied(
            problem_no=PROBLEM,
            case_no=CASE,
            unit=UNIT,
            cycle=self.cycle,
            application=self.applications,
            signatory=PRINCIPAL.person_ref,
            digest=digest,
        )
        self.hears(event, f"problem/{PROBLEM}")
        return self

    def until_applied(self, *, concerns: bool = False, problems: int = 1) -> "Story":
        self.until_declared(concerns=concerns, problems=problems).first_pair().next_pair()
        return self.applied()

    def accepts(self, actor: Actor = OFFICE_3, methods: Any = (ON_SITE,)) -> list[Event]:
        return self.does(
            actor,
            "accept_closure",
            methods=list(methods),
            linked_office=LINKED,
        )

    def countersigns(
        self, actor: Actor, *, digest: str = REPORT, principal: str | None = "p-up-water"
    ) -> list[Event]:
        return self.does(
            actor,
            "countersign_closure",
            digest=digest,
            linked_office=LINKED,
            principal=principal,
        )

    def until_approved(self) -> "Story":
        self.until_applied().accepts()
        self.does(INSPECTION_OFFICE, "approve_closure")
        return self

    def until_closed(self) -> "Story":
        self.until_approved().countersigns(OFFICE_3)
        self.countersigns(TEAM_LEADER)
        return self

    def lead_concluded(self, *, pursuit_known: bool = True) -> list[Event]:
        event = accountability.LeadConcluded(
            lead_no="L-T1R1-0001",
            conclusion=accountability.LeadConclusion.FORM_1,
            problem_nos=[PROBLEM],
            pursuit_known=pursuit_known,
            concluded_on=date(2026, 5, 1),
        )
        return self.hears(event, "lead/L-T1R1-0001")

    def meeting_reported(self) -> list[Event]:
        event = rectification.MeetingReported(
            case_no=CASE, reported_on=date(2026, 4, 20), report=PAPER
        )
        return self.hears(event, f"case/{CASE}")

    def reopens(self, actor: Actor = LEADING_GROUP) -> list[Event]:
        return self.does(
            actor,
            "reopen",
            ground=supervision.ReopeningGround.LOOK_BACK,
            finding=supervision.ReopeningFinding.NOT_TO_THE_BOTTOM,
            finding_ref="F-2026-3",
            decision=DECISION,
            items=[],
            rectify_by=LATER,
        )


def returns() -> dict[str, Any]:
    """Return the facts of a returned closing."""
    return {"reasons": "整改不到位", "items": [], "rectify_by": LATER, "linked_office": LINKED}


def types(events: list[Event]) -> list[str]:
    """Return the stored names without the service, for a glance at a sequence."""
    return [event.TYPE.removeprefix("supervision.") for event in events]
