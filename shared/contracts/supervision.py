"""督查监督: ledgers, plan review, visits, evaluation, closing, reopening, long-term watch."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from shared.contracts.base import Code, DataClass, Day, Decision, DocumentHash, Event, Facts, Text
from shared.contracts.evaluation import DimensionScores
from shared.contracts.rectification import ResidualItem
from shared.contracts.registry import upcaster


class Ledger(StrEnum):
    """Whose ledger (台账) it is: the unit's, the team's, the inspection office's (R163)."""

    UNIT = "UNIT"
    TEAM = "TEAM"
    OFFICE = "OFFICE"


class Phase(StrEnum):
    """Who is the accountable supervisor (R168–R171)."""

    INITIAL = "INITIAL"
    MIDDLE = "MIDDLE"
    LONG = "LONG"


class ProblemState(StrEnum):
    """Where a problem stands in its life (requirements 2.1), from the feedback on."""

    ISSUED = "P3"
    CONTESTED = "P3x"
    WITHDRAWN = "P3w"
    CLAIMED = "P4"
    PLAN_UNDER_REVIEW = "P5"
    RECTIFYING = "P6"
    DECLARED_RECTIFIED = "P7"
    UNDER_SUPERVISION = "P8"
    UNDER_EVALUATION = "P9"
    RE_RECTIFYING = "P10"
    CLOSURE_ELIGIBLE = "P11"
    CLOSURE_APPLIED = "P12"
    CLOSURE_ACCEPTED = "P13"
    OFFICE_APPROVED = "P14"
    CLOSED = "P15"
    LONG_TERM_WATCH = "P16"
    REOPENED = "P17"
    ARCHIVED = "P18"

    @property
    def chinese(self) -> str:
        """The field's term for the state."""
        return _CHINESE_STATES[self]


_CHINESE_STATES = {
    ProblemState.ISSUED: "已反馈",
    ProblemState.CONTESTED: "异议申诉中",
    ProblemState.WITHDRAWN: "撤销",
    ProblemState.CLAIMED: "已认领",
    ProblemState.PLAN_UNDER_REVIEW: "方案联审中",
    ProblemState.RECTIFYING: "整改中",
    ProblemState.DECLARED_RECTIFIED: "申明完成",
    ProblemState.UNDER_SUPERVISION: "督查中",
    ProblemState.UNDER_EVALUATION: "评估中",
    ProblemState.RE_RECTIFYING: "再整改",
    ProblemState.CLOSURE_ELIGIBLE: "可报结",
    ProblemState.CLOSURE_APPLIED: "申请报结",
    ProblemState.CLOSURE_ACCEPTED: "验收合格",
    ProblemState.OFFICE_APPROVED: "巡察办审核同意",
    ProblemState.CLOSED: "报结销号",
    ProblemState.LONG_TERM_WATCH: "长期监督",
    ProblemState.REOPENED: "重启",
    ProblemState.ARCHIVED: "归档",
}


class Milestone(StrEnum):
    """What a ledger notes about a problem when another service tells it."""

    ISSUED = "ISSUED"
    CONTESTED = "CONTESTED"
    OBJECTION_SETTLED = "OBJECTION_SETTLED"
    WITHDRAWN = "WITHDRAWN"
    CLAIMED = "CLAIMED"
    PLAN_UNDER_REVIEW = "PLAN_UNDER_REVIEW"
    PLAN_RETURNED = "PLAN_RETURNED"
    RECTIFYING = "RECTIFYING"
    OVERDUE = "OVERDUE"
    DEADLINE_EXTENDED = "DEADLINE_EXTENDED"
    DECLARED_RECTIFIED = "DECLARED_RECTIFIED"
    COMPLETION_VOIDED = "COMPLETION_VOIDED"
    RE_RECTIFYING = "RE_RECTIFYING"
    CLOSURE_APPLIED = "CLOSURE_APPLIED"
    SIGNATURE_LAPSED = "SIGNATURE_LAPSED"
    AMENDED = "AMENDED"


class ReviewingBody(StrEnum):
    """The three bodies of the joint review (G11)."""

    DISCIPLINE = "DISCIPLINE"
    ORGANISATION = "ORGANISATION"
    INSPECTION = "INSPECTION"


class Executor(StrEnum):
    """Who carries out a pair: the first one the joint group, later ones the linked office."""

    JOINT_GROUP = "JOINT_GROUP"
    LINKED_OFFICE = "LINKED_OFFICE"


class Grade(StrEnum):
    """The result of an evaluation."""

    PASS = "PASS"
    FAIL = "FAIL"


class ShamKind(StrEnum):
    """文字整改, 数字整改, 关门整改 (R152)."""

    ON_PAPER = "ON_PAPER"
    BY_NUMBERS = "BY_NUMBERS"
    BEHIND_CLOSED_DOORS = "BEHIND_CLOSED_DOORS"


class Returner(StrEnum):
    """At which step a closing was returned."""

    LINKED_OFFICE = "LINKED_OFFICE"
    OFFICE = "OFFICE"
    COSIGNER = "COSIGNER"


class Cosigner(StrEnum):
    """The two countersigners (R220)."""

    LINKED_OFFICE = "LINKED_OFFICE"
    TEAM_LEADER = "TEAM_LEADER"


class ReopeningGround(StrEnum):
    """What brought a closed problem back (T34)."""

    LOOK_BACK = "LOOK_BACK"
    GENERAL_RECHECK = "GENERAL_RECHECK"
    REVISIT = "REVISIT"
    SURPRISE_CHECK = "SURPRISE_CHECK"
    NEW_ROUND = "NEW_ROUND"
    PUBLIC_EVIDENCE = "PUBLIC_EVIDENCE"


class ReopeningFinding(StrEnum):
    """What was found of a closed problem: 没见底, 虚假整改, 反弹 (R224, R231)."""

    NOT_TO_THE_BOTTOM = "NOT_TO_THE_BOTTOM"
    FALSE = "FALSE"
    RELAPSE = "RELAPSE"


class MethodUsed(Facts):
    """One method of a visit (on site, interview, documents …) with its evidence."""

    method: Code
    evidence: list[DocumentHash] = Field(min_length=1)


class GroupMember(Facts):
    """A member of a supervision group, with the organisation that sent this person (G15)."""

    person_ref: Code
    org: Code


class LedgerOpened(Event, type="supervision.ledger-opened"):
    """One of the three ledgers of a case was opened (X02)."""

    case_no: Code
    ledger: Ledger
    unit: Code
    round_no: Code
    problem_nos: list[Code]


class PhaseStarted(Event, type="supervision.phase-started"):
    """A supervision phase began with exactly one accountable supervisor (X02)."""

    case_no: Code
    phase: Phase
    supervisor: Code


class PhaseChanged(Event, type="supervision.phase-changed"):
    """The next supervisor accepted; the previous one's accountability ended (T40)."""

    case_no: Code
    phase: Phase
    supervisor: Code
    accepted_by: Code


class ClosureReviewOpened(Event, type="supervision.closure-review-opened"):
    """Supervision of one issued problem began."""

    problem_no: Code
    case_no: Code
    round_no: Code
    unit: Code
    category: Code
    issued_on: Day
    team_leader: Code
    linked_office: Code
    resident_team: Code
    rectify_by: Day
    concerns_person_or_matter: bool = False
    team_members: list[Code] = []


class EntryPosted(Event, type="supervision.entry-posted"):
    """The ledgers took note of a milestone of the problem; `source_id` is the event it rests on.

    `state` is where the problem stands through this milestone; absent when it stays where it is.
    """

    problem_no: Code
    case_no: Code
    ledgers: list[Ledger] = Field(min_length=1)
    milestone: Milestone
    cycle: int = Field(ge=1)
    source_id: Code
    state: ProblemState | None = None
    due: Day | None = None
    application: int | None = None
    signatory: Code | None = None
    digest: DocumentHash | None = None


class PlanReceived(Event, type="supervision.plan-received"):
    """A version of the plan is ready for joint review."""

    case_no: Code
    plan_version: int
    digest: DocumentHash


class PlanVoteCast(Event, type="supervision.plan-vote-cast"):
    """One of the three bodies gave its vote on one version (G11)."""

    case_no: Code
    plan_version: int
    digest: DocumentHash
    body: ReviewingBody
    approves: bool
    remarks: Text | None = None


class PlanReturned(Event, type="supervision.plan-returned"):
    """One body returned the plan (T13)."""

    case_no: Code
    plan_version: int
    body: ReviewingBody
    remarks: Text


class PlanApproved(Event, type="supervision.plan-approved"):
    """All three bodies approved the same version (T14)."""

    case_no: Code
    plan_version: int
    digest: DocumentHash


class SupervisionStarted(Event, type="supervision.supervision-started"):
    """Round n of supervision began on site (督查, T20).

    `group` names the organisation that sent each of the `members` (G15).
    """

    problem_no: Code
    cycle: int
    n: int = Field(ge=1)
    visit_no: Code
    executor: Executor
    executor_org: Code
    members: list[Code] = Field(min_length=1)
    group: list[GroupMember] = []


class SupervisionCompleted(Event, type="supervision.supervision-completed"):
    """Round n of supervision is complete, with methods, evidence and a finding (T21)."""

    problem_no: Code
    cycle: int
    n: int
    methods: list[MethodUsed] = Field(min_length=1)
    finding: Text


class SelfScored(Event, type="supervision.self-scored", schema=2):
    """The unit scored itself; locked before the panel scores (T22). Points 0–100."""

    problem_no: Code
    cycle: int
    n: int
    score: int = Field(ge=0, le=100)
    dimensions: DimensionScores | None = None


class PanelScored(Event, type="supervision.panel-scored", schema=2):
    """The panel scored (T22). Points 0–100."""

    problem_no: Code
    cycle: int
    n: int
    score: int = Field(ge=0, le=100)
    dimensions: DimensionScores | None = None


class PollClosed(Event, type="supervision.poll-closed", schema=2):
    """The poll was closed with at least the minimum sample (T22). Points 0–100."""

    problem_no: Code
    cycle: int
    n: int
    score: int = Field(ge=0, le=100)
    respondents: int = Field(ge=1)
    dimensions: DimensionScores | None = None


class EvaluationFinalised(Event, type="supervision.evaluation-finalised"):
    """Evaluation n has its result (评估, T23–T25). `total` is in hundredths of a point."""

    problem_no: Code
    case_no: Code
    unit: Code
    cycle: int
    n: int
    scheme_version: Code
    executor_org: Code
    total: int = Field(ge=0, le=10_000)
    grade: Grade
    is_low: bool = False
    items: list[ResidualItem] = []
    rectify_by: Day


LEAST_PAIRS = 2
"""至少经过二次督查、评估: pairs that closing needs; a policy may ask for more (R216, G17)."""


class ClosureEligible(Event, type="supervision.closure-eligible"):
    """Enough pairs, the last one passed: closing may be applied for (可报结, T25, T47)."""

    problem_no: Code
    case_no: Code
    cycle: int
    pairs: int
    waived: bool = False


class SecondRoundWaived(Event, type="supervision.second-round-waived"):
    """The leading group waived the second pair, exceptionally (T47, A09)."""

    problem_no: Code
    cycle: int
    reason: Text
    decision: Decision


class DisposalNoted(Event, type="supervision.disposal-noted"):
    """What accountability made known about person or matter, and nothing more (X09, G19)."""

    problem_no: Code
    disposal_known: bool
    pursuit_known: bool


class ShamRectificationFound(Event, type="supervision.sham-rectification-found"):
    """A supervisor found sham rectification (T19, X08)."""

    problem_no: Code
    case_no: Code
    unit: Code
    cycle: int
    kind: ShamKind
    evidence: list[DocumentHash] = Field(min_length=1)
    rectify_by: Day


class ClosureAccepted(Event, type="supervision.closure-accepted"):
    """The linked office accepted the rectification (验收合格, T28)."""

    problem_no: Code
    cycle: int
    application: int
    office: Code
    accepted_by: Code
    methods: list[MethodUsed] = Field(min_length=1)


class ClosureReturned(Event, type="supervision.closure-returned"):
    """The closing was returned (T27, T29, T32); the next application gets the next number."""

    problem_no: Code
    case_no: Code
    cycle: int
    application: int
    returned_by: Returner
    reasons: Text
    items: list[ResidualItem]
    rectify_by: Day


class LedgersReconciled(Event, type="supervision.ledgers-reconciled"):
    """The three ledgers say the same about the problem (T30, R163, R164)."""

    problem_no: Code
    cycle: int
    application: int
    entries: int = Field(ge=1)


class ClosureOfficeApproved(Event, type="supervision.closure-office-approved"):
    """The inspection office agreed (巡察办审核同意, T30)."""

    problem_no: Code
    cycle: int
    application: int
    approved_by: Code


class ClosureCountersigned(Event, type="supervision.closure-countersigned"):
    """One of the two countersigners signed the same hash (会签, T31, G22)."""

    problem_no: Code
    cycle: int
    application: int
    cosigner: Cosigner
    signed_by: Code
    digest: DocumentHash


class ProblemClosed(Event, type="supervision.problem-closed"):
    """The problem is closed and cancelled from the ledgers (报结销号, T31)."""

    problem_no: Code
    case_no: Code
    unit: Code
    cycle: int
    application: int
    pairs: int
    signatory: Code
    digest: DocumentHash
    resident_team: Code


class EntryCancelled(Event, type="supervision.entry-cancelled"):
    """The item was cancelled from all three ledgers of the case (对账销号, R121)."""

    case_no: Code
    problem_no: Code
    withdrawn: bool = False


class EntryRestored(Event, type="supervision.entry-restored"):
    """A reopened item stands in all three ledgers again."""

    case_no: Code
    problem_no: Code


class MeetingNoted(Event, type="supervision.meeting-noted"):
    """The ledgers took note that the special meeting was held and reported (R161)."""

    case_no: Code


class CopyNoticeNoted(Event, type="supervision.copy-notice-noted"):
    """The ledgers took note that a copy notice waits for its answer, or has it (R087)."""

    case_no: Code
    notice_no: Code
    is_answered: bool


class CaseClosed(Event, type="supervision.case-closed"):
    """Every problem of the case is cancelled and nothing is left open (报结)."""

    case_no: Code
    unit: Code
    round_no: Code


class LongTermWatchOffered(Event, type="supervision.long-term-watch-offered"):
    """On closing, the resident team is asked to take the problem over (X11)."""

    problem_no: Code
    resident_team: Code


class LongTermWatchStarted(Event, type="supervision.long-term-watch-started"):
    """The resident team accepted the watch (长期监督, T33), which lasts until the end of a day."""

    problem_no: Code
    resident_team: Code
    accepted_by: Code
    until: Day | None = None


class CaseFileChecked(Event, type="supervision.case-file-checked"):
    """The inspection office found the index of the file complete (一案一档, T36)."""

    problem_no: Code
    documents: int = Field(ge=1)
    checked_by: Code


class ProblemReopened(Event, type="supervision.problem-reopened", schema=2):
    """A closed problem came back: cycle c + 1, number and history kept (重启, T34)."""

    problem_no: Code
    case_no: Code
    unit: Code
    cycle: int = Field(ge=2)
    ground: ReopeningGround
    finding: ReopeningFinding | None = None
    finding_ref: Code
    decision: Decision
    items: list[ResidualItem]
    rectify_by: Day


class CaseFileArchived(Event, type="supervision.case-file-archived"):
    """The file of the problem is sealed (归档, T36); the problem stays reopenable."""

    problem_no: Code
    documents: int = Field(ge=1)
    archived_by: Code


class UrgeIssued(Event, type="supervision.urge-issued"):
    """The unit was urged because a deadline passed (督办, X06). `level` counts urges.

    `is_exhausted`: as many urges as the policy allows went unheeded; accountability is proposed.
    """

    problem_no: Code
    case_no: Code
    unit: Code
    level: int = Field(ge=1)
    cause_id: Code
    is_exhausted: bool = False


class LookBackListed(Event, type="supervision.look-back-listed"):
    """A low score put the problem on the look-back list (T41, X07)."""

    problem_no: Code
    case_no: Code
    cycle: int
    n: int
    total: int


class InstrumentKind(StrEnum):
    """两单一书一报告 (R235–R240): four kinds, always shown apart."""

    ASSIGNMENT_PERSONS_AND_MATTERS = "ASSIGNMENT_PERSONS_AND_MATTERS"  # 点人点事交办单
    ASSIGNMENT_COMMON_PROBLEM = "ASSIGNMENT_COMMON_PROBLEM"  # 共性问题交办单
    SUGGESTION_LETTER = "SUGGESTION_LETTER"  # 巡察建议书
    THEMATIC_REPORT = "THEMATIC_REPORT"  # 专题报告


class StatedFigure(Facts):
    """A figure as a report states it: with definition and event positions, never "last year".

    `positions` pairs each service with the position in its log up to which was counted (A51).
    """

    name: Code
    value: int = Field(ge=0)
    definition_version: Code
    term: Code | None = None
    rounds: list[int] = []
    since: Day | None = None
    until: Day | None = None
    positions: dict[str, int] = Field(min_length=1)


class HandoverUrged(Event, type="supervision.handover-urged"):
    """A principal who leaves or left was urged to hand the open problems over (R141, R142)."""

    case_no: Code
    unit: Code
    principal: Code
    urge: int = Field(ge=1)
    urged_on: Day


class CommonProblemProposed(Event, type="supervision.common-problem-proposed"):
    """The office sees one problem in several units (共性问题, R244)."""

    common_no: Code
    title: Text
    problem_nos: list[Code] = Field(min_length=1)
    units: list[Code] = Field(min_length=1)


class CommonProblemConfirmed(Event, type="supervision.common-problem-confirmed"):
    """The committee confirmed that the problem is common (A24)."""

    common_no: Code
    confirmed_on: Day
    decision: Decision


class AssignmentIssued(Event, type="supervision.assignment-issued"):
    """An assignment went out: on persons and matters (R236), or on a common problem (R237)."""

    instrument_no: Code
    kind: InstrumentKind
    basis: Code
    addressee: Code
    issued_on: Day
    decision: Decision


class SuggestionLetterIssued(Event, type="supervision.suggestion-letter-issued"):
    """A department was advised by letter (巡察建议书, R238); it answers."""

    instrument_no: Code
    addressee: Code
    issued_on: Day
    decision: Decision
    digest: DocumentHash


class ThematicReportIssued(Event, type="supervision.thematic-report-issued"):
    """A thematic report (专题报告, R240) was issued. Meeting and term reports are none (A22)."""

    instrument_no: Code
    addressee: Code
    issued_on: Day
    decision: Decision
    digest: DocumentHash
    figures: list[StatedFigure] = []


class InstrumentReceived(Event, type="supervision.instrument-received"):
    """The addressee of an assignment, letter or report confirmed it."""

    instrument_no: Code
    kind: InstrumentKind
    received_by: Code


class InstrumentHandled(Event, type="supervision.instrument-handled"):
    """The addressee answered for what it did about it (R239)."""

    instrument_no: Code
    kind: InstrumentKind
    answer: DocumentHash


class CampaignOpened(Event, type="supervision.campaign-opened"):
    """A campaign (专项治理) against common problems began (R245, R295, A25)."""

    campaign_no: Code
    field: Code
    initiator: Code
    lead_department: Code
    common_nos: list[Code] = []
    opened_on: Day
    decision: Decision


class CampaignClosed(Event, type="supervision.campaign-closed"):
    """The campaign was reviewed and closed."""

    campaign_no: Code
    closed_on: Day
    report: DocumentHash


class RoundEvaluated(Event, type="supervision.round-evaluated"):
    """The rectification of a whole round was evaluated (一轮一评估, R209)."""

    round_no: Code
    case_nos: list[Code] = Field(min_length=1)
    evaluated_on: Day
    report: DocumentHash


class RoundCompletionNoted(Event, type="supervision.round-completion-noted"):
    """Supervision learnt that a whole round was fed back: both duties begin (R209)."""

    round_no: Code
    completed_on: Day


class CircularIssued(Event, type="supervision.circular-issued", data_class=DataClass.C1):
    """The circular (通报) about an evaluated round was issued (一轮一通报, R194, R209)."""

    round_no: Code
    circular_no: Code
    issued_on: Day
    decision: Decision
    digest: DocumentHash
    good_units: list[Code] = []
    poor_units: list[Code] = []


class RoundDuty(StrEnum):
    """What is owed about every completed round (R209)."""

    EVALUATION = "EVALUATION"
    CIRCULAR = "CIRCULAR"


class RoundListedOverdue(Event, type="supervision.round-listed-overdue"):
    """A round stands on the overdue list: what it lacks was due on `due` (R209, A20)."""

    round_no: Code
    due: Day
    lacks: list[RoundDuty] = Field(min_length=1)


class PopulationFrozen(Event, type="supervision.population-frozen", data_class=DataClass.C3):
    """Out of whom a surprise re-check (回马枪) will be drawn is fixed, before any seed (R177)."""

    draw_no: Code
    population: list[Code] = Field(min_length=1)
    size: int = Field(ge=1)
    frozen_by: Code


class SurpriseDrawn(Event, type="supervision.surprise-drawn", data_class=DataClass.C3):
    """The seed was drawn by another person, and selects (R177).

    `algorithm` says how (`shared/contracts/surprise_draw.py`); `seed_source` where the seed came
    from: the lot that was drawn, before whom.
    """

    draw_no: Code
    algorithm: Code
    seed: DocumentHash
    seed_source: Text
    selection: list[Code] = Field(min_length=1)
    drawn_by: Code


class TeamLeaderReplaced(Event, type="supervision.team-leader-replaced"):
    """The team leader of record is unavailable; the leading group appointed a successor (A12)."""

    case_no: Code
    former: Code
    successor: Code
    reason: Text
    decision: Decision


class HandoverNoted(Event, type="supervision.handover-noted"):
    """Supervision learnt that a handover of the unit's principal is open or complete (G20)."""

    unit: Code
    case_no: Code
    handover: int = Field(ge=1)
    is_open: bool


class UrgingRuleNoted(Event, type="supervision.urging-rule-noted"):
    """Supervision learnt after how many urges accountability is proposed, and since when (X06)."""

    edition: Code
    effective: Day
    urge_levels: int = Field(ge=1)


def _unchanged(facts: dict[str, Any]) -> dict[str, Any]:
    """Schema 2 adds a fact that schema 1 did not ask for: it stays absent."""
    return facts


for _event in (SelfScored, PanelScored, PollClosed, ProblemReopened):
    upcaster(_event.TYPE, 1)(_unchanged)
