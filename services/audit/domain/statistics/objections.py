"""Objections: raised, upheld, partly upheld, dismissed, and how long it took (Q50)."""

from collections.abc import Iterator

from services.audit.domain.known import Known
from services.audit.domain.moment import business_date
from services.audit.domain.statistics.answers import Aggregation, Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Days, Occurrences
from services.audit.domain.statistics.views import View

RAISED = "feedback.objection-raised"
OUTCOMES = {
    "feedback.problem-withdrawn": "upheld",
    "feedback.problem-amended": "partly-upheld",
    "feedback.objection-dismissed": "dismissed",
}


@statistic(
    "objections.raised", Occurrences, "Q50", dims=("problem", "outcome", "team_leader"),
    shows=("outcome",),
)  # fmt: skip
def raised(view: View) -> Iterator[Item]:
    """Objections raised, by their outcome (`open` while none) and by the team objected to."""
    ends = _ends(view)
    for fact in view.of(RAISED):
        end = ends.get(fact.data["objection_no"])
        dims = _dims(view, fact) | {"outcome": OUTCOMES[end.type] if end else "open"}
        yield Item(fact.data["objection_no"], dims, (fact, end) if end else (fact,))


@statistic(
    "objections.days", Days, "Q50", aggregation=Aggregation.MEDIAN,
    dims=("problem", "outcome", "team_leader"),
)  # fmt: skip
def days(view: View) -> Iterator[Item]:
    """Median days from an objection to its decision."""
    ends = _ends(view)
    for fact in view.of(RAISED):
        end = ends.get(fact.data["objection_no"])
        if end is not None:
            dims = _dims(view, fact) | {"outcome": OUTCOMES[end.type]}
            took = (business_date(end) - business_date(fact)).days
            yield Item(fact.data["objection_no"], dims, (fact, end), took)


def _ends(view: View) -> dict[str, Known]:
    return {fact.data["objection_no"]: fact for fact in view.all(*OUTCOMES)}


def _dims(view: View, fact: Known) -> dict[str, str]:
    target = view.targets.get(view.case_of(fact))
    leader = target.team_leader if target else "-"
    return view.place(fact) | {"problem": fact.data["problem_no"], "team_leader": leader}
