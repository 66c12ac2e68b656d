"""整改: cases, claims, plans, tasks, pledges, declarations, handovers, closing reports."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.base import (
    Code,
    Day,
    DocumentHash,
    Event,
    Facts,
    Text,
    UtcTime,
)


class MeasureKind(StrEnum):
    """治标 or 治本 (R127)."""

    SYMPTOM = "SYMPTOM"
    ROOT = "ROOT"


class MeasureLevel(StrEnum):
    """Where a measure bites (R109)."""

    OWN_LEADERSHIP = "OWN_LEADERSHIP"
    OWN_ORGANS = "OWN_ORGANS"
    SUBORDINATE = "SUBORDINATE"


class RootCauseKind(StrEnum):
    """Where the cause lies (R133)."""

    INSTITUTION = "INSTITUTION"
    MECHANISM = "MECHANISM"
    PERSON = "PERSON"
    SUPERVISION = "SUPERVISION"


class OrderCause(StrEnum):
    """Why a problem must be rectified again (再整改)."""

    EVALUATION = "EVALUATION"
    CLOSURE_RETURN = "CLOSURE_RETURN"
    REOPENING = "REOPENING"
    SHAM = "SHAM"


class ResultStatus(StrEnum):
    """Whether one of the three results 改 / 问 / 立 is there (R128)."""

    DONE = "DONE"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class ProblemState(StrEnum):
    """The states of the life cycle that the unit's side can tell apart (requirements 2.1).

    `EXPECTED`: something was noted about the problem before it was received.
    """

    EXPECTED = "P0-P2"
    ISSUED = "P3"
    WITHDRAWN = "P3w"
    CLAIMED = "P4"
    RECTIFYING = "P6"
    DECLARED_RECTIFIED = "P7"
    RE_RECTIFYING = "P10"
    CLOSURE_ELIGIBLE = "P11"
    CLOSURE_APPLIED = "P12"
    CLOSED = "P15"


class HandoverParty(StrEnum):
    """Who signs a handover (R141)."""

    OUTGOING = "OUTGOING"
    INCOMING = "INCOMING"


class CaseProblem(Facts):
    """A problem of the case as it was issued."""

    problem_no: Code
    category: Code
    concerns_person_or_matter: bool = False


class Measure(Facts):
    """One measure of the plan; a sanction never stands for rectification (G09, R110)."""

    measure_no: Code
    kind: MeasureKind
    level: MeasureLevel
    is_sanction: bool = False
    text: Text


class Task(Facts):
    """One task, bound to matter, post, person, leader, department and deadline (G08)."""

    task_no: Code
    matter: Text
    post: Code
    person: Code
    leader: Code
    department: Code
    deadline: Day


class PlannedProblem(Facts):
    """What the plan does about one problem."""

    problem_no: Code
    root_cause_kind: RootCauseKind
    root_cause: Text
    measures: list[Measure] = Field(min_length=1)
    no_root_measure_reason: Text | None = None
    tasks: list[Task] = Field(min_length=1)


class ResidualItem(Facts):
    """Something that is still to be done after an evaluation, a return or a reopening."""

    item_no: Code
    matter: Text


class Result(Facts):
    """One of the three results; what is not applicable needs its reason."""

    status: ResultStatus
    reason: Text | None = None


class CaseOpened(Event, type="rectification.case-opened"):
    """The rectification case of one unit and round was opened (X01)."""

    case_no: Code
    round_no: Code
    unit: Code
    issued_on: Day
    principal: Code
    plan_due: Day
    window_end: Day
    rectify_by: Day
    problems: list[CaseProblem] = Field(min_length=1)


class ProblemReceived(Event, type="rectification.problem-received"):
    """The unit's side learnt that the problem was issued to it; it is to be claimed (X01)."""

    problem_no: Code
    case_no: Code
    unit: Code
    category: Code
    issued_on: Day
    rectify_by: Day
    concerns_person_or_matter: bool = False


class ProblemClaimed(Event, type="rectification.problem-claimed"):
    """The incumbent principal claimed the problem (认领, T10)."""

    problem_no: Code
    case_no: Code
    unit: Code
    claimed_by: Code
    responsible_member: Code
    claimed_on: Day
    concerns_person_or_matter: bool = False


class PlanSubmitted(Event, type="rectification.plan-submitted"):
    """The plan with problem, task and responsibility lists was submitted (T12)."""

    case_no: Code
    unit: Code
    plan_version: int = Field(ge=1)
    digest: DocumentHash
    submitted_by: Code
    problems: list[PlannedProblem] = Field(min_length=1)


class PlanReturnNoted(Event, type="rectification.plan-return-noted"):
    """One reviewing body returned the plan; it is to be submitted again (T13)."""

    case_no: Code
    plan_version: int
    returned_by: Code


class PlanApprovalNoted(Event, type="rectification.plan-approval-noted"):
    """All three reviewing bodies approved this version of the plan (T14)."""

    case_no: Code
    plan_version: int


class RectificationStarted(Event, type="rectification.rectification-started"):
    """All three bodies approved the plan: the problem's tasks run (整改中, T14)."""

    problem_no: Code
    case_no: Code
    plan_version: int
    has_own_level_measure: bool
    tasks: list[Task]
    rectify_by: Day
    deadline_version: int = Field(ge=1)


class TaskProgressed(Event, type="rectification.task-progressed"):
    """Progress on a task, with evidence (T15)."""

    problem_no: Code
    task_no: Code
    note: Text
    percent: int = Field(ge=0, le=100)
    evidence: list[DocumentHash] = []


class TaskCompleted(Event, type="rectification.task-completed"):
    """A task or a residual item is done, with evidence (T15)."""

    problem_no: Code
    task_no: Code
    evidence: list[DocumentHash] = Field(min_length=1)


class DeadlineExtended(Event, type="rectification.deadline-extended"):
    """The accountable supervisor granted a later date (T16)."""

    problem_no: Code
    deadline_version: int = Field(ge=2)
    rectify_by: Day
    reason: Text
    approved_by: Code


class RectificationOverdue(Event, type="rectification.rectification-overdue"):
    """The deadline passed; said once for each deadline version (T17)."""

    problem_no: Code
    case_no: Code
    unit: Code
    cycle: int
    deadline_version: int
    due: Day


class BlockerRaised(Event, type="rectification.blocker-raised"):
    """The unit meets an obstacle that it cannot remove alone (R126)."""

    problem_no: Code
    blocker_no: Code
    cause: Text
    help_needed: Text


class BlockerResolved(Event, type="rectification.blocker-resolved"):
    """The obstacle is gone."""

    problem_no: Code
    blocker_no: Code
    solution: Text


class EffectRecorded(Event, type="rectification.effect-recorded"):
    """A measured result: an entry of the effect list (成效清单, G13)."""

    problem_no: Code
    effect: Text
    evidence: list[DocumentHash] = Field(min_length=1)


class DocumentArchived(Event, type="rectification.document-archived"):
    """A document in the file: an entry of the archive list (档案清单, G13)."""

    problem_no: Code
    document_no: Code
    title: Text
    digest: DocumentHash


class ResultsRecorded(Event, type="rectification.results-recorded"):
    """The three results 改 / 问 / 立 of the problem (G23)."""

    problem_no: Code
    fixed: Result
    held_to_account: Result
    built: Result


class LoopholeClosed(Event, type="rectification.loophole-closed"):
    """A loophole (漏洞) that the problem showed was closed (R129)."""

    problem_no: Code
    loophole_no: Code
    description: Text
    evidence: list[DocumentHash] = Field(min_length=1)


class InstitutionChange(StrEnum):
    """What was done to a rule of the unit (制度, R130)."""

    NEW = "NEW"
    AMENDED = "AMENDED"
    REPEALED = "REPEALED"


class InstitutionChanged(Event, type="rectification.institution-changed"):
    """A rule was made, amended or repealed because of the problem (建章立制, R130).

    `loophole_nos` are the loopholes that it closes; `digest` is that of the text in force.
    """

    problem_no: Code
    change: InstitutionChange
    document_no: Code
    title: Text
    effective_on: Day
    digest: DocumentHash
    loophole_nos: list[Code] = []


class FiveListsStated(Event, type="rectification.five-lists-stated"):
    """The five lists (五份清单) as they stood in the store, for anybody to count again (R118).

    `position` is that of the service's log up to which the lists were projected. `digests` names
    each list with the digest of its entries (`shared/contracts/five_lists.py`).
    """

    case_no: Code
    position: int = Field(ge=1)
    entries: int = Field(ge=0)
    digests: dict[str, DocumentHash] = Field(min_length=1)


class MeetingHeld(Event, type="rectification.meeting-held"):
    """The special democratic-life meeting was held (专题民主生活会, G12)."""

    case_no: Code
    held_on: Day


class MeetingReported(Event, type="rectification.meeting-reported"):
    """The meeting was reported (G12)."""

    case_no: Code
    reported_on: Day
    report: DocumentHash


class AuthenticityPledged(Event, type="rectification.authenticity-pledged"):
    """The principal pledged that this very content is true (真实性承诺, G14)."""

    problem_no: Code
    cycle: int
    signatory: Code
    digest: DocumentHash


class PledgeVoided(Event, type="rectification.pledge-voided"):
    """The pledge no longer holds: the content changed or proved false."""

    problem_no: Code
    cycle: int
    is_false: bool
    reason: Text


class ProblemDeclaredRectified(Event, type="rectification.problem-declared-rectified"):
    """The unit declared the problem rectified (申明完成, T18)."""

    problem_no: Code
    case_no: Code
    cycle: int
    declaration: int = Field(ge=1)
    declared_by: Code
    digest: DocumentHash


class CompletionVoided(Event, type="rectification.completion-voided"):
    """A supervisor found the completion to be sham; it counts no longer (T19)."""

    problem_no: Code
    case_no: Code
    cycle: int
    finding: Code


class ReRectificationOrdered(Event, type="rectification.re-rectification-ordered"):
    """The problem is to be rectified again (再整改, T23, T24, T27, T29, T32, T35)."""

    problem_no: Code
    case_no: Code
    cycle: int = Field(ge=1)
    cause: OrderCause
    items: list[ResidualItem]
    rectify_by: Day
    deadline_version: int = Field(ge=1)


class NilItemsConfirmed(Event, type="rectification.nil-items-confirmed"):
    """The unit confirmed that an empty list of residual items is right (A54)."""

    problem_no: Code
    cycle: int
    confirmed_by: Code


class ClosureEligibilityNoted(Event, type="rectification.closure-eligibility-noted"):
    """The unit's side learnt that closing may be applied for (可报结, P11)."""

    problem_no: Code
    cycle: int
    pairs: int
    waived: bool = False


class DisposalNoted(Event, type="rectification.disposal-noted"):
    """The unit's side learnt what is known of disposal and pursuit (G19)."""

    problem_no: Code
    disposal_known: bool
    pursuit_known: bool


class ObjectionNoted(Event, type="rectification.objection-noted"):
    """The unit's side learnt that an objection is open or settled (G24)."""

    problem_no: Code
    objection_no: Code
    is_open: bool


class ClosureReportSigned(Event, type="rectification.closure-report-signed"):
    """The incumbent principal signed the closing report on its frozen hash (G21)."""

    problem_no: Code
    cycle: int
    signatory: Code
    incumbent_since: UtcTime
    digest: DocumentHash


class ClosureApplied(Event, type="rectification.closure-applied"):
    """Closing was applied for (申请报结, T26); `application` counts within the cycle."""

    problem_no: Code
    case_no: Code
    unit: Code
    cycle: int
    application: int = Field(ge=1)
    signatory: Code
    digest: DocumentHash


class ClosureSignatureLapsed(Event, type="rectification.closure-signature-lapsed"):
    """The signatory is no longer the principal: the application lapsed (T39, A11)."""

    problem_no: Code
    case_no: Code
    cycle: int
    application: int
    former_signatory: Code


class ClosureNoted(Event, type="rectification.closure-noted"):
    """The unit's side learnt that the problem is closed (X11)."""

    problem_no: Code
    cycle: int


class ProblemStopped(Event, type="rectification.problem-stopped"):
    """The problem was withdrawn: its tasks end (X05)."""

    problem_no: Code
    case_no: Code


class TasksRevised(Event, type="rectification.tasks-revised"):
    """The wording was amended: what is planned and done answers the new wording (X05, T08).

    `work` names the tasks and residual items that were open then.
    """

    problem_no: Code
    case_no: Code
    objection_no: Code
    wording_version: int = Field(ge=2)
    work: list[Code] = []


class SupervisorNoted(Event, type="rectification.supervisor-noted"):
    """The unit's side learnt who is the accountable supervisor of the case (T40, R135).

    In the initial phase it is the person who leads the team, later an office or a team.
    """

    case_no: Code
    phase: Code
    supervisor: Code


class HandoverRequired(Event, type="rectification.handover-required"):
    """The principal changed while problems are open: hand over first (X10, T37)."""

    case_no: Code
    handover: int = Field(ge=1)
    outgoing: Code | None = None
    incoming: Code | None = None
    problem_nos: list[Code]
    unit: Code | None = None


class HandoverSigned(Event, type="rectification.handover-signed"):
    """One side signed the handover; the outgoing side may have a substitute (A56)."""

    case_no: Code
    handover: int
    party: HandoverParty
    signatory: Code
    substitute_reason: Text | None = None


class HandoverCompleted(Event, type="rectification.handover-completed"):
    """The office witnessed a handover that both sides signed (T38)."""

    case_no: Code
    handover: int
    witness: Code
    unit: Code | None = None


class UnitCaseNoted(Event, type="rectification.unit-case-noted"):
    """A case was opened for this unit: a change of its principal concerns the case (X10)."""

    unit: Code
    case_no: Code


class PrincipalChangeNoted(Event, type="rectification.principal-change-noted"):
    """The unit's side learnt of a change of principal; `change` counts them (X10, T37)."""

    unit: Code
    change: int = Field(ge=1)
    outgoing: Code | None = None
    incoming: Code | None = None
    effective: UtcTime


class PrincipalChangeApplied(Event, type="rectification.principal-change-applied"):
    """The change took effect: handovers were required, signatures lapsed (T37, T39)."""

    unit: Code
    change: int = Field(ge=1)
