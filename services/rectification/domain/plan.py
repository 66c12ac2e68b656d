"""The plan (整改方案) and what makes it fit for joint review: G07 to G10."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence

from shared.contracts.rectification import Measure, MeasureKind, MeasureLevel, PlannedProblem
from shared.eventstore import canonical
from shared.kernel.errors import GuardFailedError, TooLargeError

_OWN_LEVELS = (MeasureLevel.OWN_LEADERSHIP, MeasureLevel.OWN_ORGANS)
_LARGEST_PLAN = 60_000
"""Bytes of a plan as JSON: with the envelope it must fit into one record."""


def plan_digest(case_no: str, version: int, problems: Sequence[PlannedProblem]) -> str:
    """Return the SHA-256 of the canonical plan: what the three bodies vote on.

    Raises TooLargeError for a plan that does not fit into one record.
    """
    listed = [problem.model_dump(mode="json", exclude_none=True) for problem in problems]
    if len(json.dumps(listed, ensure_ascii=False).encode()) > _LARGEST_PLAN:
        raise TooLargeError("the plan is too large for one record", case_no=case_no)
    plan = {"case_no": case_no, "plan_version": version, "problems": listed}
    return hashlib.sha256(canonical.encode(plan)).hexdigest()


def require_complete(
    issued: Collection[str], claimed: Collection[str], planned: Sequence[PlannedProblem]
) -> None:
    """Demand issued = claimed = with a task: no problem is skipped, none is added (G07)."""
    _require_same("claimed", set(issued), set(claimed))
    numbers = Counter(problem.problem_no for problem in planned)
    _require_same("planned", set(issued), set(numbers))
    if twice := [problem_no for problem_no, times in numbers.items() if times > 1]:
        raise GuardFailedError("G07", f"planned twice: {', '.join(sorted(twice))}")


def _require_same(what: str, issued: set[str], found: set[str]) -> None:
    if missing := issued - found:
        raise GuardFailedError("G07", f"not {what}: {', '.join(sorted(missing))}")
    if foreign := found - issued:
        raise GuardFailedError("G07", f"not of this case: {', '.join(sorted(foreign))}")


def require_bound(problem: PlannedProblem) -> None:
    """Demand that each task stands once and has its matter (G08).

    Post, person, leader, department and deadline are demanded by the type already.
    """
    numbers = [task.task_no for task in problem.tasks]
    if len(set(numbers)) < len(numbers):
        raise GuardFailedError("G08", f"{problem.problem_no} has a task number twice")
    if empty := [task.task_no for task in problem.tasks if not task.matter.strip()]:
        raise GuardFailedError("G08", f"tasks without a matter: {', '.join(empty)}")


def require_own_level(problem: PlannedProblem) -> None:
    """Demand a measure at the unit's own level that is no sanction of others (G09)."""
    if not has_own_level_measure(problem.measures):
        raise GuardFailedError("G09", f"{problem.problem_no} has no measure at its own level")


def has_own_level_measure(measures: Sequence[Measure]) -> bool:
    return any(measure.level in _OWN_LEVELS and not measure.is_sanction for measure in measures)


def require_root(problem: PlannedProblem) -> None:
    """Demand a root cause, and a measure at the root or the reason why there is none (G10)."""
    if not problem.root_cause.strip():
        raise GuardFailedError("G10", f"{problem.problem_no} has no root cause")
    has_root = any(measure.kind is MeasureKind.ROOT for measure in problem.measures)
    if not has_root and not (problem.no_root_measure_reason or "").strip():
        raise GuardFailedError("G10", f"{problem.problem_no} has no measure at the root")
