"""Closing applications returned, and how many it takes until a problem is closed (Q40)."""

from collections import Counter
from collections.abc import Iterator

from services.audit.domain.statistics.answers import Aggregation, Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import HundredthApplications, Occurrences
from services.audit.domain.statistics.views import View

APPLIED = "rectification.closure-applied"


@statistic("closing.applied", Occurrences, "Q40", dims=("problem",))
def applied(view: View) -> Iterator[Item]:
    """Applications for closing."""
    for fact in view.of(APPLIED):
        told = fact.data
        key = f"{told['problem_no']} {told['cycle']} {told['application']}"
        yield Item(key, view.place(fact) | {"problem": told["problem_no"]}, (fact,))


@statistic(
    "closing.returned", Occurrences, "Q40", of="closing.applied", dims=("problem", "returned_by"),
    shows=("returned_by",),
)  # fmt: skip
def returned(view: View) -> Iterator[Item]:
    """Applications that were returned, by whom; the reasons stand in the events."""
    for fact in view.of("supervision.closure-returned"):
        told = fact.data
        key = f"{told['problem_no']} {told['cycle']} {told['application']}"
        dims = {"problem": told["problem_no"], "returned_by": told["returned_by"]}
        yield Item(key, view.place(fact) | dims, (fact,))


@statistic(
    "closing.mean-applications", HundredthApplications, "Q40", aggregation=Aggregation.MEAN,
    dims=("problem",),
)  # fmt: skip
def mean_applications(view: View) -> Iterator[Item]:
    """Mean number of applications until a closing, in hundredths; each closing counts by itself."""
    applications = Counter(
        (fact.data["problem_no"], fact.data["cycle"]) for fact in view.all(APPLIED)
    )
    for fact in view.of("supervision.problem-closed"):
        number, cycle = fact.data["problem_no"], fact.data["cycle"]
        amount = 100 * applications[number, cycle]
        dims = view.place(fact) | {"problem": number}
        yield Item(f"{number} {cycle}", dims, (fact,), amount)
