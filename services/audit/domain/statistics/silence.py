"""Silence: days since anything happened to an open problem (Q55)."""

from collections.abc import Iterator

from services.audit.domain.known import Known
from services.audit.domain.moment import business_date
from services.audit.domain.statistics.answers import Aggregation, Item
from services.audit.domain.statistics.chains import chains
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.supervisors import phases
from services.audit.domain.statistics.units import Days
from services.audit.domain.statistics.views import View


@statistic(
    "silence.days", Days, "Q55", aggregation=Aggregation.MEDIAN,
    dims=("problem", "state", "phase"), shows=("phase", "state"),
)  # fmt: skip
def days(view: View) -> Iterator[Item]:
    """Median days since the last event of an open problem, until the moment asked about."""
    last = _last_facts(view)
    phase = {case: steps[-1].data["phase"] for case, steps in phases(view).items()}
    for chain in chains(view):
        if chain.is_open:
            fact = last.get(chain.problem_no, chain.issued)
            dims = chain.dims(view)
            dims["phase"] = phase.get(dims["case"], "-")
            silent = (view.today - business_date(fact)).days
            yield Item(chain.problem_no, dims, (fact,), silent)


def _last_facts(view: View) -> dict[str, Known]:
    return {
        fact.data["problem_no"]: fact
        for fact in view.history.everything()
        if "problem_no" in fact.data
    }
