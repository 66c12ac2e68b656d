"""The bodies of the commands: what the caller says; the rest follows from token and directory."""

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.base import Code, Day, DocumentHash, Text
from shared.contracts.rectification import (
    HandoverParty,
    InstitutionChange,
    PlannedProblem,
    Result,
)


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ClaimProblem(Body):
    responsible_member: Code
    claimed_on: Day


class SubmitPlan(Body):
    problems: list[PlannedProblem] = Field(min_length=1)


class HoldMeeting(Body):
    held_on: Day


class ReportMeeting(Body):
    reported_on: Day
    report: DocumentHash


class SignHandover(Body):
    """A substitute for the outgoing side gives a reason (A56)."""

    party: HandoverParty
    substitute_reason: Text | None = None


class ProgressTask(Body):
    task_no: Code
    note: Text
    percent: int = Field(ge=0, le=100)
    evidence: list[DocumentHash] = []


class CompleteTask(Body):
    task_no: Code
    evidence: list[DocumentHash] = Field(min_length=1)


class RecordEffect(Body):
    effect: Text
    evidence: list[DocumentHash] = Field(min_length=1)


class ArchiveDocument(Body):
    document_no: Code
    title: Text
    digest: DocumentHash


class RecordResults(Body):
    fixed: Result
    held_to_account: Result
    built: Result


class CloseLoophole(Body):
    loophole_no: Code
    description: Text
    evidence: list[DocumentHash] = Field(min_length=1, max_length=100)


class ChangeInstitution(Body):
    """`loophole_nos`: the closed loopholes of this problem that the rule keeps closed."""

    change: InstitutionChange
    document_no: Code
    title: Text
    effective_on: Day
    digest: DocumentHash
    loophole_nos: list[Code] = Field(default=[], max_length=100)


class RaiseBlocker(Body):
    blocker_no: Code
    cause: Text
    help_needed: Text


class ResolveBlocker(Body):
    blocker_no: Code
    solution: Text


class ExtendDeadline(Body):
    rectify_by: Day
    reason: Text


class Signed(Body):
    """What is pledged or signed: the `content_digest` that the problem's page shows."""

    digest: DocumentHash
