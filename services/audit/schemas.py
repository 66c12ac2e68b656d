"""What the routes of audit take and give."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.base import Code, DocumentHash, Text


class ExportTaken(BaseModel):
    """That an export was taken: of what, its digest, and why."""

    model_config = ConfigDict(extra="forbid")

    scope: Code = Field(description="full, since-<size>, or the number of a case or problem")
    digest: DocumentHash
    purpose: Text = Field(min_length=1)


class ProblemRow(BaseModel):
    """One problem of a list, as it stood then."""

    problem_no: str
    case_no: str
    unit: str
    round_no: str
    state: str
    name: str
    cycle: int


class InvariantLine(BaseModel):
    """One invariant: whether it holds, over how many things it was checked."""

    invariant: str
    sentence: str
    status: str
    reason: str = ""
    examined: int
    violations: int


class ViolationLine(BaseModel):
    """One violation, with the ids of the events that show it."""

    invariant: str
    number: str
    what: str
    events: list[str]


class InvariantPage(BaseModel):
    """All invariants. With a moment, over some cases: go on with `next` and add up."""

    invariants: list[InvariantLine]
    violations: list[ViolationLine]
    waiting: int = 0
    next: str | None = None


class FollowedService(BaseModel):
    """How far a service has been followed."""

    source: str
    records: int
    position: int
    time: datetime


State = dict[str, Any]
"""How a thing stood: its fields are those of its kind; `timeline` and `known` are always there."""
