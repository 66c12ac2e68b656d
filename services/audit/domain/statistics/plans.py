"""Planned measures: at the own level, at the root; cases resting on sanctions below (Q52)."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.audit.domain.known import Known
from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Cases, PlannedMeasures
from services.audit.domain.statistics.views import View

OWN_LEVELS = ("OWN_LEADERSHIP", "OWN_ORGANS")


def _latest_plans(view: View) -> list[Known]:
    submitted = view.of("rectification.plan-submitted")
    return list({fact.data["case_no"]: fact for fact in submitted}.values())


@statistic(
    "plans.measures", PlannedMeasures, "Q52",
    dims=("problem", "measure_level", "measure_kind", "sanction"),
    shows=("measure_level", "measure_kind"),
)  # fmt: skip
def measures(view: View) -> Iterator[Item]:
    """Measures of the latest plan of each case."""
    for plan in _latest_plans(view):
        for problem in plan.data["problems"]:
            for measure in problem["measures"]:
                dims = _dims(view, plan, problem["problem_no"], measure)
                key = f"{problem['problem_no']} {measure['measure_no']}"
                yield Item(key, dims, (plan,))


def _dims(view: View, plan: Known, problem_no: str, measure: Mapping[str, Any]) -> dict[str, str]:
    return view.place(plan) | {
        "problem": problem_no,
        "measure_level": measure["level"],
        "measure_kind": measure["kind"],
        "sanction": "yes" if measure.get("is_sanction") else "no",
    }


@statistic("plans.own-level", PlannedMeasures, "Q52", of="plans.measures", is_share=True)
def own_level(view: View) -> Iterator[Item]:
    """Share of measures that bite at the own level and are no sanction (R109, R110)."""
    for item in measures.count(view):
        if item.dims["measure_level"] in OWN_LEVELS and item.dims["sanction"] == "no":
            yield item


@statistic("plans.root", PlannedMeasures, "Q52", of="plans.measures", is_share=True)
def root(view: View) -> Iterator[Item]:
    """Share of measures that go to the root (治本, R127)."""
    yield from (item for item in measures.count(view) if item.dims["measure_kind"] == "ROOT")


@statistic("plans.resting-on-sanctions-below", Cases, "Q52", dims=("problem",))
def resting_on_sanctions_below(view: View) -> Iterator[Item]:
    """Cases with a problem for which nothing is planned but sanctions of subordinates (A40)."""
    for plan in _latest_plans(view):
        for problem in plan.data["problems"]:
            if all(
                measure.get("is_sanction") and measure["level"] == "SUBORDINATE"
                for measure in problem["measures"]
            ):
                dims = view.place(plan) | {"problem": problem["problem_no"]}
                yield Item(plan.data["case_no"], dims, (plan,))
