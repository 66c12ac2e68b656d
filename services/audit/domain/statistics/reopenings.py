"""Problems reopened, by what brought them back (Q41)."""

from collections.abc import Iterator

from services.audit.domain.known import Known
from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Occurrences, Problems
from services.audit.domain.statistics.views import View

REOPENED = "supervision.problem-reopened"


@statistic(
    "reopened.problems", Problems, "Q41", of="closures", dims=("problem", "instrument", "ground")
)
def problems(view: View) -> Iterator[Item]:
    """Closed problems that came back; one that came back twice is one problem."""
    for fact in view.of(REOPENED):
        yield Item(fact.data["problem_no"], _dims(view, fact), (fact,))


@statistic(
    "reopened.times", Occurrences, "Q41", dims=("problem", "instrument", "ground"),
    shows=("instrument", "ground"),
)  # fmt: skip
def times(view: View) -> Iterator[Item]:
    """Reopenings, by instrument (look-back, surprise check, general re-check, new round, …) and by
    ground: not to the bottom (没见底), false (虚假), relapse (反弹); `-` where none was stated."""
    for fact in view.of(REOPENED):
        key = f"{fact.data['problem_no']} {fact.data['cycle']}"
        yield Item(key, _dims(view, fact), (fact,))


def _dims(view: View, fact: Known) -> dict[str, str]:
    own = {
        "problem": fact.data["problem_no"],
        "instrument": fact.data["ground"],
        "ground": fact.data.get("finding", "-"),
    }
    return view.place(fact) | own
