"""Who is the accountable supervisor of each case, and who was (Q54)."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from services.audit.domain.known import Known
from services.audit.domain.moment import business_date
from services.audit.domain.statistics.answers import Item
from services.audit.domain.statistics.definitions import statistic
from services.audit.domain.statistics.units import Cases
from services.audit.domain.statistics.views import View

PHASES = ("supervision.phase-started", "supervision.phase-changed")


def phases(view: View) -> dict[str, list[Known]]:
    """Return the phases of each case in scope, in their order."""
    found: defaultdict[str, list[Known]] = defaultdict(list)
    for fact in view.of(*PHASES):
        found[fact.data["case_no"]].append(fact)
    return found


@statistic(
    "supervisors.accountable", Cases, "Q54", dims=("phase", "supervisor", "since"),
    shows=("case", "phase", "supervisor", "since"),
)  # fmt: skip
def accountable(view: View) -> Iterator[Item]:
    """Cases with the supervisor who is accountable at the moment asked about."""
    for case_no, steps in phases(view).items():
        yield Item(case_no, _dims(view, steps[-1]), (steps[-1],))


@statistic(
    "supervisors.history", Cases, "Q54", dims=("phase", "supervisor", "since", "until"),
    shows=("case", "since", "until", "phase", "supervisor"),
)  # fmt: skip
def history(view: View) -> Iterator[Item]:
    """Every phase of every case, from its day to the day of the next."""
    for case_no, steps in phases(view).items():
        for step, following in pairwise([*steps, None]):
            assert step is not None
            until = business_date(following).isoformat() if following else "-"
            yield Item(case_no, _dims(view, step) | {"until": until}, (step,))


@statistic("supervisors.gaps", Cases, "Q54", shows=("case",))
def gaps(view: View) -> Iterator[Item]:
    """Fed-back cases for which nobody is accountable. Overlaps cannot be: a phase ends the last."""
    known = phases(view)
    for fact in view.of("feedback.feedback-issued"):
        if fact.data["case_no"] not in known:
            yield Item(fact.data["case_no"], view.place(fact), (fact,))


def _dims(view: View, step: Known) -> dict[str, str]:
    return view.place(step) | {
        "phase": step.data["phase"],
        "supervisor": step.data["supervisor"],
        "since": business_date(step).isoformat(),
    }
