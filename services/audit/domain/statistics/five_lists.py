"""Completeness of the five lists (五清单, Q51): what a problem lacks."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.chains import chains
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Problems
from services.audit.domain.statistics.views import View

LISTS = {
    "effect": "rectification.effect-recorded",
    "archive": "rectification.document-archived",
}


@statistic(
    "five-lists.incomplete", Problems, "Q51", of="problems.found", dims=("problem", "missing"),
    shows=("case", "missing"),
)  # fmt: skip
def incomplete(view: View) -> Iterator[Item]:
    """Issued and not withdrawn problems that lack a task, a person, an effect or a document."""
    planned = latest_plans(view)
    listed = {
        name: {fact.data["problem_no"] for fact in view.all(each)} for name, each in LISTS.items()
    }
    for chain in chains(view):
        if chain.now.state == "P3w":
            continue
        missing = [*_missing_of_plan(planned.get(chain.problem_no))]
        missing += [name for name, known in listed.items() if chain.problem_no not in known]
        for name in missing:
            yield Item(chain.problem_no, chain.dims(view) | {"missing": name}, (chain.issued,))


def latest_plans(view: View) -> dict[str, Mapping[str, Any]]:
    """Return what the latest plan says about each problem."""
    return {
        problem["problem_no"]: problem
        for fact in view.all("rectification.plan-submitted")
        for problem in fact.data["problems"]
    }


def _missing_of_plan(planned: Mapping[str, Any] | None) -> Iterator[str]:
    tasks = planned["tasks"] if planned else []
    if not tasks:
        yield "task"
    if not tasks or not all(task.get("person") for task in tasks):
        yield "person"
