"""Common problems (Q20), thematic reports (Q21), campaigns (Q22), 两单一书一报告 (Q23)."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Campaigns, CommonProblems, Papers
from services.audit.domain.statistics.views import View

REPORT, LETTER = "supervision.thematic-report-issued", "supervision.suggestion-letter-issued"
ASSIGNMENT = "supervision.assignment-issued"
KINDS = {REPORT: "THEMATIC_REPORT", LETTER: "SUGGESTION_LETTER"}


@statistic("common.confirmed", CommonProblems, "Q20", is_publishable=True)
def common(view: View) -> Iterator[Item]:
    """Common problems that the committee confirmed; a proposal does not count (A24)."""
    for fact in view.of("supervision.common-problem-confirmed"):
        yield Item(fact.data["common_no"], view.place(fact), (fact,))


@statistic("common.proposed", CommonProblems, "Q20")
def proposed(view: View) -> Iterator[Item]:
    """Common problems that the office proposed, confirmed or not."""
    for fact in view.of("supervision.common-problem-proposed"):
        yield Item(fact.data["common_no"], view.place(fact), (fact,))


@statistic("reports.thematic", Papers, "Q21", is_publishable=True)
def reports(view: View) -> Iterator[Item]:
    """Thematic reports issued. Reports on meetings or on a term are something else (A22)."""
    for fact in view.of(REPORT):
        yield Item(fact.data["instrument_no"], view.place(fact), (fact,))


@statistic("campaigns.opened", Campaigns, "Q22", is_publishable=True, dims=("field", "closed"))
def campaigns(view: View) -> Iterator[Item]:
    """Campaigns (专项治理) opened; a closed one was opened, too."""
    closed = {fact.data["campaign_no"] for fact in view.all("supervision.campaign-closed")}
    for fact in view.of("supervision.campaign-opened"):
        number = fact.data["campaign_no"]
        dims = {"field": fact.data["field"], "closed": "yes" if number in closed else "no"}
        yield Item(number, view.place(fact) | dims, (fact,))


@statistic(
    "instruments.by-kind", Papers, "Q23", dims=("kind", "step"), shows=("kind", "step"),
    is_publishable=True,
)  # fmt: skip
def by_kind(view: View) -> Iterator[Item]:
    """The four kinds apart; one that was handled stands as issued, received and handled."""
    for fact in view.of(ASSIGNMENT, LETTER, REPORT):
        kind = fact.data.get("kind") or KINDS[fact.type]
        dims = view.place(fact) | {"kind": kind, "step": "issued"}
        yield Item(fact.data["instrument_no"], dims, (fact,))
    for step in ("received", "handled"):
        for fact in view.of(f"supervision.instrument-{step}"):
            dims = view.place(fact) | {"kind": fact.data["kind"], "step": step}
            yield Item(fact.data["instrument_no"], dims, (fact,))
