"""A record that is known: what it says, and where it stands in its service's log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

HIDDEN_CLASSES = frozenset({"C4", "C5"})
"""Leads, persons, sealed matters: audit tells their state, never their content (3.3)."""


@dataclass(frozen=True)
class Known:
    """One record of one service. `record` is the record as JSON, field by field."""

    source: str
    position: int
    record: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def type(self) -> str:
        return str(self.record["type"])

    @property
    def stream(self) -> str:
        return str(self.record["stream"])

    @property
    def version(self) -> int:
        return int(self.record["version"])

    @property
    def time(self) -> str:
        """When it was recorded, in the one written form: two of them compare as instants do."""
        return str(self.record["time"])

    @property
    def at(self) -> datetime:
        """When it was recorded."""
        return datetime.fromisoformat(self.time)

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.record["data"]
        return found

    @property
    def is_hidden(self) -> bool:
        """Whether its content is not for the readers of audit."""
        return self.record["class"] in HIDDEN_CLASSES

    @cached_property
    def concerns(self) -> frozenset[str]:
        """The things it concerns, each as `<kind>/<number>`: its own stream's and those named."""
        return frozenset(_concerned(self.stream, self.data))

    def names_problem(self, problem_no: str) -> bool:
        return f"problem/{problem_no}" in self.concerns

    @cached_property
    def problem_nos(self) -> list[str]:
        """The problems it concerns."""
        named = (number.partition("/") for number in self.concerns)
        return sorted(number for kind, _, number in named if kind == "problem")


def concerned(stream: str, data: dict[str, Any]) -> list[str]:
    """Return what a record of this stream with these facts concerns, each thing once."""
    return sorted(set(_concerned(stream, data)))


STREAM_KINDS = {
    "problem": "problem",
    "review": "problem",
    "inspected-problem": "problem",
    "case": "case",
    "feedback": "case",
    "inspected-case": "case",
    "five-lists": "case",
    "handover-urging": "case",
    "supervisor": "case",
    "lead": "lead",
    "lead-reading": "lead",
    "other-lead": "other-lead",
    "accountability-case": "accountability-case",
    "organisation": "unit",
    "unit": "unit",
    "round": "round",
    "round-evaluation": "round",
    "instrument": "instrument",
    "common-problem": "common-problem",
    "campaign": "campaign",
    "joint-action": "joint-action",
    "coverage-plan": "coverage-plan",
    "surprise-draw": "surprise-draw",
    "naming-circular": "naming-circular",
    "detention": "detention",
    "voluntary-surrender": "voluntary-surrender",
    "person": "person",
    "policy": "policy",
    "urging-rule": "policy",
    "legal-basis": "legal-basis",
    "calendar": "calendar",
}
"""What each kind of stream is about: a thing of that kind, under the key of the stream."""

_FACT_KINDS = {
    "problem_no": "problem",
    "problem_nos": "problem",
    "case_no": "case",
    "unit": "unit",
    "round_no": "round",
    "lead_no": "lead",
    "origin_lead": "lead",
    "accountability_no": "accountability-case",
    "origin_case": "accountability-case",
    "instrument_no": "instrument",
}
SEALED = "$sealed"


def _concerned(stream: str, data: dict[str, Any]) -> Iterator[str]:
    kind, _, key = stream.partition("/")
    if kind in STREAM_KINDS:
        yield f"{STREAM_KINDS[kind]}/{key}"
    yield from _named(data)


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _named(inner)
    elif isinstance(value, dict):
        for fact, inner in value.items():
            if fact in _FACT_KINDS:
                yield from (f"{_FACT_KINDS[fact]}/{number}" for number in _numbers(inner))
            elif fact != SEALED:
                yield from _named(inner)


def _numbers(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [number for number in found if isinstance(number, str)]
