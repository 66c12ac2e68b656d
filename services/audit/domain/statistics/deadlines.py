"""Overdue, urged, extended; closed in time (Q38)."""

from collections.abc import Iterator
from datetime import date

from services.audit.domain.moment import business_date
from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Occurrences, Problems
from services.audit.domain.statistics.views import View

CLOSED = "supervision.problem-closed"
DEADLINES = (
    "feedback.feedback-issued", "rectification.rectification-started",
    "rectification.deadline-extended", "rectification.re-rectification-ordered",
)  # fmt: skip


@statistic("deadlines.overdue", Problems, "Q38", of="problems.found", dims=("problem", "cycle"))
def overdue(view: View) -> Iterator[Item]:
    """Problems that passed a deadline at least once."""
    for fact in view.of("rectification.rectification-overdue"):
        dims = {"problem": fact.data["problem_no"], "cycle": str(fact.data["cycle"])}
        yield Item(fact.data["problem_no"], view.place(fact) | dims, (fact,))


@statistic(
    "deadlines.urged", Occurrences, "Q38", dims=("problem", "urge_level"), shows=("urge_level",)
)
def urged(view: View) -> Iterator[Item]:
    """Urges because of a passed deadline, by their level."""
    for fact in view.of("supervision.urge-issued"):
        number, level = fact.data["problem_no"], str(fact.data["level"])
        dims = view.place(fact) | {"problem": number, "urge_level": level}
        yield Item(f"{number} {level}", dims, (fact,))


@statistic("deadlines.extended", Problems, "Q38", of="problems.found", dims=("problem",))
def extended(view: View) -> Iterator[Item]:
    """Problems whose deadline was extended at least once."""
    for fact in view.of("rectification.deadline-extended"):
        number = fact.data["problem_no"]
        yield Item(number, view.place(fact) | {"problem": number}, (fact,))


@statistic("closures", Problems, "Q38", of="problems.found", dims=("problem",))
def closures(view: View) -> Iterator[Item]:
    """Problems that were closed at least once, reopened later or not."""
    for fact in view.of(CLOSED):
        number = fact.data["problem_no"]
        yield Item(number, view.place(fact) | {"problem": number}, (fact,))


@statistic("closures.in-time", Problems, "Q38", of="closures", is_share=True, dims=("problem",))
def closed_in_time(view: View) -> Iterator[Item]:
    """Share of closed problems whose latest closing came by the deadline in force then."""
    deadline: dict[str, date] = {}
    of_case: dict[str, date] = {}
    in_time: dict[str, Item] = {}
    for fact in view.all(*DEADLINES, CLOSED):
        number = fact.data.get("problem_no", "")
        if fact.type != CLOSED:
            known = deadline if number else of_case
            known[number or fact.data["case_no"]] = date.fromisoformat(fact.data["rectify_by"])
        elif view.takes(fact):
            due = deadline.get(number, of_case.get(view.case_of(fact)))
            in_time.pop(number, None)
            if due is not None and business_date(fact) <= due:
                in_time[number] = Item(number, view.place(fact) | {"problem": number}, (fact,))
    yield from in_time.values()
