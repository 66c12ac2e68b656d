"""What happened to six problems of the first unit: SYNTHETIC, small enough to count by hand.

001  two pairs, closed, reopened later (decoy: counts once as found)
002  one pair, waiver, application returned, second pair, closed
003  overdue, urged, extended, still open
004  objection upheld: withdrawn (decoy: stays found)
005  objection dismissed
006  objection open
"""

from datetime import UTC, date, datetime
from typing import Any

from shared.contracts import accountability, feedback, rectification, supervision
from shared.contracts.accountability import DisposalMethod, LeadConclusion, LeadSource
from shared.contracts.base import Decision
from shared.contracts.evaluation import DimensionScores
from shared.contracts.rectification import (
    InstitutionChange,
    Measure,
    MeasureKind,
    MeasureLevel,
    Result,
    Task,
)
from shared.contracts.supervision import Grade
from tests.golden.scribe import Scribe

HASH = "ab" * 32
CLAIMED, DECIDED = date(2022, 6, 12), date(2022, 6, 14)
DECISION = Decision(document_no="YL-S-1", decided_on=CLAIMED, forum="leading-group")
UNIT, PRINCIPAL = "yl-r1-u01", "p-up-1-1"
DONE = Result(status=rectification.ResultStatus.DONE)


def _points(*points: int) -> DimensionScores:
    return DimensionScores(**dict(zip(DimensionScores.model_fields, points, strict=True)))


DIMENSIONS = {
    ("001", 1): (
        _points(100, 90, 80, 90, 90), _points(90, 80, 60, 80, 90), _points(85, 85, 85, 85, 85),
    ),
    ("001", 2): (_points(92, 92, 92, 92, 92), _points(98, 88, 78, 88, 88), None),
}  # fmt: skip
"""Of the first problem only: by unit, panel and poll; the second pair's poll gave none."""

INSTITUTIONS = {
    "001": [("YL-ZD-1", InstitutionChange.NEW)],
    "002": [("YL-ZD-1", InstitutionChange.AMENDED), ("YL-ZD-2", InstitutionChange.REPEALED)],
}


def tell_stories_of_round_1(scribe: Scribe, case_no: str) -> None:
    """June 2022: three claims, three objections."""
    for n in (1, 2, 3):
        claimed = rectification.ProblemClaimed(
            problem_no=_no(case_no, n), case_no=case_no, unit=UNIT, claimed_by=PRINCIPAL,
            responsible_member="p-um-1", claimed_on=CLAIMED,
        )  # fmt: skip
        scribe.write(f"problem/{_no(case_no, n)}", claimed, CLAIMED)
    for n in (4, 5, 6):
        raised = feedback.ObjectionRaised(
            problem_no=_no(case_no, n), case_no=case_no, objection_no=f"{_no(case_no, n)}-O1",
            grounds="样例理由", evidence=[HASH], raised_by=PRINCIPAL,
        )  # fmt: skip
        scribe.write(f"problem/{_no(case_no, n)}", raised, CLAIMED)
    outcome: dict[str, Any] = {"case_no": case_no, "reasons": "样例", "decision": DECISION}
    four, five = _no(case_no, 4), _no(case_no, 5)
    withdrawn = feedback.ProblemWithdrawn(problem_no=four, objection_no=f"{four}-O1", **outcome)
    scribe.write(f"problem/{four}", withdrawn, DECIDED)
    dismissed = feedback.ObjectionDismissed(problem_no=five, objection_no=f"{five}-O1", **outcome)
    scribe.write(f"problem/{five}", dismissed, DECIDED)


def tell_rectification_of_round_1(scribe: Scribe, case_no: str) -> None:
    """November 2022: the plan, two closings, one overdue problem."""
    _Rectification(scribe, case_no).tell()


def tell_the_reopening(scribe: Scribe, case_no: str) -> None:
    """October 2023: a look-back brings the first problem back."""
    number, day = _no(case_no, 1), date(2023, 10, 21)
    facts: dict[str, Any] = {
        "problem_no": number, "case_no": case_no, "cycle": 2, "items": [],
        "rectify_by": date(2024, 3, 1),
    }  # fmt: skip
    reopened = supervision.ProblemReopened(
        unit=UNIT, ground=supervision.ReopeningGround.LOOK_BACK, finding_ref="LB-1",
        finding=supervision.ReopeningFinding.RELAPSE,
        decision=DECISION, **facts,
    )  # fmt: skip
    scribe.write(f"review/{number}", reopened, day)
    ordered = rectification.ReRectificationOrdered(
        cause=rectification.OrderCause.REOPENING, deadline_version=2, **facts
    )
    scribe.write(f"problem/{number}", ordered, day)


def tell_other_leads(scribe: Scribe, day: date) -> None:
    """15 June 2022: three leads of other sources; two are classified after 14 and 10 days.

    Decoy: the third bears the number of an inspection lead.
    """
    registered = {
        "O-1": (LeadSource.PETITION, 1), "O-2": (LeadSource.AUDIT, 5),
        "L-1-001": (LeadSource.PETITION, 10),
    }  # fmt: skip
    for number, (source, on) in registered.items():
        told = accountability.OtherLeadRegistered(
            other_lead_no=number, source=source, addressee="yl-discipline",
            registered_on=date(2022, 6, on),
        )  # fmt: skip
        scribe.write(f"other-lead/{number}", told, day)
    for number in ("O-1", "O-2"):
        classified = accountability.OtherLeadClassified(
            other_lead_no=number, method=DisposalMethod.SETTLE, classified_on=day
        )
        scribe.write(f"other-lead/{number}", classified, day)
    concluded = accountability.OtherLeadConcluded(
        other_lead_no="O-1", conclusion=LeadConclusion.NO_CASE, concluded_on=day
    )
    scribe.write("other-lead/O-1", concluded, day)


def _no(case_no: str, n: int) -> str:
    return f"{case_no}-{n:03}"


class _Rectification:
    def __init__(self, scribe: Scribe, case_no: str) -> None:
        self.scribe, self.case_no = scribe, case_no
        self.one, self.two, self.three = (_no(case_no, n) for n in (1, 2, 3))

    def tell(self) -> None:
        self.plan(date(2022, 11, 11))
        self.overdue(date(2022, 11, 12))
        self.first_problem()
        self.second_problem()
        changed = supervision.PhaseChanged(
            case_no=self.case_no, phase=supervision.Phase.MIDDLE,
            supervisor="yl-inspection-office", accepted_by="p-golden",
        )  # fmt: skip
        self.scribe.write(f"case/{self.case_no}", changed, date(2022, 11, 14))

    def unit_side(self, number: str, day: date, event: Any) -> None:
        self.scribe.write(f"problem/{number}", event, day)

    def supervisors(self, number: str, day: date, event: Any) -> None:
        self.scribe.write(f"review/{number}", event, day)

    def plan(self, day: date) -> None:
        own = _measure("1", MeasureKind.ROOT, MeasureLevel.OWN_LEADERSHIP)
        sanction = _measure("2", MeasureKind.SYMPTOM, MeasureLevel.SUBORDINATE, is_sanction=True)
        organs = _measure("1", MeasureKind.ROOT, MeasureLevel.OWN_ORGANS)
        measures = {self.one: [own, sanction], self.two: [sanction], self.three: [organs]}
        submitted = rectification.PlanSubmitted(
            case_no=self.case_no, unit=UNIT, plan_version=1, digest=HASH, submitted_by=PRINCIPAL,
            problems=[
                rectification.PlannedProblem(
                    problem_no=number, root_cause_kind=rectification.RootCauseKind.PERSON,
                    root_cause="样例", measures=planned, tasks=[_task(number)],
                )
                for number, planned in measures.items()
            ],
        )  # fmt: skip
        self.scribe.write(f"case/{self.case_no}", submitted, day)
        for number in measures:
            due = date(2022, 11, 11) if number == self.three else date(2022, 12, 7)
            started = rectification.RectificationStarted(
                problem_no=number, case_no=self.case_no, plan_version=1,
                has_own_level_measure=True, tasks=[_task(number)], rectify_by=due,
                deadline_version=1,
            )  # fmt: skip
            self.unit_side(number, day, started)

    def overdue(self, day: date) -> None:
        named: dict[str, Any] = {
            "problem_no": self.three, "case_no": self.case_no, "unit": UNIT
        }  # fmt: skip
        passed = rectification.RectificationOverdue(
            cycle=1, deadline_version=1, due=date(2022, 11, 11), **named
        )
        self.unit_side(self.three, day, passed)
        urged = supervision.UrgeIssued(level=1, cause_id="golden", **named)
        self.supervisors(self.three, day, urged)
        extended = rectification.DeadlineExtended(
            problem_no=self.three, deadline_version=2, rectify_by=date(2023, 3, 1),
            reason="样例", approved_by="yl-inspection-office",
        )  # fmt: skip
        self.unit_side(self.three, day, extended)

    def first_problem(self) -> None:
        number = self.one
        self.lists(number, date(2022, 11, 12))
        self.declared(number, 1, date(2022, 11, 12))
        self.pair(number, 1, (90, 80, 85), 8350, date(2022, 11, 12))
        self.ordered(number, rectification.OrderCause.EVALUATION, date(2022, 11, 12))
        self.declared(number, 2, date(2022, 11, 13))
        self.pair(number, 2, (92, 88, 90), 9000, date(2022, 11, 13))
        self.eligible(number, 2, date(2022, 11, 13))
        self.applied(number, 1, date(2022, 11, 13))
        self.closed(number, 1, date(2022, 11, 14))

    def second_problem(self) -> None:
        number = self.two
        self.lists(number, date(2022, 11, 14))
        self.declared(number, 1, date(2022, 11, 14))
        self.pair(number, 1, (85, 75, 80), 7000, date(2022, 11, 14))
        waived = supervision.SecondRoundWaived(
            problem_no=number, cycle=1, reason="样例", decision=DECISION
        )
        self.supervisors(number, date(2022, 11, 14), waived)
        self.eligible(number, 1, date(2022, 11, 14))
        self.applied(number, 1, date(2022, 11, 14))
        self.returned(number, date(2022, 11, 14))
        self.declared(number, 2, date(2022, 11, 14))
        self.pair(number, 2, (80, 80, 80), 8000, date(2022, 11, 14))
        self.eligible(number, 2, date(2022, 11, 14))
        self.applied(number, 2, date(2022, 11, 14))
        self.closed(number, 2, date(2022, 11, 14))

    def lists(self, number: str, day: date) -> None:
        self.unit_side(
            number, day,
            rectification.EffectRecorded(problem_no=number, effect="样例", evidence=[HASH]),
        )  # fmt: skip
        archived = rectification.DocumentArchived(
            problem_no=number, document_no="D-1", title="样例", digest=HASH
        )
        self.unit_side(number, day, archived)
        results = rectification.ResultsRecorded(
            problem_no=number, fixed=DONE, held_to_account=DONE, built=DONE
        )
        self.unit_side(number, day, results)
        self.lasting(number, day)

    def lasting(self, number: str, day: date) -> None:
        """Decoys: a loophole number that both problems use, a rule made and then amended."""
        for loophole_no in ("K1", "K2") if number == self.one else ("K1",):
            closed = rectification.LoopholeClosed(
                problem_no=number, loophole_no=loophole_no, description="样例", evidence=[HASH]
            )
            self.unit_side(number, day, closed)
        for document_no, change in INSTITUTIONS[number[-3:]]:
            changed = rectification.InstitutionChanged(
                problem_no=number, change=change, document_no=document_no, title="样例制度",
                effective_on=day, digest=HASH, loophole_nos=["K1"],
            )  # fmt: skip
            self.unit_side(number, day, changed)

    def declared(self, number: str, declaration: int, day: date) -> None:
        pledged = rectification.AuthenticityPledged(
            problem_no=number, cycle=1, signatory=PRINCIPAL, digest=HASH
        )
        self.unit_side(number, day, pledged)
        declared = rectification.ProblemDeclaredRectified(
            problem_no=number, case_no=self.case_no, cycle=1, declaration=declaration,
            declared_by=PRINCIPAL, digest=HASH,
        )  # fmt: skip
        self.unit_side(number, day, declared)

    def pair(
        self, number: str, n: int, scores: tuple[int, int, int], total: int, day: date
    ) -> None:
        of: dict[str, Any] = {"problem_no": number, "cycle": 1, "n": n}
        own, panel, poll = DIMENSIONS.get((number[-3:], n), (None, None, None))
        method = supervision.MethodUsed(method="ON_SITE", evidence=[HASH])
        group: dict[str, Any] = {"executor_org": "yl-joint-group", "members": ["p-jsg-1"]}
        for event in (
            supervision.SupervisionStarted(
                visit_no=f"V-{n}", executor=supervision.Executor.JOINT_GROUP, **group, **of
            ),
            supervision.SupervisionCompleted(methods=[method], finding="样例", **of),
            supervision.SelfScored(score=scores[0], dimensions=own, **of),
            supervision.PanelScored(score=scores[1], dimensions=panel, **of),
            supervision.PollClosed(score=scores[2], dimensions=poll, respondents=30, **of),
            supervision.EvaluationFinalised(
                case_no=self.case_no, unit=UNIT, scheme_version="S-1", total=total,
                executor_org="yl-joint-group", grade=Grade.PASS, rectify_by=day, **of,
            ),
        ):  # fmt: skip
            self.supervisors(number, day, event)

    def ordered(self, number: str, cause: rectification.OrderCause, day: date) -> None:
        ordered = rectification.ReRectificationOrdered(
            problem_no=number, case_no=self.case_no, cycle=1, cause=cause, items=[],
            rectify_by=date(2022, 12, 7), deadline_version=2,
        )  # fmt: skip
        self.unit_side(number, day, ordered)

    def eligible(self, number: str, pairs: int, day: date) -> None:
        eligible = supervision.ClosureEligible(
            problem_no=number, case_no=self.case_no, cycle=1, pairs=pairs
        )
        self.supervisors(number, day, eligible)

    def applied(self, number: str, application: int, day: date) -> None:
        signed = rectification.ClosureReportSigned(
            problem_no=number, cycle=1, signatory=PRINCIPAL, digest=HASH,
            incumbent_since=datetime(2022, 3, 1, tzinfo=UTC),
        )  # fmt: skip
        self.unit_side(number, day, signed)
        applied = rectification.ClosureApplied(
            problem_no=number, case_no=self.case_no, unit=UNIT, cycle=1, application=application,
            signatory=PRINCIPAL, digest=HASH,
        )  # fmt: skip
        self.unit_side(number, day, applied)

    def returned(self, number: str, day: date) -> None:
        returned = supervision.ClosureReturned(
            problem_no=number, case_no=self.case_no, cycle=1, application=1,
            returned_by=supervision.Returner.OFFICE, reasons="样例", items=[],
            rectify_by=date(2022, 12, 7),
        )  # fmt: skip
        self.supervisors(number, day, returned)
        self.ordered(number, rectification.OrderCause.CLOSURE_RETURN, day)

    def closed(self, number: str, application: int, day: date) -> None:
        of: dict[str, Any] = {"problem_no": number, "cycle": 1, "application": application}
        method = supervision.MethodUsed(method="ON_SITE", evidence=[HASH])
        for event in (
            supervision.ClosureAccepted(
                office="yl-office-3", accepted_by="p-dso-1", methods=[method], **of
            ),
            supervision.ClosureOfficeApproved(approved_by="p-golden", **of),
            supervision.ProblemClosed(
                case_no=self.case_no, unit=UNIT, pairs=2, signatory=PRINCIPAL, digest=HASH,
                resident_team="yl-resident-1", **of,
            ),
        ):  # fmt: skip
            self.supervisors(number, day, event)


def _measure(
    number: str, kind: MeasureKind, level: MeasureLevel, *, is_sanction: bool = False
) -> Measure:
    return Measure(measure_no=number, kind=kind, level=level, is_sanction=is_sanction, text="样例")


def _task(number: str) -> Task:
    return Task(
        task_no=f"{number}-T1", matter="样例", post="POST-1", person="p-uh-1", leader="p-um-1",
        department="yl-dept-1", deadline=date(2022, 12, 1),
    )  # fmt: skip
