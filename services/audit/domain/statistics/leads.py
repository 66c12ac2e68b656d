"""Leads: transferred (Q03), on principals (Q06), and what became of them (Q60)."""

from collections.abc import Iterator

from services.audit.domain.known import Known
from services.audit.domain.moment import business_date
from services.audit.domain.statistics.answers import Aggregation, Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Days, Leads
from services.audit.domain.statistics.views import View

REGISTERED = "accountability.lead-registered"
CLASSIFIED = "accountability.lead-classified"
CONCLUDED = "accountability.lead-concluded"


def registrations(view: View) -> dict[str, Known]:
    """Return the latest registration of each lead in scope."""
    return {fact.data["lead_no"]: fact for fact in view.of(REGISTERED)}


def on_principal(view: View, lead_no: str) -> bool:
    """Return whether the lead concerned a principal, as its offer says of the time of conduct."""
    offer = view.offers.get(lead_no)
    return offer is not None and bool(offer.data.get("concerns_principal"))


@statistic(
    "leads.transferred", Leads, "Q03", is_restricted=True, is_publishable=True,
    dims=("post_level", "kind", "joint_action"),
)  # fmt: skip
def transferred(view: View) -> Iterator[Item]:
    """Leads that their addressee registered, each once.

    An offer that was returned, or waits, does not count; offered anew and accepted, it is the
    same lead.
    """
    for number, fact in registrations(view).items():
        offer = view.offers.get(number)
        told = offer.data if offer else {}
        dims = view.place(offer or fact) | {
            "post_level": told.get("post_level", "-"),
            "kind": told.get("kind", "-"),
            "joint_action": told.get("joint_action", "-"),
        }
        yield Item(number, dims, (fact, offer) if offer else (fact,))


@statistic(
    "leads.on-principals", Leads, "Q06", of="leads.transferred", is_restricted=True,
    is_publishable=True, dims=("post_level",),
)  # fmt: skip
def on_principals(view: View) -> Iterator[Item]:
    """Transferred leads that concern a principal (一把手), by the post at the conduct."""
    yield from (item for item in transferred.count(view) if on_principal(view, item.key))


@statistic(
    "leads.disposal", Leads, "Q60", is_restricted=True,
    dims=("recipient", "kind", "method", "conclusion"), shows=("recipient", "method", "conclusion"),
)  # fmt: skip
def disposal(view: View) -> Iterator[Item]:
    """Transferred leads by recipient, way of disposal and conclusion (forms 1 to 4, or none)."""
    methods = {fact.data["lead_no"]: fact for fact in view.all(CLASSIFIED)}
    ends = {fact.data["lead_no"]: fact for fact in view.all(CONCLUDED)}
    for number, fact in registrations(view).items():
        offer, method, end = view.offers.get(number), methods.get(number), ends.get(number)
        dims = view.place(offer or fact) | {
            "recipient": fact.data["addressee"],
            "kind": offer.data["kind"] if offer else "-",
            "method": method.data["method"] if method else "-",
            "conclusion": end.data["conclusion"] if end else "-",
        }
        evidence = (fact, offer, method, end)
        yield Item(number, dims, tuple(each for each in evidence if each is not None))


@statistic(
    "leads.days-to-disposal", Days, "Q60", is_restricted=True, aggregation=Aggregation.MEDIAN,
    dims=("recipient",),
)  # fmt: skip
def days_to_disposal(view: View) -> Iterator[Item]:
    """Median days from the registration of a lead to its first classification."""
    first: dict[str, Known] = {}
    for fact in view.all(CLASSIFIED):
        first.setdefault(fact.data["lead_no"], fact)
    yield from _waits(view, first)


@statistic(
    "leads.days-to-conclusion", Days, "Q60", is_restricted=True, aggregation=Aggregation.MEDIAN,
    dims=("recipient",),
)  # fmt: skip
def days_to_conclusion(view: View) -> Iterator[Item]:
    """Median days from the registration of a lead to its conclusion."""
    yield from _waits(view, {fact.data["lead_no"]: fact for fact in view.all(CONCLUDED)})


def _waits(view: View, ends: dict[str, Known]) -> Iterator[Item]:
    for number, fact in registrations(view).items():
        if number in ends:
            dims = view.place(fact) | {"recipient": fact.data["addressee"]}
            days = (business_date(ends[number]) - business_date(fact)).days
            yield Item(number, dims, (fact, ends[number]), days)
