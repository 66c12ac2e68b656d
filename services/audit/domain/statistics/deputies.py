"""Non-resident deputies (Q12): persons, and how often they were authorised."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Authorisations, Persons
from services.audit.domain.statistics.views import View

AUTHORISED = "feedback.deputy-authorised"


@statistic("deputies.authorised", Persons, "Q12", is_publishable=True)
def authorised(view: View) -> Iterator[Item]:
    """Distinct persons authorised as non-resident deputy leaders (不驻组的副组长)."""
    for fact in view.of(AUTHORISED):
        yield Item(fact.data["person_ref"], view.place(fact), (fact,))


@statistic("deputies.authorisations", Authorisations, "Q12", is_publishable=True)
def authorisations(view: View) -> Iterator[Item]:
    """Authorisations, one per person and round: not the number of persons."""
    for fact in view.of(AUTHORISED):
        key = f"{fact.data['person_ref']} {fact.data['round_no']}"
        yield Item(key, view.place(fact), (fact,))
