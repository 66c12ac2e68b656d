"""Pairs of supervision and evaluation; closings that a waiver allowed (Q39)."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Pairs, Problems
from services.audit.domain.statistics.views import View


@statistic("pairs.completed", Pairs, "Q39", dims=("problem", "cycle", "grade"))
def completed(view: View) -> Iterator[Item]:
    """Pairs with a final evaluation, by problem and cycle."""
    for fact in view.of("supervision.evaluation-finalised"):
        told = fact.data
        dims = view.place(fact) | {
            "problem": told["problem_no"],
            "cycle": str(told["cycle"]),
            "grade": told["grade"],
        }
        yield Item(f"{told['problem_no']} {told['cycle']} {told['n']}", dims, (fact,))


@statistic("closures.with-waiver", Problems, "Q39", of="closures", dims=("problem",))
def with_waiver(view: View) -> Iterator[Item]:
    """Problems closed in a cycle whose second pair the leading group had waived (A09)."""
    waived = {
        (fact.data["problem_no"], fact.data["cycle"]): fact
        for fact in view.all("supervision.second-round-waived")
    }
    for fact in view.of("supervision.problem-closed"):
        number = fact.data["problem_no"]
        waiver = waived.get((number, fact.data["cycle"]))
        if waiver is not None:
            yield Item(number, view.place(fact) | {"problem": number}, (fact, waiver))
