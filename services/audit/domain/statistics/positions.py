"""Where problems stand on the chain, how long in each state, how long the whole chain (Q37)."""

from collections.abc import Iterator

from services.audit.domain.moment import business_date
from services.audit.domain.statistics.answers import Aggregation, Item
from services.audit.domain.statistics.chains import chains
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Days, Problems
from services.audit.domain.statistics.views import View


@statistic("chain.positions", Problems, "Q37", dims=("problem", "state", "age"), shows=("state",))
def positions(view: View) -> Iterator[Item]:
    """Every issued problem in the state where it stands."""
    for chain in chains(view):
        yield Item(chain.problem_no, chain.dims(view), chain.evidence)


@statistic(
    "chain.days-in-state", Days, "Q37", aggregation=Aggregation.MEDIAN,
    dims=("problem", "state"), shows=("state",),
)  # fmt: skip
def days_in_state(view: View) -> Iterator[Item]:
    """Median days of a stay in a state; a stay that lasts counts until the moment asked about."""
    for chain in chains(view):
        for n, step in enumerate(chain.steps):
            dims = chain.dims(view) | {"state": step.state}
            days = step.days(view.today)
            yield Item(f"{chain.problem_no} {n}", dims, (step.fact,), days)


@statistic(
    "chain.duration", Days, "Q37", aggregation=Aggregation.MEDIAN, dims=("problem",),
    shows=("round",),
)  # fmt: skip
def duration(view: View) -> Iterator[Item]:
    """Median days from the issue of a problem to its latest closing."""
    closings = {fact.data["problem_no"]: fact for fact in view.all("supervision.problem-closed")}
    for chain in chains(view):
        end = closings.get(chain.problem_no)
        if end is not None and not chain.is_open:
            days = (business_date(end) - business_date(chain.issued)).days
            yield Item(chain.problem_no, chain.dims(view), (chain.issued, end), days)
