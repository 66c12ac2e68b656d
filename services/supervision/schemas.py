"""The bodies that supervision takes. What follows from token, state and directory is not asked."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.base import Code, Decision, DocumentHash, Text
from shared.contracts.evaluation import DimensionScores
from shared.contracts.rectification import ResidualItem
from shared.contracts.supervision import (
    GroupMember,
    MethodUsed,
    Milestone,
    Phase,
    ReopeningFinding,
    ReopeningGround,
    ShamKind,
    StatedFigure,
)

Reason = Annotated[Text, Field(min_length=1, pattern=r"\S")]
Points = Annotated[int, Field(ge=0, le=100, description="points, 0 to 100")]
Methods = Annotated[
    list[MethodUsed],
    Field(
        min_length=1,
        max_length=20,
        description="ON_SITE, INTERVIEW, FIELD_SURVEY and VISITING_SERVICE_USERS look at deeds",
    ),
]
Items = Annotated[list[ResidualItem], Field(max_length=200)]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    def facts(self) -> dict[str, object]:
        """Return the fields as a use case takes them."""
        return dict(self)


class ChangePhase(Body):
    phase: Phase


class ReplaceTeamLeader(Body):
    successor: Code
    reason: Reason
    decision: Decision


class VoteOnPlan(Body):
    plan_version: Annotated[int, Field(ge=1)]
    digest: DocumentHash
    approves: bool
    remarks: Text | None = None


class PostEntry(Body):
    milestone: Milestone
    source_id: Code


class StartSupervision(Body):
    visit_no: Code
    members: Annotated[list[GroupMember], Field(min_length=1, max_length=50)]


class CompleteSupervision(Body):
    methods: Methods
    finding: Reason


class Score(Body):
    """`dimensions`: the five sub-scores, where the scheme asks for them (R201)."""

    score: Points
    dimensions: DimensionScores | None = None


class ClosePoll(Score):
    respondents: Annotated[int, Field(ge=1, le=1_000_000)]


class FinaliseEvaluation(Body):
    scheme_version: Code
    items: Items = []


class WaiveSecondRound(Body):
    reason: Reason
    decision: Decision


class FindSham(Body):
    kind: ShamKind
    evidence: Annotated[list[DocumentHash], Field(min_length=1, max_length=100)]


class AcceptClosure(Body):
    methods: Methods


class ReturnClosure(Body):
    reasons: Reason
    items: Items = []


class CountersignClosure(Body):
    digest: DocumentHash


class Reopen(Body):
    ground: ReopeningGround
    finding: ReopeningFinding
    finding_ref: Code
    decision: Decision
    items: Items = []


class Archive(Body):
    documents: Annotated[int, Field(ge=1, le=1_000_000)]


class AssignNamed(Body):
    """`basis` is the key item or the meeting where it was named."""

    instrument_no: Code
    basis: Code
    addressee: Code
    decision: Decision


class AssignCommon(Body):
    instrument_no: Code
    common_no: Code
    addressee: Code
    decision: Decision


class SendLetter(Body):
    instrument_no: Code
    addressee: Code
    digest: DocumentHash
    decision: Decision


class IssueReport(SendLetter):
    """Each figure says by which definition and up to which positions it was counted."""

    figures: Annotated[list[StatedFigure], Field(max_length=200)] = []


class HandleInstrument(Body):
    answer: DocumentHash


class ProposeCommon(Body):
    common_no: Code
    title: Reason
    problem_nos: Annotated[list[Code], Field(min_length=2, max_length=500)]


class ConfirmCommon(Body):
    decision: Decision


class OpenCampaign(Body):
    campaign_no: Code
    field: Code
    lead_department: Code
    common_nos: Annotated[list[Code], Field(max_length=50)] = []
    decision: Decision


class CloseCampaign(Body):
    report: DocumentHash


class EvaluateRound(Body):
    round_no: Code
    case_nos: Annotated[list[Code], Field(min_length=1, max_length=200)]
    report: DocumentHash


class IssueCircular(Body):
    circular_no: Code
    digest: DocumentHash
    good_units: Annotated[list[Code], Field(max_length=200)] = []
    poor_units: Annotated[list[Code], Field(max_length=200)] = []
    decision: Decision


class FreezePopulation(Body):
    """`population` are problems, closed ones too; fewer than all of them are drawn."""

    draw_no: Code
    population: Annotated[list[Code], Field(min_length=2, max_length=1_000)]
    size: Annotated[int, Field(ge=1, le=1_000)]


class DrawSurprise(Body):
    """`seed`: 64 hexadecimal digits; `seed_source`: which lot was drawn, before whom."""

    seed: DocumentHash
    seed_source: Reason


class UrgeHandover(Body):
    principal: Code
