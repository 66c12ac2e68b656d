"""Evaluations by source, the gap between self and panel, rank within a category (Q44)."""

from collections import defaultdict
from collections.abc import Iterator

from services.audit.domain.known import Known
from services.audit.domain.statistics.answers import Aggregation, Item, aggregate
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import HundredthPoints, Ranks
from services.audit.domain.statistics.views import View

SELF, PANEL = "supervision.self-scored", "supervision.panel-scored"
SOURCES = {SELF: "self", PANEL: "panel", "supervision.poll-closed": "poll"}


@statistic(
    "evaluation.total", HundredthPoints, "Q44", aggregation=Aggregation.MEAN,
    dims=("problem", "n", "grade"),
)  # fmt: skip
def total(view: View) -> Iterator[Item]:
    """Mean total of final evaluations, in hundredths of a point."""
    for fact in view.of("supervision.evaluation-finalised"):
        dims = _dims(view, fact) | {"grade": fact.data["grade"]}
        yield Item(_pair(fact), dims, (fact,), fact.data["total"])


@statistic(
    "evaluation.by-source", HundredthPoints, "Q44", aggregation=Aggregation.MEAN,
    dims=("problem", "n", "source"), shows=("source",),
)  # fmt: skip
def by_source(view: View) -> Iterator[Item]:
    """Mean score by source: self, panel, poll."""
    for fact in view.of(*SOURCES):
        dims = _dims(view, fact) | {"source": SOURCES[fact.type]}
        key = f"{_pair(fact)} {SOURCES[fact.type]}"
        yield Item(key, dims, (fact,), 100 * fact.data["score"])


@statistic(
    "evaluation.by-dimension", HundredthPoints, "Q44", aggregation=Aggregation.MEAN,
    dims=("problem", "n", "source", "dimension"), shows=("source", "dimension"),
)  # fmt: skip
def by_dimension(view: View) -> Iterator[Item]:
    """Mean sub-score by dimension (deployment, plan, implementation, prevention, reporting) and
    source, of the scores that were given by dimension."""
    for fact in view.of(*SOURCES):
        for dimension, score in fact.data.get("dimensions", {}).items():
            dims = _dims(view, fact) | {"source": SOURCES[fact.type], "dimension": dimension}
            key = f"{_pair(fact)} {SOURCES[fact.type]} {dimension}"
            yield Item(key, dims, (fact,), 100 * score)


@statistic(
    "evaluation.self-panel-gap", HundredthPoints, "Q44", aggregation=Aggregation.MEAN,
    dims=("problem", "n"),
)  # fmt: skip
def gap(view: View) -> Iterator[Item]:
    """Mean of the self score less the panel's; positive when units think better of themselves."""
    own = {_pair(fact): fact for fact in view.all(SELF)}
    for fact in view.of(PANEL):
        scored = own.get(_pair(fact))
        if scored is not None:
            amount = 100 * (scored.data["score"] - fact.data["score"])
            yield Item(_pair(fact), _dims(view, fact), (scored, fact), amount)


@statistic(
    "evaluation.rank", Ranks, "Q44", aggregation=Aggregation.MEAN, shows=("unit_category", "unit")
)
def rank(view: View) -> Iterator[Item]:
    """Rank of each unit by its mean total within its category; equals share a rank."""
    by_unit: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in total.count(view):
        by_unit[item.dims["unit_category"], item.dims["unit"]].append(item)
    means = {key: aggregate(Aggregation.MEAN, items) for key, items in by_unit.items()}
    for (category, unit), items in by_unit.items():
        better = [m for (other, _), m in means.items() if other == category]
        place = 1 + sum(mean > means[category, unit] for mean in better)
        evidence = tuple(fact for item in items for fact in item.evidence)
        yield Item(unit, {"unit_category": category, "unit": unit}, evidence, place)


def _pair(fact: Known) -> str:
    return f"{fact.data['problem_no']} {fact.data['cycle']} {fact.data['n']}"


def _dims(view: View, fact: Known) -> dict[str, str]:
    own = {"problem": fact.data["problem_no"], "n": str(fact.data["n"])}
    return view.place(fact) | own
