"""Persons handled (Q04), to the judiciary (Q05), measures from leads on principals (Q07), cases
filed (Q08): 人 is not 人次, and each goes to the round it comes from, not to the day of decision.
"""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.leads import on_principal
from services.audit.domain.statistics.units import Measures, Occurrences, Persons
from services.audit.domain.statistics.views import View

IMPOSED = "accountability.measure-imposed"
JUDICIARY = "accountability.transferred-to-judiciary"
FILED = "accountability.case-filed"
HANDLED = "persons.handled"


@statistic(
    HANDLED, Persons, "Q04", is_restricted=True, is_publishable=True,
    dims=("category", "measure"),
)  # fmt: skip
def handled(view: View) -> Iterator[Item]:
    """Distinct persons on whom a measure was imposed that goes back to a round in scope."""
    for fact in view.of(IMPOSED):
        dims = {"category": fact.data["category"], "measure": fact.data["measure"]}
        yield Item(fact.data["person_ref"], view.place(fact) | dims, (fact,))


@statistic(
    "persons.to-judiciary", Persons, "Q05", overlaps=(HANDLED,), is_restricted=True,
    is_publishable=True,
)  # fmt: skip
def to_judiciary(view: View) -> Iterator[Item]:
    """Distinct persons transferred to the judiciary. How many of them were also handled is told,
    never assumed (A29)."""
    for fact in view.of(JUDICIARY):
        yield Item(fact.data["person_ref"], view.place(fact), (fact,))


@statistic(
    "measures.imposed", Measures, "Q04", is_restricted=True, is_publishable=True,
    dims=("category", "measure"),
)  # fmt: skip
def imposed(view: View) -> Iterator[Item]:
    """Measures imposed on persons (人次), which is not the number of persons (人)."""
    for fact in view.of(IMPOSED):
        dims = {"category": fact.data["category"], "measure": fact.data["measure"]}
        yield Item(fact.data["measure_no"], view.place(fact) | dims, (fact,))


@statistic(
    "measures.from-principal-leads", Measures, "Q07", is_restricted=True, is_publishable=True,
    dims=("category", "measure"),
)  # fmt: skip
def from_principal_leads(view: View) -> Iterator[Item]:
    """Measures (人次) out of leads on principals; the person may be another than the principal."""
    sources = {
        fact.data["measure_no"]: fact.data.get("origin_lead", "") for fact in view.all(IMPOSED)
    }
    for item in imposed.count(view):
        if on_principal(view, sources[item.key]):
            yield item


@statistic(
    "persons.cases-filed", Persons, "Q08", is_restricted=True, is_publishable=True,
    dims=("post_level",),
)  # fmt: skip
def cases_filed(view: View) -> Iterator[Item]:
    """Distinct persons against whom a case was filed, by the post at the time of the conduct."""
    for fact in view.of(FILED):
        dims = view.place(fact) | {"post_level": fact.data["post_level"]}
        yield Item(fact.data["person_ref"], dims, (fact,))


@statistic("detentions", Occurrences, "Q09", is_restricted=True)
def detentions(view: View) -> Iterator[Item]:
    """Detentions recorded: existence and number only, whoever it was is sealed (C5)."""
    for fact in view.of("accountability.detention-recorded"):
        yield Item(fact.data["detention_no"], view.place(fact), (fact,))


@statistic("surrenders", Occurrences, "Q10", is_restricted=True, dims=("field",))
def surrenders(view: View) -> Iterator[Item]:
    """Voluntary surrenders recorded: existence, number and field only (C5)."""
    for fact in view.of("accountability.voluntary-surrender-recorded"):
        dims = view.place(fact) | {"field": fact.data["sector"]}
        yield Item(fact.data["surrender_no"], dims, (fact,))
