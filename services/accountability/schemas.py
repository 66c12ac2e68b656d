"""The bodies that accountability takes and the answers that are its own."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.accountability.application import AccountabilityCase, Lead
from services.accountability.read_models.accountability_cases import CaseFile, CaseStatus
from services.accountability.read_models.leads import LeadStatus, LedgerLead
from shared.contracts.accountability import (
    DisposalMethod,
    Ground,
    LeadConclusion,
    LeadSource,
    MeasureCategory,
    NamedPerson,
    SubjectKind,
)
from shared.contracts.base import (
    Code,
    Day,
    Decision,
    DocumentHash,
    Text,
)

Reason = Annotated[Text, Field(min_length=1)]


class Body(BaseModel):
    """Unknown fields are refused. A date that is left out is today's, in Beijing."""

    model_config = ConfigDict(extra="forbid")


class AcceptLead(Body):
    registered_on: Day | None = None


class RegisterOtherLead(Body):
    lead_no: Code
    source: LeadSource
    registered_on: Day


class ConcludeOtherLead(Body):
    conclusion: LeadConclusion
    concluded_on: Day


class ReturnLead(Body):
    reason: Reason


class ClassifyLead(Body):
    method: DisposalMethod


class ImposeMeasure(Body):
    measure_no: Code
    person_ref: Code
    category: MeasureCategory
    measure: Code
    legal_basis: Code
    conduct_on: Day


class FileCase(Body):
    person_ref: Code
    post_level: Code
    filed_on: Day | None = None


class TransferToJudiciary(Body):
    person_ref: Code
    transferred_on: Day | None = None


class RecordDetention(Body):
    """Whom it concerns is sealed and stands in no event."""

    detention_no: Code
    person_ref: Annotated[Code, Field(repr=False)]
    detained_on: Day | None = None


class RecordSurrender(Body):
    """Who surrendered, and with what, is sealed and stands in no event."""

    surrender_no: Code
    round_no: Code
    sector: Code
    person_ref: Annotated[Code, Field(repr=False)]
    account: Annotated[Text, Field(min_length=1, repr=False)]
    surrendered_on: Day | None = None


class NameCase(Body):
    """A decided case, and the persons of it that are named by a decision of their own."""

    accountability_no: Code
    persons: Annotated[list[NamedPerson], Field(max_length=20)] = []


class IssueNamingCircular(Body):
    circular_no: Code
    decision: Decision
    cases: Annotated[list[NameCase], Field(min_length=1, max_length=50)]

    def named(self) -> dict[str, list[NamedPerson]]:
        return {case.accountability_no: case.persons for case in self.cases}


class ConcludeLead(Body):
    conclusion: LeadConclusion
    pursuit_known: bool
    concluded_on: Day | None = None


class ReferCase(Body):
    """`account` is what happened, in words: it is sealed and stands in no event."""

    accountability_no: Code
    unit: Code
    subject_kind: SubjectKind
    subject: Code
    ground: Ground
    evidence: list[DocumentHash]
    problem_nos: list[Code]
    joint_with: Code
    conduct_on: Day
    account: Annotated[Text, Field(min_length=1, repr=False)]


class RejectCase(Body):
    reason: Reason


class DecideCase(Body):
    """Outside the band `higher_approval` and its reason are needed (G27)."""

    severity: Code
    measure: Code
    legal_basis: Code
    higher_approval: Code | None = None
    higher_approval_reason: Text | None = None
    decided_on: Day | None = None


class ExecuteCase(Body):
    record: DocumentHash
    executed_on: Day | None = None


class LeadStatusPage(LeadStatus):
    """A lead as those see it who do not dispose of it."""

    version: int

    @classmethod
    def of(cls, lead: Lead) -> "LeadStatusPage":
        return cls(**_status(lead), version=lead.version)


class LeadPage(LedgerLead):
    """A lead as its addressee sees it; `content` is the commitment to what was handed over."""

    offer: int
    content: str | None
    measure_nos: list[str]
    version: int

    @classmethod
    def of(cls, lead: Lead) -> "LeadPage":
        offered = lead.offered
        return cls(
            **_status(lead),
            **offered.model_dump(
                include={
                    "case_no", "round_no", "unit", "kind", "addressee", "concerns_principal",
                    "post_level", "problem_nos", "offer",
                }
            ),
            content=offered.content.sealed.c if offered.content else None,
            method=lead.method,
            measures=len(lead.measures),
            cases_filed=len(lead.filed),
            transferred=len(lead.transferred),
            measure_nos=sorted(lead.measures),
            version=lead.version,
        )  # fmt: skip


class CaseStatusPage(CaseStatus):
    """An accountability case as those see it who neither refer nor decide."""

    version: int

    @classmethod
    def of(cls, case: AccountabilityCase) -> "CaseStatusPage":
        return cls(**_case_status(case), version=case.version)


class CasePage(CaseFile):
    """An accountability case as the deciding organs see it."""

    evidence: list[str]
    version: int

    @classmethod
    def of(cls, case: AccountabilityCase) -> "CasePage":
        referred, decided = case.referral, case.decided
        return cls(
            **_case_status(case),
            **(referred.model_dump(include=_REFERRED) if referred else {}),
            **(decided.model_dump(include=_DECIDED) if decided else {}),
            evidence=referred.evidence if referred else [],
            version=case.version,
        )


class Account(BaseModel):
    """The sealed account of a referral, opened for the deciding organs."""

    accountability_no: str
    account: str


_REFERRED = {"subject_kind", "subject", "referred_by", "joint_with", "conduct_on"}
_DECIDED = {
    "severity", "measure", "legal_basis", "basis_edition", "within_band", "decided_by",
    "decided_on",
}  # fmt: skip


def _status(lead: Lead) -> dict[str, object]:
    registered, concluded = lead.registered, lead.concluded
    return {
        "lead_no": lead.key,
        "state": lead.state,
        "registered_on": registered.registered_on if registered else None,
        "first_disposal_due": registered.first_disposal_due if registered else None,
        "conclusion": concluded.conclusion if concluded else None,
    }


def _case_status(case: AccountabilityCase) -> dict[str, object]:
    return {
        "accountability_no": case.key,
        "unit": case.unit,
        "state": case.state,
        "ground": case.ground,
        "problem_nos": case.problem_nos,
    }
