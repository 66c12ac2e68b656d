"""云岚市: the invented round that the tests of feedback are told about."""

from datetime import date

from services.feedback.application import (
    Deadlines,
    DepartmentRoute,
    FeedbackApplication,
    FeedbackSession,
    LeadAddress,
    Reports,
)
from shared.contracts.base import Commitment, Decision, Sealed
from shared.contracts.directory import Incumbent, Level, UnitView
from shared.contracts.feedback import (
    Attendance,
    AttendanceCategory,
    FeedbackForm,
    LeadAddresseeKind,
    RoundTarget,
    WorkingPaper,
)
from shared.kernel.actor import Actor, Role
from tests.support.in_memory import NOON, InMemoryUnitOfWork

ROUND, CASE, OTHER_CASE = "YL-T1R1", "YL-T1R1-U01", "YL-T1R1-U02"
WATER, FORESTRY = "o-water", "o-forestry"  # 云岚市水利局, 云岚市林业局
DYKE, LEVY = "YL-T1R1-U01-001", "YL-T1R1-U01-002"
LEAD = "L-T1R1-0001"
TODAY = date(2026, 3, 2)  # NOON on the wall in Yunlan

OFFICE = Actor(person_ref="p-off-lan", org="o-office", role=Role.OFF)
LEADER = Actor(person_ref="p-tl-shan", org="o-team1", role=Role.TL)
OTHER_LEADER = Actor(person_ref="p-tl-chuan", org="o-team2", role=Role.TL)
AUTHOR = Actor(person_ref="p-tm-song", org="o-team1", role=Role.TM)
OTHER_AUTHOR = Actor(person_ref="p-tm-lu", org="o-team2", role=Role.TM)
REVIEWER = Actor(person_ref="p-tm-zhu", org="o-team1", role=Role.TM)
LEADING_GROUP = Actor(person_ref="p-lg-feng", org="o-leading-group", role=Role.LG)
PRINCIPAL = Actor(person_ref="p-up-water", org=WATER, role=Role.UP)
FORMER = Actor(person_ref="p-xp-water", org="o-elsewhere", role=Role.XP)
IN_CHARGE = Actor(person_ref="p-lic-he", org="o-city", role=Role.LIC)
FINANCE = Actor(person_ref="p-fun-qian", org="o-finance", role=Role.FUN)

DECISION = Decision(
    document_no="YLXZ-2026-3", decided_on=date(2026, 2, 27), forum="secretary-special-meeting"
)
TARGETS = [
    RoundTarget(
        unit=WATER,
        case_no=CASE,
        team_leader=LEADER.person_ref,
        team_members=[AUTHOR.person_ref, REVIEWER.person_ref],
    ),
    RoundTarget(
        unit=FORESTRY,
        case_no=OTHER_CASE,
        team_leader=OTHER_LEADER.person_ref,
        team_members=[OTHER_AUTHOR.person_ref],
    ),
]
WATER_BUREAU = UnitView(
    org=WATER,
    name="云岚市水利局",
    level=Level.CITY,
    category="bureau",
    sector="water",
    at=NOON,
    parent="o-city",
    principal=Incumbent(person_ref=PRINCIPAL.person_ref, since=NOON),
    former_principals=[FORMER.person_ref],
    linked_office="o-dso-1",
    resident_team="o-rdt-1",
    leader_in_charge=IN_CHARGE.person_ref,
)
REPORTS = Reports(
    lead_report="1" * 64, interview_report="2" * 64, inspection_report="3" * 64, orphans=0
)
EVERYBODY = [Attendance(category=category, present=True) for category in AttendanceCategory]
SESSION = FeedbackSession(
    issued_on=TODAY,
    forms=[FeedbackForm.COLLECTIVE, FeedbackForm.ONE_TO_ONE],
    decision=DECISION,
    attendance=EVERYBODY,
)
DATES = Deadlines(
    plan_due=date(2026, 3, 16),
    window_end=date(2026, 6, 2),
    rectify_by=date(2026, 9, 2),
    reply_due=date(2026, 4, 2),
    objection_until=date(2026, 3, 12),
)
TO_FINANCE = [DepartmentRoute(department=FINANCE.org, problem_nos=[LEVY])]
TO_DISCIPLINE = LeadAddress(
    addressee="o-cdi", addressee_kind=LeadAddresseeKind.DISCIPLINE_COMMISSION
)
SEALED = Sealed(sealed=Commitment(c="q" * 43 + "=", s=LEAD))

application = FeedbackApplication()


def paper(
    number: str = "DG-001", author: str = AUTHOR.person_ref, reviewer: str = REVIEWER.person_ref
) -> WorkingPaper:
    """A working paper (底稿)."""
    return WorkingPaper(paper_no=number, digest="d" * 64, author=author, reviewer=reviewer)


class Yunlan:
    """The city's inspection as far as it has come; each step is a command of its own."""

    def __init__(self) -> None:
        self.uow = InMemoryUnitOfWork("feedback", actor=OFFICE)

    def acting(self, actor: Actor, on: date = TODAY) -> InMemoryUnitOfWork:
        """Begin the next command, given by this actor at noon of this day."""
        at = NOON.replace(year=on.year, month=on.month, day=on.day)
        self.uow = self.uow.acting(as_=actor, at=at)
        return self.uow

    def with_round(self) -> "Yunlan":
        application.open_round(
            self.acting(OFFICE), ROUND, term="T1", ordinal=1, mode="REGULAR", targets=TARGETS
        )
        return self

    def with_reports(self) -> "Yunlan":
        application.file_reports(self.acting(LEADER), CASE, round_no=ROUND, reports=REPORTS)
        return self

    def with_draft(self, problem_no: str = DYKE) -> "Yunlan":
        application.draft_problem(
            self.acting(AUTHOR),
            problem_no,
            case_no=CASE,
            round_no=ROUND,
            wording="堤防维护资金长期闲置。",
            category="CONSTRUCTION",
            cause="SUPERVISION_WEAK",
            nature="DUTY",
        )
        return self

    def with_substantiated(self, problem_no: str = DYKE) -> "Yunlan":
        self.with_draft(problem_no)
        application.substantiate_problem(self.acting(REVIEWER), problem_no, papers=[paper()])
        return self

    def with_approved(self, problem_no: str = DYKE) -> "Yunlan":
        self.with_substantiated(problem_no)
        application.approve_problem(self.acting(LEADING_GROUP), problem_no, decision=DECISION)
        return self

    def with_issued(self) -> "Yunlan":
        application.issue_feedback(
            self.acting(LEADER),
            CASE,
            session=SESSION,
            unit=WATER_BUREAU,
            dates=DATES,
            policy_edition="YL-2026",
            departments=TO_FINANCE,
        )
        return self

    def with_objection(self) -> "Yunlan":
        application.raise_objection(
            self.acting(PRINCIPAL),
            DYKE,
            grounds="资金已于去年拨付。",
            evidence=["e" * 64],
            principal=WATER_BUREAU.principal,
        )
        return self

    def with_lead(self) -> "Yunlan":
        application.offer_lead(
            self.acting(LEADER),
            LEAD,
            case_no=CASE,
            kind="ECONOMY",
            address=TO_DISCIPLINE,
            post_level="COUNTY-CHIEF",
            problem_nos=[DYKE],
            concerns_principal=False,
            content=SEALED,
        )
        return self


def before_feedback() -> Yunlan:
    """A round with reports and two approved problems of the water bureau."""
    return Yunlan().with_round().with_reports().with_approved(DYKE).with_approved(LEVY)


def after_feedback() -> Yunlan:
    """The same after feedback was issued to the water bureau."""
    return before_feedback().with_issued()
