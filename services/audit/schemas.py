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


class DefinitionLine(BaseModel):
    """One statistic; `of` names that of its denominator."""

    name: str
    question: str
    unit: str
    definition: str
    version: str
    dims: list[str]
    of: str | None


class Quantity(BaseModel):
    """So many of one unit."""

    value: int
    unit: str


class FigureCell(BaseModel):
    """One cell; without a value it is suppressed."""

    dims: dict[str, str]
    value: int | None


class Figure(BaseModel):
    """An answer and everything that reproduces it; without a value it is suppressed.

    `overlaps`: how many of the counted things that other statistic counts, too.
    """

    name: str
    question: str
    definition: str
    definition_version: str
    unit: str
    unit_name: str
    value: Quantity | None
    numerator: Quantity | None
    denominator: Quantity | None
    positions: dict[str, int]
    as_of: datetime | None
    late_events: int
    suppressed_cells: int
    cells: list[FigureCell]
    overlaps: dict[str, Quantity | None]


class ChangeLine(BaseModel):
    """One thing by which two answers differ, with the events that make it count."""

    key: str
    events: list[str]
    types: list[str]


class DifferencePage(BaseModel):
    """Two answers to one question, and what was added, removed or changed between them."""

    before: Figure
    after: Figure
    added: list[ChangeLine]
    removed: list[ChangeLine]
    changed: list[ChangeLine]


class FigureAgain(BaseModel):
    """A stated figure, counted again; not judged when its definition is no longer known."""

    name: str
    stated: int
    definition_version: str
    recomputed: int
    is_same: bool | None
    until_now: DifferencePage
