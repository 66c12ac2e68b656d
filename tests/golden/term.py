"""The golden fixture: an invented term of the invented city 云岚.

Its totals are those that a real city reported of its term. The split of every total over the
rounds is SYNTHETIC, as are all units, persons, dates and stories; it is chosen here so that the
sums come out. `GoldenTerm` also holds decoys which break naive counting; each is named where it
is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from services.audit.domain.known import Known
from shared.contracts.accountability import (
    AccountabilityReferred,
    CaseDecided,
    CaseFiled,
    DetentionRecorded,
    DisposalMethod,
    LeadClassified,
    LeadOfferReceived,
    LeadRegistered,
    LeadReturned,
    MeasureCategory,
    MeasureImposed,
    NamedCase,
    NamedPerson,
    NamingCircularIssued,
    SubjectKind,
    TransferredToJudiciary,
    VoluntarySurrenderRecorded,
)
from shared.contracts.base import Decision
from shared.contracts.directory import AppointmentChanged, Level, OrganisationRegistered
from shared.contracts.feedback import (
    DeputyAuthorised,
    FeedbackForm,
    FeedbackIssued,
    IssuedProblem,
    JointActionOpened,
    LeadAddresseeKind,
    LeadOffered,
    ProblemDrafted,
    ProblemIssued,
    RoundFedBack,
    RoundOpened,
    RoundTarget,
)
from shared.contracts.rectification import HandoverCompleted, HandoverRequired
from shared.contracts.supervision import (
    AssignmentIssued,
    CampaignClosed,
    CampaignOpened,
    CommonProblemConfirmed,
    CommonProblemProposed,
    HandoverUrged,
    InstrumentHandled,
    InstrumentKind,
    InstrumentReceived,
    Phase,
    PhaseStarted,
    RoundEvaluated,
    SuggestionLetterIssued,
    ThematicReportIssued,
)
from tests.golden.scribe import SEALED, Scribe
from tests.golden.stories import (
    tell_other_leads,
    tell_rectification_of_round_1,
    tell_stories_of_round_1,
    tell_the_reopening,
)

TERM, EARLIER_TERM = "YL-14", "YL-13"
UNITS_PER_ROUND = 10
HASH = "ab" * 32


@dataclass(frozen=True)
class RoundPlan:
    """What a round brings: the SYNTHETIC split. `persons` are those first handled out of it."""

    ordinal: int
    opened: date
    fed_back: date
    problems: int
    leads: int
    principal_leads: int
    persons: int
    principal_measures: int
    judiciary: int
    joint_problems: int
    joint_leads: int
    deputies: int
    urged: int
    commons: int
    reports: int
    campaigns: int

    @property
    def round_no(self) -> str:
        return f"{TERM}-R{self.ordinal}"

    def later(self, days: int) -> date:
        """Return the day so many days after the feedback."""
        return self.fed_back + timedelta(days=days)


OPENED = (
    date(2022, 3, 1), date(2022, 7, 5), date(2023, 2, 10), date(2023, 7, 15), date(2023, 11, 10),
)  # fmt: skip
FED_BACK = (
    date(2022, 6, 10), date(2022, 11, 10), date(2023, 6, 10), date(2023, 10, 20),
    date(2024, 1, 20),
)  # fmt: skip
COLUMNS = {
    "problems": (300, 320, 318, 325, 310),  # 1573
    "leads": (70, 75, 68, 72, 70),  # 355
    "principal_leads": (16, 18, 15, 17, 14),  # 80
    "persons": (95, 105, 98, 100, 94),  # 492
    "principal_measures": (15, 17, 16, 15, 14),  # 77
    "judiciary": (1, 1, 2, 1, 1),  # 6
    "joint_problems": (120, 130, 100, 90, 70),  # 510
    "joint_leads": (20, 18, 14, 13, 11),  # 76
    "deputies": (10, 9, 8, 6, 4),  # 37
    "urged": (4, 6, 5, 4, 2),  # 21
    "commons": (3, 3, 3, 3, 3),  # 15
    "reports": (8, 8, 9, 8, 8),  # 41
    "campaigns": (1, 2, 3, 2, 2),  # 10
}
"""SYNTHETIC, round by round: only the sums are reported figures."""

SPLIT = tuple(
    RoundPlan(n + 1, OPENED[n], FED_BACK[n], **{name: split[n] for name, split in COLUMNS.items()})
    for n in range(5)
)

JOINT_ACTION_OF = {1: "JA-1", 2: "JA-1", 3: "JA-2", 4: "JA-2", 5: "JA-3"}
JOINT_ACTION_OPENED = {1: date(2022, 2, 20), 3: date(2023, 1, 20), 5: date(2023, 11, 9)}


@dataclass(frozen=True)
class GoldenTerm:
    """The log, and how far it had come when rounds 1, 2 and 3 were through."""

    log: Sequence[Known]
    marks: dict[int, dict[str, int]]
    instants: dict[int, str]


def decision(number: str, day: date, forum: str = "leading-group") -> Decision:
    return Decision(document_no=number, decided_on=day, forum=forum)


@cache
def golden_term() -> GoldenTerm:
    """Return the fixture; the same bytes every time."""
    return _Writer().written()


class _Writer:
    def __init__(self) -> None:
        self.scribe = Scribe()
        self.write = self.scribe.write

    def written(self) -> GoldenTerm:
        self.earlier_term()
        marks: dict[int, dict[str, int]] = {}
        instants: dict[int, str] = {}
        for plan in SPLIT:
            self.round(plan)
            marks[plan.ordinal] = self.scribe.mark()
            instants[plan.ordinal] = self.scribe.now.isoformat()
        self.after_all()
        return GoldenTerm(tuple(self.scribe.log), marks, instants)

    # the term before: everything in it is a decoy

    def earlier_term(self) -> None:
        """Decoy: an earlier term whose round bears the ordinal of a later one."""
        day, round_no, case_no = date(2021, 4, 1), f"{EARLIER_TERM}-R2", f"{EARLIER_TERM}-R2-U01"
        self.write(
            "joint-action/JA-0",
            JointActionOpened(
                action_no="JA-0", field="FINANCE", partners=["yl-audit", "yl-discipline"],
                opened_on=day, decision=decision("YL-JA-0", day),
            ),
            day,
        )  # fmt: skip
        target = RoundTarget(unit="yl-old", case_no=case_no, team_leader="p-tl-0")
        self.write(
            f"round/{round_no}",
            RoundOpened(
                round_no=round_no, term=EARLIER_TERM, ordinal=2, mode="REGULAR", targets=[target]
            ),
            day,
        )
        for n in range(1, 11):
            self.problem(f"{case_no}-{n:03}", case_no, round_no, "yl-old", day, "JA-0")
        self.lead("L-OLD-1", case_no, round_no, "yl-old", day, principal=True, joint=None)
        self.measure("M-OLD-1", "p-1-002", "L-OLD-1", round_no, day)  # handled again in round 1
        self.measure("M-OLD-2", "p-old-2", "L-OLD-1", round_no, day)
        completed = RoundFedBack(round_no=round_no, completed_on=date(2021, 7, 1))
        self.write(f"round/{round_no}", completed, date(2021, 7, 1))

    # one round

    def round(self, plan: RoundPlan) -> None:
        if plan.ordinal in JOINT_ACTION_OPENED:
            self.joint_action(plan.ordinal)
        self.opened(plan)
        self.deputies(plan)
        self.surrenders(plan)
        self.problems(plan)
        if plan.ordinal == 1:
            tell_stories_of_round_1(self.scribe, self.case_no(plan, 1))
        if plan.ordinal == 2:
            tell_rectification_of_round_1(self.scribe, self.case_no(SPLIT[0], 1))
        if plan.ordinal == 4:
            tell_the_reopening(self.scribe, self.case_no(SPLIT[0], 1))
        self.leads(plan)
        if plan.ordinal == 1:
            tell_other_leads(self.scribe, plan.later(5))
        self.measures(plan)
        self.cases_filed(plan)
        self.beyond_cases(plan)

    def joint_action(self, ordinal: int) -> None:
        number, day = JOINT_ACTION_OF[ordinal], JOINT_ACTION_OPENED[ordinal]
        self.write(
            f"joint-action/{number}",
            JointActionOpened(
                action_no=number, field="LIVELIHOOD", partners=["yl-audit", "yl-discipline"],
                opened_on=day, decision=decision(f"YL-{number}", day),
            ),
            day,
        )  # fmt: skip

    def case_no(self, plan: RoundPlan, unit: int) -> str:
        return f"{plan.round_no}-U{unit:02}"

    def unit(self, plan: RoundPlan, unit: int) -> str:
        return f"yl-r{plan.ordinal}-u{unit:02}"

    def opened(self, plan: RoundPlan) -> None:
        for n in range(1, UNITS_PER_ROUND + 1):
            self.organisation(plan, n)
        targets = [
            RoundTarget(
                unit=self.unit(plan, n), case_no=self.case_no(plan, n),
                team_leader=f"p-tl-{plan.ordinal}-{n}",
            )
            for n in range(1, UNITS_PER_ROUND + 1)
        ]  # fmt: skip
        self.write(
            f"round/{plan.round_no}",
            RoundOpened(
                round_no=plan.round_no, term=TERM, ordinal=plan.ordinal, mode="REGULAR",
                targets=targets,
            ),
            plan.opened,
        )  # fmt: skip

    def organisation(self, plan: RoundPlan, n: int) -> None:
        org, level = self.unit(plan, n), Level.CITY if n <= 6 else Level.COUNTY
        self.write(
            f"organisation/{org}",
            OrganisationRegistered(
                org=org, name=f"云岚样例单位{plan.ordinal}-{n}", level=level, category="BUREAU",
                sector="EDUCATION" if n == 1 else "OTHER",
            ),
            plan.opened,
        )  # fmt: skip
        self.principal(org, None, f"p-up-{plan.ordinal}-{n}", plan.opened)

    def principal(self, org: str, outgoing: str | None, incoming: str, day: date) -> None:
        changed = AppointmentChanged.model_validate(
            {"org": org, "outgoing": outgoing, "incoming": incoming,
             "effective": f"{day.isoformat()}T01:00:00Z"}
        )  # fmt: skip
        self.write(f"organisation/{org}", changed, day)

    def deputies(self, plan: RoundPlan) -> None:
        """Decoy: four deputies are authorised for a second round."""
        again = {2: ["p-nrd-1-1", "p-nrd-1-2"], 3: ["p-nrd-1-1"], 5: ["p-nrd-2-1"]}
        new = [f"p-nrd-{plan.ordinal}-{n}" for n in range(1, plan.deputies + 1)]
        for person in (*new, *again.get(plan.ordinal, [])):
            self.write(
                f"round/{plan.round_no}",
                DeputyAuthorised(
                    round_no=plan.round_no, person_ref=person, authorised_on=plan.opened,
                    decision=decision(f"YL-NRD-{plan.ordinal}", plan.opened),
                ),
                plan.opened,
            )  # fmt: skip

    def surrenders(self, plan: RoundPlan) -> None:
        for n in (1, 2) if plan.ordinal == 2 else ():
            self.write(
                f"voluntary-surrender/VS-{n}",
                VoluntarySurrenderRecorded(
                    surrender_no=f"VS-{n}", round_no=plan.round_no, sector="EDUCATION",
                    surrendered_on=date(2022, 8, n), matter=SEALED,
                ),
                date(2022, 8, n),
            )  # fmt: skip

    # problems

    def problems(self, plan: RoundPlan) -> None:
        issued: dict[int, list[str]] = {n: [] for n in range(1, UNITS_PER_ROUND + 1)}
        for serial in range(plan.problems):
            unit = serial % UNITS_PER_ROUND + 1
            number = f"{self.case_no(plan, unit)}-{len(issued[unit]) + 1:03}"
            joint = JOINT_ACTION_OF[plan.ordinal] if serial < plan.joint_problems else None
            self.problem(
                number, self.case_no(plan, unit), plan.round_no, self.unit(plan, unit),
                plan.fed_back, joint,
            )  # fmt: skip
            issued[unit].append(number)
        for unit, numbers in issued.items():
            self.fed_back(plan, unit, numbers)
        self.write(
            f"round/{plan.round_no}",
            RoundFedBack(round_no=plan.round_no, completed_on=plan.fed_back),
            plan.fed_back,
        )

    def problem(
        self, number: str, case_no: str, round_no: str, unit: str, day: date, joint: str | None
    ) -> None:
        self.drafted(number, case_no, round_no, unit, day, joint)
        self.write(
            f"problem/{number}",
            ProblemIssued(
                problem_no=number, case_no=case_no, round_no=round_no, unit=unit, issued_on=day,
                wording="样例问题", category="DISCIPLINE", cause="SUPERVISION_WEAK",
                nature="DUTY", joint_action=joint,
            ),
            day,
        )  # fmt: skip

    def drafted(
        self, number: str, case_no: str, round_no: str, unit: str, day: date, joint: str | None
    ) -> None:
        self.write(
            f"problem/{number}",
            ProblemDrafted(
                problem_no=number, case_no=case_no, round_no=round_no, unit=unit,
                wording="样例问题", category="DISCIPLINE", cause="SUPERVISION_WEAK",
                nature="DUTY", drafter="p-tm-1", joint_action=joint,
            ),
            day,
        )  # fmt: skip

    def fed_back(self, plan: RoundPlan, unit: int, numbers: list[str]) -> None:
        case_no, day = self.case_no(plan, unit), plan.fed_back
        self.write(
            f"feedback/{case_no}",
            FeedbackIssued(
                case_no=case_no, round_no=plan.round_no, unit=self.unit(plan, unit),
                issued_on=day, forms=[FeedbackForm.COLLECTIVE],
                decision=decision(f"YL-FB-{plan.ordinal}", day), attendance=[],
                principal=f"p-up-{plan.ordinal}-{unit}",
                team_leader=f"p-tl-{plan.ordinal}-{unit}", linked_office="yl-office-3",
                resident_team="yl-resident-1", plan_due=plan.later(14),
                window_end=plan.later(90), rectify_by=plan.later(180),
                problems=[
                    IssuedProblem(
                        problem_no=number, category="DISCIPLINE", cause="SUPERVISION_WEAK",
                        nature="DUTY",
                    )
                    for number in numbers
                ],
            ),
            day,
        )  # fmt: skip
        if unit != UNITS_PER_ROUND:  # decoy: the last case of each round has no supervisor
            started = PhaseStarted(
                case_no=case_no, phase=Phase.INITIAL, supervisor=f"p-tl-{plan.ordinal}-{unit}"
            )
            self.write(f"case/{case_no}", started, day)

    # leads

    def leads(self, plan: RoundPlan) -> None:
        for n in range(1, plan.leads + 1):
            unit = (n - 1) % UNITS_PER_ROUND + 1
            place = (self.case_no(plan, unit), plan.round_no, self.unit(plan, unit))
            joint = JOINT_ACTION_OF[plan.ordinal] if n <= plan.joint_leads else None
            number, is_on_principal = self.lead_no(plan, n), n <= plan.principal_leads
            day = plan.later(5)
            if plan.ordinal == 3 and n == plan.leads:  # written by after_round_3, late
                self.offered(number, *place, day, principal=False, joint=None)
                continue
            if plan.ordinal == 3 and n == 20:  # decoy: returned, and offered again
                self.offered(number, *place, day, principal=False, joint=None)
                returned = LeadReturned(lead_no=number, offer=1, reason="不属管辖")
                self.write(f"lead/{number}", returned, day)
                self.lead(number, *place, day, principal=False, joint=None, offer=2)
                continue
            self.lead(number, *place, day, principal=is_on_principal, joint=joint)
        self.leads_that_do_not_count(plan)

    def leads_that_do_not_count(self, plan: RoundPlan) -> None:
        """Decoys: one returned for good (round 2), one still waiting (round 5)."""
        place = (self.case_no(plan, 1), plan.round_no, self.unit(plan, 1), plan.later(6))
        if plan.ordinal == 2:
            self.offered("L-RETURNED", *place, principal=True, joint="JA-1")
            returned = LeadReturned(lead_no="L-RETURNED", offer=1, reason="材料不全")
            self.write("lead/L-RETURNED", returned, plan.later(6))
        if plan.ordinal == 5:
            self.offered("L-WAITING", *place, principal=True, joint="JA-3")

    def lead_no(self, plan: RoundPlan, n: int) -> str:
        return f"L-{plan.ordinal}-{n:03}"

    def lead(
        self, number: str, case_no: str, round_no: str, unit: str, day: date, *,
        principal: bool, joint: str | None, offer: int = 1,
    ) -> None:  # fmt: skip
        self.offered(
            number, case_no, round_no, unit, day, principal=principal, joint=joint, offer=offer
        )
        self.registered(number, round_no, day, day, offer=offer)

    def offered(
        self, number: str, case_no: str, round_no: str, unit: str, day: date, *,
        principal: bool, joint: str | None, offer: int = 1,
    ) -> None:  # fmt: skip
        facts = {
            "lead_no": number, "offer": offer, "case_no": case_no, "round_no": round_no,
            "unit": unit, "kind": "ECONOMY", "addressee": "yl-discipline",
            "addressee_kind": LeadAddresseeKind.DISCIPLINE_COMMISSION,
            "concerns_principal": principal,
            "post_level": "MUNICIPAL_PRINCIPAL" if principal else "SECTION",
            "problem_nos": [], "content": SEALED,
        }  # fmt: skip
        told = LeadOffered.model_validate({**facts, "joint_action": joint})
        self.write(f"lead/{number}", told, day)
        self.write(f"lead/{number}", LeadOfferReceived.model_validate(facts), day)

    def registered(
        self, number: str, round_no: str, on: date, recorded: date, *, offer: int = 1
    ) -> None:
        self.write(
            f"lead/{number}",
            LeadRegistered(
                lead_no=number, offer=offer, round_no=round_no, addressee="yl-discipline",
                registered_on=on, first_disposal_due=on + timedelta(days=30),
            ),
            recorded,
        )  # fmt: skip
        method = DisposalMethod.PRELIMINARY_VERIFICATION
        self.write(f"lead/{number}", LeadClassified(lead_no=number, method=method), recorded)

    # measures, judiciary, cases

    def measures(self, plan: RoundPlan) -> None:
        """The first persons of a round come out of leads on principals, the others do not."""
        day = plan.later(10)
        for n in range(1, plan.persons + 1):
            if plan.ordinal == 1 and n == plan.persons:
                continue  # decoy: imposed after round 3, counts for round 1 (see after_all)
            lead = self.lead_no(plan, self.lead_of_person(plan, n))
            self.measure(f"M-{plan.ordinal}-{n:03}", f"p-{plan.ordinal}-{n:03}", lead,
                         plan.round_no, day)  # fmt: skip
        if plan.ordinal == 1:  # decoy: one person with two measures
            self.measure("M-1-TWICE", "p-1-050", "L-1-050", plan.round_no, day)
        if plan.ordinal == 2:  # decoy: a person of round 1 is handled again out of round 2
            self.measure("M-2-AGAIN", "p-1-060", "L-2-060", plan.round_no, day)
        self.to_judiciary(plan, plan.later(12))

    def lead_of_person(self, plan: RoundPlan, n: int) -> int:
        """Return the number of the lead; some leads have several persons (decoy)."""
        if n <= plan.principal_measures:
            return (n - 1) % plan.principal_leads + 1
        others = plan.leads - plan.principal_leads - 1
        return plan.principal_leads + (n - 1) % others + 1

    def measure(self, number: str, person: str, lead: str, round_no: str, day: date) -> None:
        self.write(
            f"lead/{lead}",
            MeasureImposed(
                measure_no=number, person_ref=person, category=MeasureCategory.DISCIPLINE,
                measure="WARNING", origin_lead=lead, round_no=round_no,
                legal_basis="discipline-regulations", basis_edition="2018",
                conduct_on=date(2020, 5, 1),
            ),
            day,
        )  # fmt: skip

    def to_judiciary(self, plan: RoundPlan, day: date) -> None:
        """Decoy: the second one of round 3 had no measure: 5 of the 6 are among the handled."""
        persons = [f"p-{plan.ordinal}-001", "p-3-outside"][: plan.judiciary]
        for n, person in enumerate(persons, 1):
            lead = self.lead_no(plan, n)
            self.write(
                f"lead/{lead}",
                TransferredToJudiciary(
                    lead_no=lead, person_ref=person, round_no=plan.round_no, transferred_on=day
                ),
                day,
            )

    def cases_filed(self, plan: RoundPlan) -> None:
        """Decoys: other rounds, filed twice against one person, a deputy promoted afterwards."""
        filed = {
            1: [("L-1-001", "p-boss-1", "MUNICIPAL_PRINCIPAL")],
            2: [
                ("L-2-001", "p-boss-2", "MUNICIPAL_PRINCIPAL"),
                ("L-2-002", "p-boss-2", "MUNICIPAL_PRINCIPAL"),
                ("L-2-003", "p-boss-3", "MUNICIPAL_PRINCIPAL"),
                ("L-2-030", "p-deputy-2", "MUNICIPAL_DEPUTY"),
            ],
            3: [("L-3-001", "p-boss-4", "MUNICIPAL_PRINCIPAL")],
        }
        day = plan.later(15)
        for lead, person, post_level in filed.get(plan.ordinal, []):
            self.write(
                f"lead/{lead}",
                CaseFiled(
                    lead_no=lead, person_ref=person, post_level=post_level,
                    round_no=plan.round_no, filed_on=day,
                ),
                day,
            )  # fmt: skip
        if plan.ordinal == 1:
            self.write(
                "detention/D-1",
                DetentionRecorded(
                    detention_no="D-1", round_no=plan.round_no, detained_on=day, matter=SEALED
                ),
                day,
            )

    # beyond single cases

    def beyond_cases(self, plan: RoundPlan) -> None:
        day = plan.later(18)
        self.evaluated(plan, day)
        self.handovers(plan, day)
        self.commons(plan, day)
        self.reports(plan, day)
        self.campaigns(plan, day)
        if plan.ordinal == 2:
            self.circular("NC-1", day, [("AC-1", "yl-r1-u01", ["p-1-001"])])
        if plan.ordinal == 4:
            named = [
                ("AC-2", "yl-r1-u02", ["p-1-002"]),
                ("AC-3", "yl-r1-u02", []),
                ("AC-4", "yl-r2-u01", []),
            ]
            self.circular("NC-2", day, named)

    def evaluated(self, plan: RoundPlan, day: date) -> None:
        """The round before is evaluated; rounds 4 and 5 never are."""
        if plan.ordinal not in (2, 3, 4):
            return
        before = SPLIT[plan.ordinal - 2]
        cases = [self.case_no(before, n) for n in range(1, UNITS_PER_ROUND + 1)]
        self.write(
            f"round-evaluation/{before.round_no}",
            RoundEvaluated(round_no=before.round_no, case_nos=cases, evaluated_on=day, report=HASH),
            day,
        )

    def handovers(self, plan: RoundPlan, day: date) -> None:
        """Decoys: urged twice (rounds 2 and 4), required but not urged, urged but not completed."""
        urged = [*range(1, plan.urged + 1), *((1,) if plan.ordinal in (2, 4) else ())]
        for urge, n in enumerate(urged, 1):
            case_no = self.case_no(plan, n)
            self.write(
                f"handover-urging/{case_no}",
                HandoverUrged(
                    case_no=case_no, unit=self.unit(plan, n), principal=f"p-up-{plan.ordinal}-{n}",
                    urge=1 + (urge > plan.urged), urged_on=day,
                ),
                day,
            )  # fmt: skip
        for n in range(1, 5) if plan.ordinal in (2, 3, 4) else ():
            self.handover(plan, n, day, completed=n <= 3)

    def handover(self, plan: RoundPlan, n: int, day: date, *, completed: bool) -> None:
        case_no, outgoing = self.case_no(plan, n), f"p-up-{plan.ordinal}-{n}"
        self.write(
            f"case/{case_no}",
            HandoverRequired(
                case_no=case_no, handover=1, outgoing=outgoing,
                incoming=f"p-new-{plan.ordinal}-{n}", problem_nos=[f"{case_no}-001"],
            ),
            day,
        )  # fmt: skip
        if completed:
            done = HandoverCompleted(case_no=case_no, handover=1, witness="p-golden")
            self.write(f"case/{case_no}", done, day)

    def commons(self, plan: RoundPlan, day: date) -> None:
        """Decoy: two more are only proposed (round 5)."""
        extra = 2 if plan.ordinal == 5 else 0
        for n in range(1, plan.commons + extra + 1):
            number = f"CP-{plan.ordinal}-{n}"
            cases = [self.case_no(plan, 1), self.case_no(plan, 2)]
            self.write(
                f"common-problem/{number}",
                CommonProblemProposed(
                    common_no=number, title="样例共性问题",
                    problem_nos=[f"{case_no}-001" for case_no in cases],
                    units=[self.unit(plan, 1), self.unit(plan, 2)],
                ),
                day,
            )  # fmt: skip
            if n <= plan.commons:
                confirmed = CommonProblemConfirmed(
                    common_no=number, confirmed_on=day,
                    decision=decision(f"YL-{number}", day, "committee"),
                )  # fmt: skip
                self.write(f"common-problem/{number}", confirmed, day)

    def reports(self, plan: RoundPlan, day: date) -> None:
        for n in range(1, plan.reports + 1):
            number = f"TR-{plan.ordinal}-{n}"
            self.write(
                f"instrument/{number}",
                ThematicReportIssued(
                    instrument_no=number, addressee="yl-finance", issued_on=day,
                    decision=decision(f"YL-{number}", day), digest=HASH,
                ),
                day,
            )  # fmt: skip
        letter, assignment = f"SL-{plan.ordinal}", f"AS-{plan.ordinal}"
        self.write(
            f"instrument/{letter}",
            SuggestionLetterIssued(
                instrument_no=letter, addressee="yl-finance", issued_on=day,
                decision=decision(f"YL-{letter}", day), digest=HASH,
            ),
            day,
        )  # fmt: skip
        kind = InstrumentKind.ASSIGNMENT_COMMON_PROBLEM
        self.write(
            f"instrument/{assignment}",
            AssignmentIssued(
                instrument_no=assignment, kind=kind, basis=f"CP-{plan.ordinal}-1",
                addressee="yl-finance", issued_on=day,
                decision=decision(f"YL-{assignment}", day, "committee"),
            ),
            day,
        )  # fmt: skip
        self.answered(assignment, kind, day)

    def answered(self, number: str, kind: InstrumentKind, day: date) -> None:
        received = InstrumentReceived(instrument_no=number, kind=kind, received_by="p-fun-1")
        handled = InstrumentHandled(instrument_no=number, kind=kind, answer=HASH)
        self.write(f"instrument/{number}", received, day)
        self.write(f"instrument/{number}", handled, day)

    def campaigns(self, plan: RoundPlan, day: date) -> None:
        for n in range(1, plan.campaigns + 1):
            number = f"CA-{plan.ordinal}-{n}"
            self.write(
                f"campaign/{number}",
                CampaignOpened(
                    campaign_no=number, field="LIVELIHOOD", initiator="yl-leading-group",
                    lead_department="yl-finance", common_nos=[f"CP-{plan.ordinal}-1"],
                    opened_on=day, decision=decision(f"YL-{number}", day),
                ),
                day,
            )  # fmt: skip
            if plan.ordinal == 3:  # decoy: closed ones were opened, too
                closed = CampaignClosed(campaign_no=number, closed_on=day, report=HASH)
                self.write(f"campaign/{number}", closed, day)

    def circular(self, number: str, day: date, named: list[tuple[str, str, list[str]]]) -> None:
        for case_no, unit, persons in named:
            self.accountability_case(case_no, unit, persons, day)
        cases = [
            NamedCase(
                accountability_no=case_no, unit=unit,
                persons=[
                    NamedPerson(person_ref=person, decision=decision(f"YL-NAME-{person}", day))
                    for person in persons
                ],
            )
            for case_no, unit, persons in named
        ]  # fmt: skip
        issued = NamingCircularIssued(
            circular_no=number, issued_on=day, decision=decision(f"YL-{number}", day), cases=cases
        )
        self.write(f"naming-circular/{number}", issued, day)

    def accountability_case(self, number: str, unit: str, persons: list[str], day: date) -> None:
        kind = SubjectKind.PERSON if persons else SubjectKind.ORGANISATION
        self.write(
            f"accountability-case/{number}",
            AccountabilityReferred(
                accountability_no=number, unit=unit, subject_kind=kind,
                subject=persons[0] if persons else unit, ground="FRAUD", evidence=[HASH],
                problem_nos=[], referred_by="p-golden", joint_with="yl-discipline",
                conduct_on=date(2020, 5, 1), account=SEALED,
            ),
            day,
        )  # fmt: skip
        self.write(
            f"accountability-case/{number}",
            CaseDecided(
                accountability_no=number, problem_nos=[], severity="LIGHT", measure="WARNING",
                legal_basis="discipline-regulations", basis_edition="2018", within_band=True,
                decided_by="yl-discipline", decided_on=day,
            ),
            day,
        )  # fmt: skip

    # after round 5

    def after_all(self) -> None:
        day = date(2024, 2, 20)
        self.late_events(day)
        self.promotions(day)
        self.round_without_feedback(day)

    def late_events(self, day: date) -> None:
        """Decoys: a registration of June 2023 is recorded only now, after the as-of positions;
        a measure of round 1 is imposed only now."""
        self.registered("L-3-068", SPLIT[2].round_no, date(2023, 6, 20), day)
        self.measure("M-1-095", "p-1-095", "L-1-069", SPLIT[0].round_no, day)

    def promotions(self, day: date) -> None:
        """Decoys: a deputy becomes principal, a principal rises: posts at the conduct decide."""
        self.principal("yl-r2-u05", "p-up-2-5", "p-deputy-2", day)
        self.principal("yl-county-1", None, "p-boss-3", day)

    def round_without_feedback(self, day: date) -> None:
        """Decoys: a sixth round is opened and not fed back, its twelve problems are drafts."""
        round_no, case_no = f"{TERM}-R6", f"{TERM}-R6-U01"
        target = RoundTarget(unit="yl-r6-u01", case_no=case_no, team_leader="p-tl-6-1")
        self.write(
            f"round/{round_no}",
            RoundOpened(round_no=round_no, term=TERM, ordinal=6, mode="REGULAR", targets=[target]),
            day,
        )
        for n in range(1, 13):
            self.drafted(f"{case_no}-{n:03}", case_no, round_no, "yl-r6-u01", day, "JA-3")
