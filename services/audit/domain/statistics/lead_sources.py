"""Inspection leads beside those of other sources: do they go first (Q60, R253)?"""

from collections.abc import Iterator, Mapping

from services.audit.domain.known import Known
from services.audit.domain.moment import business_date
from services.audit.domain.statistics.answers import Aggregation, Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.leads import CLASSIFIED, CONCLUDED, registrations
from services.audit.domain.statistics.units import Days, Leads
from services.audit.domain.statistics.views import View

INSPECTION = "INSPECTION"
OTHER_REGISTERED = "accountability.other-lead-registered"
OTHER_CLASSIFIED = "accountability.other-lead-classified"
OTHER_CONCLUDED = "accountability.other-lead-concluded"


@statistic(
    "leads.by-source", Leads, "Q60", is_restricted=True, dims=("recipient", "source", "conclusion"),
    shows=("source", "conclusion"),
)  # fmt: skip
def by_source(view: View) -> Iterator[Item]:
    """Leads registered, by source: inspection (those transferred) and all others."""
    ends = _last(view, CONCLUDED, OTHER_CONCLUDED)
    for key, fact in _registered(view).items():
        end = ends.get(key)
        dims = _dims(view, fact) | {"conclusion": end.data["conclusion"] if end else "-"}
        yield Item(key, dims, (fact, end) if end else (fact,))


@statistic(
    "leads.days-to-disposal-by-source", Days, "Q60", is_restricted=True,
    aggregation=Aggregation.MEDIAN, dims=("recipient", "source"), shows=("source",),
)  # fmt: skip
def days_to_disposal(view: View) -> Iterator[Item]:
    """Median days from the registration of a lead to its first classification, by source."""
    yield from _waits(view, _first(view, CLASSIFIED, OTHER_CLASSIFIED))


@statistic(
    "leads.days-to-conclusion-by-source", Days, "Q60", is_restricted=True,
    aggregation=Aggregation.MEDIAN, dims=("recipient", "source"), shows=("source",),
)  # fmt: skip
def days_to_conclusion(view: View) -> Iterator[Item]:
    """Median days from the registration of a lead to its conclusion, by source."""
    yield from _waits(view, _last(view, CONCLUDED, OTHER_CONCLUDED))


def _registered(view: View) -> dict[str, Known]:
    """Return the registrations in scope, by stream: numbers of two registers may be the same."""
    inspected = {fact.stream: fact for fact in registrations(view).values()}
    return inspected | {fact.stream: fact for fact in view.of(OTHER_REGISTERED)}


def _last(view: View, *types: str) -> dict[str, Known]:
    return {fact.stream: fact for fact in view.all(*types)}


def _first(view: View, *types: str) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for fact in view.all(*types):
        found.setdefault(fact.stream, fact)
    return found


def _waits(view: View, ends: Mapping[str, Known]) -> Iterator[Item]:
    for key, fact in _registered(view).items():
        if key in ends:
            days = (business_date(ends[key]) - business_date(fact)).days
            yield Item(key, _dims(view, fact), (fact, ends[key]), days)


def _dims(view: View, fact: Known) -> dict[str, str]:
    source = fact.data.get("source", INSPECTION)
    return view.place(fact) | {"recipient": fact.data["addressee"], "source": source}
