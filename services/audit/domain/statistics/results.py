"""The three results 改 / 问 / 立: fixed, held to account, built (Q53)."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.chains import chains
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Problems
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
