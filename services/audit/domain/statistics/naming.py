"""Naming circulars (Q18): 起 (cases) is neither the number of units nor that of persons."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.audit.domain.known import Known
from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import NamingCases, Organisations, Persons
from services.audit.domain.statistics.views import View


def _named(view: View) -> Iterator[tuple[Known, Mapping[str, Any]]]:
    for fact in view.of("accountability.naming-circular-issued"):
        yield from ((fact, case) for case in fact.data["cases"])


@statistic("naming.cases", NamingCases, "Q18", is_publishable=True)
def cases(view: View) -> Iterator[Item]:
    """Typical cases named in circulars (点名通报), each once however often it is told."""
    for fact, case in _named(view):
        yield Item(case["accountability_no"], view.place(fact), (fact,))


@statistic("naming.units", Organisations, "Q18", is_publishable=True)
def units(view: View) -> Iterator[Item]:
    """Distinct units named in circulars."""
    for fact, case in _named(view):
        yield Item(case["unit"], view.place(fact), (fact,))


@statistic("naming.persons", Persons, "Q18", is_publishable=True)
def persons(view: View) -> Iterator[Item]:
    """Distinct persons named in circulars, each by a decision of its own."""
    for fact, case in _named(view):
        for person in case["persons"]:
            yield Item(person["person_ref"], view.place(fact), (fact,))
