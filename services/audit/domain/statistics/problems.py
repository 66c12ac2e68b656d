"""Problems found (Q02), counted when issued; withdrawn ones are shown apart (A31)."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Problems
from services.audit.domain.statistics.views import View

ISSUED, WITHDRAWN = "feedback.problem-issued", "feedback.problem-withdrawn"


@statistic(
    "problems.found", Problems, "Q02", version="issued-1", is_publishable=True,
    dims=("category", "cause", "nature", "withdrawn", "joint_action"),
)  # fmt: skip
def found(view: View) -> Iterator[Item]:
    """Problems that were issued to a unit, each once.

    Drafts do not count, nor does a reopening; a withdrawn problem was found and stays counted,
    and is shown apart by the dimension `withdrawn`.
    """
    withdrawn = {fact.data["problem_no"] for fact in view.all(WITHDRAWN)}
    for fact in view.of(ISSUED):
        number = fact.data["problem_no"]
        dims = view.place(fact) | {
            "category": fact.data["category"],
            "cause": fact.data["cause"],
            "nature": fact.data["nature"],
            "withdrawn": "yes" if number in withdrawn else "no",
            "joint_action": fact.data.get("joint_action", "-"),
        }
        yield Item(number, dims, (fact,))


@statistic("problems.withdrawn", Problems, "Q02", of="problems.found", is_publishable=True)
def withdrawn(view: View) -> Iterator[Item]:
    """Issued problems that were withdrawn after an objection: part of those found (A31)."""
    issued = {fact.data["problem_no"] for fact in view.of(ISSUED)}
    for fact in view.all(WITHDRAWN):
        if fact.data["problem_no"] in issued:
            yield Item(fact.data["problem_no"], view.place(fact), (fact,))
