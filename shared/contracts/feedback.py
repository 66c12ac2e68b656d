"""反馈: rounds, problems, feedback, deliveries, copy notices, objections, offered leads."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.base import (
    Code,
    DataClass,
    Day,
    Decision,
    DocumentHash,
    Event,
    Facts,
    Sealed,
    Text,
)


class FeedbackForm(StrEnum):
    """How feedback is given (R084): at a meeting, or one to one with the principal."""

    COLLECTIVE = "COLLECTIVE"
    ONE_TO_ONE = "ONE_TO_ONE"


class AttendanceCategory(StrEnum):
    """Who must attend the feedback meeting (R077, R078): five categories and the leader."""

    LEADING_GROUP = "LEADING_GROUP"
    DISCIPLINE_AND_ORGANISATION = "DISCIPLINE_AND_ORGANISATION"
    TEAM_LEADER = "TEAM_LEADER"
    OFFICE_LEADERSHIP = "OFFICE_LEADERSHIP"
    UPPER_LEADING_GROUP = "UPPER_LEADING_GROUP"
    LEADER_IN_CHARGE = "LEADER_IN_CHARGE"


class DeliveryKind(StrEnum):
    """The four feedbacks (四个反馈, R080)."""

    UNIT_AND_PRINCIPAL = "UNIT_AND_PRINCIPAL"
    UPPER_LEVEL = "UPPER_LEVEL"
    FORMER_PRINCIPALS = "FORMER_PRINCIPALS"
    LEADERS_AND_DEPARTMENTS = "LEADERS_AND_DEPARTMENTS"


class CopyRecipientKind(StrEnum):
    """To whom a copy notice goes (双向抄告, R085)."""

    LEADER_IN_CHARGE = "LEADER_IN_CHARGE"
    DEPARTMENT = "DEPARTMENT"


class LeadAddresseeKind(StrEnum):
    """Who may receive a lead (R097)."""

    DISCIPLINE_COMMISSION = "DISCIPLINE_COMMISSION"
    SUPERVISION_COMMISSION = "SUPERVISION_COMMISSION"
    ORGANISATION_DEPARTMENT = "ORGANISATION_DEPARTMENT"


class OrganisationLeadKind(StrEnum):
    """The six kinds of matter that an organisation department disposes of (R098)."""

    TEAM_BUILDING = "TEAM_BUILDING"
    DEMOCRATIC_CENTRALISM = "DEMOCRATIC_CENTRALISM"
    SELECTION_AND_APPOINTMENT = "SELECTION_AND_APPOINTMENT"
    TALENT = "TALENT"
    GRASSROOTS_PARTY_BUILDING = "GRASSROOTS_PARTY_BUILDING"
    SENSE_OF_DUTY = "SENSE_OF_DUTY"


class ProblemState(StrEnum):
    """The states that feedback owns (requirements 2.1); the later ones belong to others."""

    DRAFTED = "P0"
    SUBSTANTIATED = "P1"
    APPROVED = "P2"
    ISSUED = "P3"
    CONTESTED = "P3x"
    WITHDRAWN = "P3w"


class TransferState(StrEnum):
    """Where the hand-over of a lead stands, seen from the inspection side (R101)."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    RETURNED = "RETURNED"


class RoundTarget(Facts):
    """One unit that a round inspects, with its team. `case_no` is never reused (R149)."""

    unit: Code
    case_no: Code
    team_leader: Code
    team_members: list[Code] = []


class WorkingPaper(Facts):
    """A working paper (底稿): its author and the second person who reviewed it (G01)."""

    paper_no: Code
    digest: DocumentHash
    author: Code
    reviewer: Code


class Attendance(Facts):
    """Whether one category was present; an absence needs a reason and an approver (G04)."""

    category: AttendanceCategory
    present: bool
    deviation_reason: Text | None = None
    approved_by: Code | None = None


class IssuedProblem(Facts):
    """What every follower must know of an issued problem."""

    problem_no: Code
    category: Code
    cause: Code
    nature: Code
    concerns_person_or_matter: bool = False


class RecipientItems(Facts):
    """The problems of a delivery that one recipient gets: those of his or her own term (R081)."""

    recipient: Code
    problem_nos: list[Code]


class RoundOpened(Event, type="feedback.round-opened"):
    """An inspection round (轮次) was opened over its targets."""

    round_no: Code
    term: Code
    ordinal: int = Field(ge=1)
    mode: Code
    targets: list[RoundTarget] = Field(min_length=1)


class JointActionOpened(Event, type="feedback.joint-action-opened"):
    """Inspection, discipline and audit bodies began to act together in a field (巡纪审联动).

    Problems and leads that come of it name it as their origin and stay counted as any other.
    """

    action_no: Code
    field: Code
    partners: list[Code] = Field(min_length=1)
    opened_on: Day
    decision: Decision


class DeputyAuthorised(Event, type="feedback.deputy-authorised"):
    """A non-resident deputy leader (不驻组的副组长) was authorised for one round (R102)."""

    round_no: Code
    person_ref: Code
    authorised_on: Day
    decision: Decision


class CoverageCategory(Facts):
    """How many organisations of one category are to be inspected in the term."""

    category: Code
    organisations: int = Field(ge=1)


class CoveragePlanAdopted(Event, type="feedback.coverage-plan-adopted"):
    """The plan of the term (全覆盖规划): whom to inspect at least once, by category (R035).

    `edition` counts the plans of the term; a later one replaces the earlier.
    """

    term: Code
    edition: int = Field(ge=1)
    categories: list[CoverageCategory] = Field(min_length=1)
    total: int = Field(ge=1)
    adopted_on: Day
    decision: Decision


class RoundFedBack(Event, type="feedback.round-fed-back"):
    """Feedback was issued to every target of the round."""

    round_no: Code
    completed_on: Day


class ReportTripleFiled(Event, type="feedback.report-triple-filed"):
    """The lead, interview and inspection reports were filed and cross-checked (G02)."""

    case_no: Code
    round_no: Code
    unit: Code
    lead_report: DocumentHash
    interview_report: DocumentHash
    inspection_report: DocumentHash
    orphans: int = Field(ge=0)


class ProblemDrafted(Event, type="feedback.problem-drafted", data_class=DataClass.C3):
    """A problem was drafted by the team (底稿形成, T01)."""

    problem_no: Code
    case_no: Code
    round_no: Code
    unit: Code
    wording: Text
    category: Code
    cause: Code
    nature: Code
    concerns_person_or_matter: bool = False
    drafter: Code
    joint_action: Code | None = None


class ProblemSubstantiated(Event, type="feedback.problem-substantiated", data_class=DataClass.C3):
    """Reviewed working papers carry the problem (定性有据, T02)."""

    problem_no: Code
    papers: list[WorkingPaper] = Field(min_length=1)
    reviewer: Code


class ProblemDraftReturned(Event, type="feedback.problem-draft-returned", data_class=DataClass.C3):
    """The draft went back to the team (T03)."""

    problem_no: Code
    reason: Text


class ProblemApproved(Event, type="feedback.problem-approved", data_class=DataClass.C3):
    """The committee side agreed to feed the problem back (审定, T04)."""

    problem_no: Code
    decision: Decision


class ProblemListed(Event, type="feedback.problem-listed", data_class=DataClass.C3):
    """An approved problem stands on the list that will be fed back to the unit (T04)."""

    case_no: Code
    problem_no: Code
    category: Code
    cause: Code
    nature: Code
    concerns_person_or_matter: bool = False


class FeedbackIssued(Event, type="feedback.feedback-issued"):
    """Feedback was given to a unit: day 0 of all its deadlines (T05, R076)."""

    case_no: Code
    round_no: Code
    unit: Code
    issued_on: Day
    forms: list[FeedbackForm] = Field(min_length=1)
    decision: Decision
    attendance: list[Attendance]
    principal: Code
    team_leader: Code
    linked_office: Code
    resident_team: Code
    plan_due: Day
    window_end: Day
    rectify_by: Day
    problems: list[IssuedProblem] = Field(min_length=1)
    team_members: list[Code] = []


class ProblemIssued(Event, type="feedback.problem-issued"):
    """One problem was fed back to the unit (已反馈, T05).

    The unit may object until the end of the day `objection_until`.
    """

    problem_no: Code
    case_no: Code
    round_no: Code
    unit: Code
    issued_on: Day
    wording: Text
    wording_version: int = Field(default=1, ge=1)
    category: Code
    cause: Code
    nature: Code
    concerns_person_or_matter: bool = False
    objection_until: Day | None = None
    joint_action: Code | None = None


class DeliveryComputed(Event, type="feedback.delivery-computed"):
    """Who receives one of the four feedbacks, and which problems of it (X03).

    A recipient named in `only` gets no more than the problems named there.
    """

    case_no: Code
    kind: DeliveryKind
    recipients: list[Code]
    problem_nos: list[Code]
    only: list[RecipientItems] = []


class DeliveryReceipted(Event, type="feedback.delivery-receipted"):
    """A recipient confirmed a delivery."""

    case_no: Code
    kind: DeliveryKind
    recipient: Code
    received_on: Day


class CopyNoticeSent(Event, type="feedback.copy-notice-sent"):
    """A copy notice (抄告单) went out with the feedback; a reply is due (X03, R085–R087)."""

    notice_no: Code
    case_no: Code
    recipient: Code
    recipient_kind: CopyRecipientKind
    problem_nos: list[Code]
    reply_due: Day


class CopyNoticeReplied(Event, type="feedback.copy-notice-replied"):
    """The recipient of a copy notice answered it."""

    notice_no: Code
    case_no: Code
    recipient: Code
    reply: DocumentHash
    replied_on: Day


class ObjectionRaised(Event, type="feedback.objection-raised"):
    """The unit objected to a problem (申诉, T06)."""

    problem_no: Code
    case_no: Code
    objection_no: Code
    grounds: Text
    evidence: list[DocumentHash] = Field(min_length=1)
    raised_by: Code


class ObjectionDismissed(Event, type="feedback.objection-dismissed"):
    """The objection was dismissed; the problem stands (T07)."""

    problem_no: Code
    case_no: Code
    objection_no: Code
    reasons: Text
    decision: Decision


class ProblemAmended(Event, type="feedback.problem-amended"):
    """The wording changed after an objection; the old version stays in history (T08)."""

    problem_no: Code
    case_no: Code
    objection_no: Code
    wording: Text
    wording_version: int = Field(ge=2)
    papers: list[WorkingPaper] = Field(min_length=1)
    decision: Decision


class ProblemWithdrawn(Event, type="feedback.problem-withdrawn"):
    """The objection was upheld: the problem ends here (撤销, T09). Linked leads are not touched."""

    problem_no: Code
    case_no: Code
    objection_no: Code
    reasons: Text
    decision: Decision


class LeadOffered(Event, type="feedback.lead-offered", data_class=DataClass.C4):
    """A lead (问题线索) was offered to an addressee; its content is sealed (X04, R101).

    `offer` counts the offers of this lead: a returned lead is offered again under its number.
    """

    lead_no: Code
    offer: int = Field(ge=1)
    case_no: Code
    round_no: Code
    unit: Code
    kind: Code
    addressee: Code
    addressee_kind: LeadAddresseeKind
    concerns_principal: bool = False
    post_level: Code
    problem_nos: list[Code] = []
    content: Sealed
    joint_action: Code | None = None


class LeadTransferAccepted(Event, type="feedback.lead-transfer-accepted", data_class=DataClass.C4):
    """The inspection side learnt that the addressee registered the lead."""

    lead_no: Code
    offer: int


class LeadTransferReturned(Event, type="feedback.lead-transfer-returned", data_class=DataClass.C4):
    """The inspection side learnt that the addressee returned the lead."""

    lead_no: Code
    offer: int
    reason: Text


class LeadContentRead(Event, type="feedback.lead-content-read", data_class=DataClass.C4):
    """The addressee of a lead opened its sealed content, for a purpose (requirements 3.4, R344)."""

    lead_no: Code
    offer: int = Field(ge=1)
    reader: Code
    org: Code
    purpose: Text
