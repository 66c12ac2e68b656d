"""问责: leads handed over, accountability cases, measures. Everything here is class C4."""

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
from shared.contracts.feedback import LeadAddresseeKind


class DisposalMethod(StrEnum):
    """How a lead is classified (R250): 谈话函询, 初步核实, 暂存待查, 予以了结."""

    TALK_OR_LETTER = "TALK_OR_LETTER"
    PRELIMINARY_VERIFICATION = "PRELIMINARY_VERIFICATION"
    KEEP_FOR_REFERENCE = "KEEP_FOR_REFERENCE"
    SETTLE = "SETTLE"


class LeadConclusion(StrEnum):
    """How a lead ended: one of the four forms (四种形态), a measure, or no case."""

    FORM_1 = "FORM_1"
    FORM_2 = "FORM_2"
    FORM_3 = "FORM_3"
    FORM_4 = "FORM_4"
    NO_CASE = "NO_CASE"


class MeasureCategory(StrEnum):
    """What kind of measure was imposed on a person."""

    DISCIPLINE = "DISCIPLINE"
    ADMINISTRATIVE = "ADMINISTRATIVE"
    ORGANISATIONAL = "ORGANISATIONAL"


class SubjectKind(StrEnum):
    """Who is held to account (A47)."""

    ORGANISATION = "ORGANISATION"
    PERSON = "PERSON"


class LeadState(StrEnum):
    """Where a lead stands (requirements 2.5)."""

    OFFERED = "OFFERED"
    RETURNED = "RETURNED"
    REGISTERED = "REGISTERED"
    CLASSIFIED = "CLASSIFIED"
    IN_DISPOSAL = "IN_DISPOSAL"
    CONCLUDED = "CONCLUDED"
    CANCELLED = "CANCELLED"


class AccountabilityState(StrEnum):
    """Where an accountability case stands (requirements 2.5)."""

    PROPOSED = "PROPOSED"
    REFERRED = "REFERRED"
    REJECTED = "REJECTED"
    ACCEPTED = "ACCEPTED"
    DECIDED = "DECIDED"
    EXECUTED = "EXECUTED"


class Ground(StrEnum):
    """Why somebody is held to account (R258, R264, R269, R270)."""

    POOR_LEADERSHIP = "POOR_LEADERSHIP"  # 领导不力
    BIG_WORDS_LITTLE_ACTION = "BIG_WORDS_LITTLE_ACTION"  # 高举轻放
    GOING_THROUGH_MOTIONS = "GOING_THROUGH_MOTIONS"  # 应付交差
    SLIPPING_THROUGH = "SLIPPING_THROUGH"  # 蒙混过关
    FRAUD = "FRAUD"  # 弄虚作假
    SHAM_RECTIFICATION = "SHAM_RECTIFICATION"  # 纸面、数字、闭门整改
    IGNORING_OLD_ACCOUNTS = "IGNORING_OLD_ACCOUNTS"  # 新官不理旧账
    NO_SUPPORT = "NO_SUPPORT"  # 不支持、不配合
    INTERFERENCE = "INTERFERENCE"  # 干扰
    NON_IMPLEMENTATION = "NON_IMPLEMENTATION"  # 不落实
    LOW_EVALUATION = "LOW_EVALUATION"  # 评估得分低


class LeadSource(StrEnum):
    """Where a lead comes from that no inspection found (R253)."""

    PETITION = "PETITION"  # 信访举报
    AUDIT = "AUDIT"  # 审计移交
    JUDICIARY = "JUDICIARY"  # 司法机关移送
    SUPERVISION = "SUPERVISION"  # 日常监督
    CASE = "CASE"  # 案件查办中发现
    OTHER = "OTHER"


class InspectedCaseNoted(Event, type="accountability.inspected-case-noted"):
    """The service learnt which unit a fed-back case belongs to."""

    case_no: Code
    round_no: Code
    unit: Code


class InspectedProblemNoted(Event, type="accountability.inspected-problem-noted"):
    """The service learnt that a unit claimed a problem: it may be referred from now on (T42)."""

    problem_no: Code
    case_no: Code


class ProblemLeadNoted(Event, type="accountability.problem-lead-noted", data_class=DataClass.C4):
    """A lead behind a problem awaits its disposal result, or has it (G19)."""

    problem_no: Code
    lead_no: Code
    is_open: bool


class LeadOfferReceived(Event, type="accountability.lead-offer-received", data_class=DataClass.C4):
    """An offered lead arrived and waits for acceptance or return: it always has an owner (X04).

    `content` is the commitment that came with the offer; the content stays where it was sealed.
    """

    lead_no: Code
    offer: int
    case_no: Code
    round_no: Code
    unit: Code
    kind: Code
    addressee: Code
    concerns_principal: bool
    post_level: Code
    problem_nos: list[Code]
    addressee_kind: LeadAddresseeKind | None = None
    content: Sealed | None = None


class LeadRegistered(Event, type="accountability.lead-registered", data_class=DataClass.C4):
    """The addressee accepted the lead; disposal is due by `first_disposal_due` (R254)."""

    lead_no: Code
    offer: int
    round_no: Code
    addressee: Code
    registered_on: Day
    first_disposal_due: Day


class LeadReturned(Event, type="accountability.lead-returned", data_class=DataClass.C4):
    """The addressee returned the lead with a reason; it may be offered again."""

    lead_no: Code
    offer: int
    reason: Text


class LeadClassified(Event, type="accountability.lead-classified", data_class=DataClass.C4):
    """The way of disposal was decided."""

    lead_no: Code
    method: DisposalMethod


class MeasureImposed(Event, type="accountability.measure-imposed", data_class=DataClass.C4):
    """A measure was imposed on a person, from a lead or an accountability case (人次)."""

    measure_no: Code
    person_ref: Code
    category: MeasureCategory
    measure: Code
    origin_lead: Code | None = None
    origin_case: Code | None = None
    round_no: Code
    legal_basis: Code | None = None
    basis_edition: Code | None = None
    conduct_on: Day | None = None
    problem_nos: list[Code] = []


class CaseFiled(Event, type="accountability.case-filed", data_class=DataClass.C4):
    """A case was filed against a person out of a lead (立案)."""

    lead_no: Code
    person_ref: Code
    post_level: Code
    round_no: Code
    filed_on: Day


class DetentionRecorded(Event, type="accountability.detention-recorded", data_class=DataClass.C5):
    """A person was detained (留置). Only that it happened leaves: who and why are sealed (3.3)."""

    detention_no: Code
    round_no: Code
    detained_on: Day
    matter: Sealed


class VoluntarySurrenderRecorded(
    Event, type="accountability.voluntary-surrender-recorded", data_class=DataClass.C5
):
    """A person surrendered voluntarily (主动投案). Only that it happened leaves."""

    surrender_no: Code
    round_no: Code
    sector: Code
    surrendered_on: Day
    matter: Sealed


class TransferredToJudiciary(
    Event, type="accountability.transferred-to-judiciary", data_class=DataClass.C4
):
    """A person was transferred to the judiciary (移送司法)."""

    lead_no: Code
    person_ref: Code
    round_no: Code
    transferred_on: Day


class LeadConcluded(Event, type="accountability.lead-concluded", data_class=DataClass.C4):
    """The lead has its disposal result; `pursuit_known` says whether responsibility is settled.

    Behind the problems in `open_problem_nos` another lead still waits for its result.
    """

    lead_no: Code
    conclusion: LeadConclusion
    problem_nos: list[Code]
    pursuit_known: bool
    concluded_on: Day
    open_problem_nos: list[Code] = []


class LeadCancelled(Event, type="accountability.lead-cancelled", data_class=DataClass.C4):
    """The lead left the transfer list after its result was reported back (销号, R100)."""

    lead_no: Code


class OtherLeadRegistered(
    Event, type="accountability.other-lead-registered", data_class=DataClass.C4
):
    """An organ registered a lead of another source: only what tells how fast it is disposed of.

    Inspection leads go first (R253); that they do shows beside the others only.
    """

    other_lead_no: Code
    source: LeadSource
    addressee: Code
    registered_on: Day


class OtherLeadClassified(
    Event, type="accountability.other-lead-classified", data_class=DataClass.C4
):
    """The way of disposal of a lead of another source was decided."""

    other_lead_no: Code
    method: DisposalMethod
    classified_on: Day


class OtherLeadConcluded(
    Event, type="accountability.other-lead-concluded", data_class=DataClass.C4
):
    """A lead of another source has its disposal result."""

    other_lead_no: Code
    conclusion: LeadConclusion
    concluded_on: Day


class AccountabilityProposed(
    Event, type="accountability.accountability-proposed", data_class=DataClass.C4
):
    """A proposal made by a rule; a person must confirm it by referring it (X07, X08)."""

    accountability_no: Code
    unit: Code
    ground: Code
    problem_nos: list[Code]
    source_id: Code


class AccountabilityReferred(
    Event, type="accountability.accountability-referred", data_class=DataClass.C4
):
    """The office and the discipline organ referred a case (T42)."""

    accountability_no: Code
    unit: Code
    subject_kind: SubjectKind
    subject: Code
    ground: Code
    evidence: list[DocumentHash] = Field(min_length=1)
    problem_nos: list[Code]
    referred_by: Code
    joint_with: Code
    conduct_on: Day
    account: Sealed


class CaseAccepted(Event, type="accountability.case-accepted", data_class=DataClass.C4):
    """The deciding body took the case up."""

    accountability_no: Code
    accepted_by: Code


class CaseRejected(Event, type="accountability.case-rejected", data_class=DataClass.C4):
    """The deciding body did not take the case up."""

    accountability_no: Code
    reason: Text


class CaseDecided(Event, type="accountability.case-decided", data_class=DataClass.C4):
    """The decision: measure, severity and legal basis in force at the conduct (G27, G28).

    Behind the problems in `open_problem_nos` a lead still waits for its disposal result.
    """

    accountability_no: Code
    problem_nos: list[Code]
    severity: Code
    measure: Code
    legal_basis: Code
    basis_edition: Code
    within_band: bool
    higher_approval: Code | None = None
    higher_approval_reason: Text | None = None
    decided_by: Code
    decided_on: Day
    open_problem_nos: list[Code] = []


class CaseExecuted(Event, type="accountability.case-executed", data_class=DataClass.C4):
    """The decision was carried out. It never moves the problem's state (R110)."""

    accountability_no: Code
    executed_on: Day
    record: DocumentHash


class NamedPerson(Facts):
    """A person named in a circular, by a decision of its own (A35, R268)."""

    person_ref: Code
    decision: Decision


class NamedCase(Facts):
    """One typical case (典型案例) of a circular: a decided case, its unit, whom it names."""

    accountability_no: Code
    unit: Code
    persons: list[NamedPerson] = []


class NamingCircularIssued(
    Event, type="accountability.naming-circular-issued", data_class=DataClass.C1
):
    """Units and persons were named citywide (点名通报, R268). One circular tells several cases."""

    circular_no: Code
    issued_on: Day
    decision: Decision
    cases: list[NamedCase] = Field(min_length=1)
