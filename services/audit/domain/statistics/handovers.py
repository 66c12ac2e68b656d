"""Handovers of rectification on a change of principal (Q19): urged is not completed."""

from collections.abc import Iterator

from services.audit.domain.known import Known
from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Persons
from services.audit.domain.statistics.views import View


@statistic("handover.urged", Persons, "Q19", is_publishable=True)
def urged(view: View) -> Iterator[Item]:
    """Distinct principals urged to hand over; urged twice is one."""
    for fact in view.of("supervision.handover-urged"):
        yield Item(fact.data["principal"], view.place(fact), (fact,))


@statistic(
    "handover.completed", Persons, "Q19", of="handover.urged", overlaps=("handover.urged",),
    is_publishable=True,
)  # fmt: skip
def completed(view: View) -> Iterator[Item]:
    """Distinct outgoing principals whose handover the office witnessed; not all were urged."""
    required: dict[tuple[str, int], Known] = {
        (fact.data["case_no"], fact.data["handover"]): fact
        for fact in view.all("rectification.handover-required")
    }
    for fact in view.of("rectification.handover-completed"):
        need = required.get((fact.data["case_no"], fact.data["handover"]))
        if need is not None and "outgoing" in need.data:
            yield Item(need.data["outgoing"], view.place(fact), (fact, need))
