"""Rounds (轮次): completed ones (Q01), evaluated ones and those still to be evaluated (Q17)."""

from collections.abc import Iterator

from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Rounds
from services.audit.domain.statistics.views import View

FED_BACK, EVALUATED = "feedback.round-fed-back", "supervision.round-evaluated"


@statistic("rounds.completed", Rounds, "Q01", is_publishable=True)
def completed(view: View) -> Iterator[Item]:
    """Rounds whose every target was fed back. A round that is only opened does not count."""
    for fact in view.of(FED_BACK):
        yield Item(fact.data["round_no"], view.place(fact), (fact,))


@statistic("rounds.evaluated", Rounds, "Q17", of="rounds.completed", is_publishable=True)
def evaluated(view: View) -> Iterator[Item]:
    """Rounds whose rectification was evaluated as a whole (一轮一评估), of those completed."""
    for fact in view.of(EVALUATED):
        yield Item(fact.data["round_no"], view.place(fact), (fact,))


@statistic("rounds.not-evaluated", Rounds, "Q17", of="rounds.completed")
def not_evaluated(view: View) -> Iterator[Item]:
    """Completed rounds without an evaluation: the complement, due but not yet an error (A20)."""
    done = {fact.data["round_no"] for fact in view.all(EVALUATED)}
    yield from (item for item in completed.count(view) if item.key not in done)
