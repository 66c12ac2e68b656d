"""Where problems and cases belong: which record tells it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

_PROBLEMS = ("feedback.problem-drafted", "feedback.problem-issued",
             "supervision.closure-review-opened")  # fmt: skip
_CASES = ("feedback.report-triple-filed", "feedback.feedback-issued", "rectification.case-opened",
          "accountability.inspected-case-noted")  # fmt: skip


class Place(NamedTuple):
    """The case, unit and round of a problem or a case."""

    kind: str
    number: str
    case_no: str
    unit: str
    round_no: str


def places_in(event_type: str, data: dict[str, Any]) -> Iterator[Place]:
    """Yield what the facts of such an event say of where things belong."""
    if event_type in _PROBLEMS:
        yield Place("problem", data["problem_no"], *_whole(data))
    elif event_type in _CASES:
        yield Place("case", data["case_no"], *_whole(data))
    elif event_type == "feedback.round-opened":
        for target in data["targets"]:
            case_no = target["case_no"]
            yield Place("case", case_no, case_no, target["unit"], data["round_no"])


def _whole(data: dict[str, Any]) -> tuple[str, str, str]:
    return (data["case_no"], data["unit"], data["round_no"])
