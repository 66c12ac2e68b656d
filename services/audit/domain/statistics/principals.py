"""Who was the principal responsible for a problem; which principals signed what (Q74)."""

from collections.abc import Iterator
from datetime import datetime

from services.audit.domain.known import Known
from services.audit.domain.moment import business_date
from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.chains import chains
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Occurrences, Problems
from services.audit.domain.statistics.views import View
from shared.kernel.periods import civil_date

ACTS = {
    "rectification.problem-claimed": ("claimed", "claimed_by"),
    "rectification.authenticity-pledged": ("pledged", "signatory"),
    "rectification.closure-report-signed": ("signed", "signatory"),
    "rectification.handover-signed": ("handed-over", "signatory"),
}


@statistic(
    "principals.responsible", Problems, "Q74", dims=("problem", "state", "principal", "since"),
    shows=("problem", "unit", "principal", "since"),
)  # fmt: skip
def responsible(view: View) -> Iterator[Item]:
    """Open problems with the first responsible person at the moment asked about.

    That is the principal whose appointment was effective then, by the directory; a vacant post is
    "-". Before the directory tells of any, the principal named by the feedback.
    """
    appointed = _appointed(view)
    named = {fact.data["case_no"]: fact for fact in view.all("feedback.feedback-issued")}
    for chain in chains(view):
        if chain.is_open:
            dims = chain.dims(view)
            found = appointed.get(dims["unit"]) or named.get(dims["case"])
            yield Item(chain.problem_no, dims | _held_by(found), (found or chain.issued,))


@statistic(
    "principals.acts", Occurrences, "Q74", dims=("problem", "act", "person"),
    shows=("case", "problem", "act", "person"),
)  # fmt: skip
def acts(view: View) -> Iterator[Item]:
    """What principals claimed, pledged, signed and handed over, each by whom."""
    for fact in view.of(*ACTS):
        act, field = ACTS[fact.type]
        own = {"problem": fact.data.get("problem_no", "-"), "act": act, "person": fact.data[field]}
        yield Item(fact.id, view.place(fact) | own, (fact,))


def _appointed(view: View) -> dict[str, Known]:
    """Return the latest appointment of each unit that was effective at the moment."""
    changes = sorted(
        view.all("directory.appointment-changed"), key=lambda fact: str(fact.data["effective"])
    )
    return {
        fact.data["org"]: fact
        for fact in changes
        if civil_date(datetime.fromisoformat(fact.data["effective"])) <= view.today
    }


def _held_by(fact: Known | None) -> dict[str, str]:
    if fact is None:
        return {"principal": "-", "since": "-"}
    person = fact.data.get("incoming") or fact.data.get("principal", "-")
    return {"principal": person, "since": business_date(fact).isoformat()}
