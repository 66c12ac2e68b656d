"""The three results 改 / 问 / 立, and what lasts: loopholes closed, rules changed (Q53)."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.chains import chains
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Institutions, Loopholes, Problems
from services.audit.domain.statistics.views import View

RESULTS = ("fixed", "held_to_account", "built")


@statistic(
    "results.recorded", Problems, "Q53", of="problems.found", dims=("problem", *RESULTS),
    shows=RESULTS,
)  # fmt: skip
def recorded(view: View) -> Iterator[Item]:
    """Problems whose three results are recorded, each done or not applicable with a reason."""
    known = {fact.data["problem_no"]: fact for fact in view.all("rectification.results-recorded")}
    for chain in chains(view):
        fact = known.get(chain.problem_no)
        if fact is not None:
            told = {name: fact.data[name]["status"] for name in RESULTS}
            yield Item(chain.problem_no, chain.dims(view) | told, (fact,))


@statistic("results.loopholes-closed", Loopholes, "Q53", dims=("problem",))
def loopholes(view: View) -> Iterator[Item]:
    """Loopholes (漏洞) closed, each once (R129)."""
    for fact in view.of("rectification.loophole-closed"):
        problem_no = fact.data["problem_no"]
        dims = view.place(fact) | {"problem": problem_no}
        yield Item(f"{problem_no} {fact.data['loophole_no']}", dims, (fact,))


@statistic(
    "results.institutions-changed", Institutions, "Q53", dims=("problem", "change"),
    shows=("change",),
)  # fmt: skip
def institutions(view: View) -> Iterator[Item]:
    """Rules (制度) made, amended or repealed; one rule of a unit is one, whatever problems and
    changes it stands for (R130)."""
    for fact in view.of("rectification.institution-changed"):
        place = view.place(fact)
        dims = place | {"problem": fact.data["problem_no"], "change": fact.data["change"]}
        yield Item(f"{place['unit']} {fact.data['document_no']}", dims, (fact,))
