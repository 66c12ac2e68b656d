"""Whatever anybody tries, in whatever order: the invariants hold in what was recorded."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.contracts.base import Event
from shared.contracts.supervision import (
    ClosureAccepted,
    ClosureCountersigned,
    ClosureOfficeApproved,
    EvaluationFinalised,
    Executor,
    ProblemClosed,
    ProblemReopened,
    SecondRoundWaived,
    SupervisionStarted,
)
from shared.kernel.errors import DubanError
from tests.unit.supervision.stories import (
    DECISION,
    INSPECTION_OFFICE,
    JOINT_GROUP,
    LEADING_GROUP,
    LINKED,
    OFFICE_3,
    OFFICE_5,
    PANEL,
    PAPER,
    REPORT,
    TEAM_LEADER,
    Story,
    returns,
)


def reopened(story: Story) -> None:
    story.reopens()
    story.cycle, story.applications = story.cycle + 1, 0


def waived(story: Story) -> None:
    story.does(LEADING_GROUP, "waive_second_round", reason="机构改革", decision=DECISION)


Attempt = Callable[[Story], object]

STEPS: dict[str, Attempt] = {
    "declare": Story.declared,
    "group visits": lambda story: story.started(JOINT_GROUP).completed(JOINT_GROUP),
    "office visits": lambda story: story.started(OFFICE_3).completed(OFFICE_3),
    "other office visits": lambda story: story.started(OFFICE_5),
    "panel scores well": lambda story: story.scored(90, PANEL),
    "panel scores badly": lambda story: story.scored(40, PANEL),
    "office scores well": lambda story: story.scored(90, OFFICE_3),
    "office scores badly": lambda story: story.scored(40, OFFICE_3),
    "panel finalises": lambda story: story.finalises(PANEL),
    "office finalises": lambda story: story.finalises(OFFICE_3),
    "first pair": Story.first_pair,
    "next pair": Story.next_pair,
    "apply": Story.applied,
    "accept": Story.accepts,
    "approve": lambda story: story.does(INSPECTION_OFFICE, "approve_closure"),
    "office signs": lambda story: story.countersigns(OFFICE_3),
    "leader signs": lambda story: story.countersigns(TEAM_LEADER),
    "leader signs other content": lambda story: story.countersigns(TEAM_LEADER, digest=PAPER),
    "office returns": lambda story: story.does(OFFICE_3, "return_closure", **returns()),
    "waive": waived,
    "reopen": reopened,
}
TO_CLOSING = ["first pair", "next pair", "apply", "accept", "approve", "office signs"]


@pytest.mark.req("INV-01")
@pytest.mark.req("INV-02")
@pytest.mark.req("INV-03")
@pytest.mark.req("INV-05")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    begun=st.integers(0, len(TO_CLOSING)),
    tried=st.lists(st.sampled_from(sorted(STEPS)), max_size=25),
)
@example(begun=6, tried=["leader signs", "reopen", *TO_CLOSING, "leader signs"])
@example(begun=1, tried=["waive", "apply", "accept", "approve", "leader signs", "office signs"])
def test_no_order_of_attempts_breaks_an_invariant(begun: int, tried: list[str]) -> None:
    story = Story().until_declared()

    for name in [*TO_CLOSING[:begun], *tried]:
        with suppress(DubanError):
            STEPS[name](story)

    for cycle in cycles(story.log):
        pairs_alternate(cycle)
        closing_is_earned(cycle)


def cycles(log: list[Event]) -> list[list[Event]]:
    """Cut the history at every reopening."""
    found: list[list[Event]] = [[]]
    for event in log:
        if isinstance(event, ProblemReopened):
            found.append([])
        found[-1].append(event)
    return found


def pairs_alternate(cycle: list[Event]) -> None:
    """INV-02, INV-03: supervision n, evaluation n, supervision n + 1, by the right executor."""
    steps = [one for one in cycle if isinstance(one, SupervisionStarted | EvaluationFinalised)]
    for place, step in enumerate(steps):
        assert step.n == place // 2 + 1
        assert isinstance(step, (SupervisionStarted, EvaluationFinalised)[place % 2])
        if isinstance(step, SupervisionStarted):
            is_first = step.n == 1
            assert (step.executor is Executor.JOINT_GROUP) is is_first
            assert is_first or step.executor_org == LINKED


def closing_is_earned(cycle: list[Event]) -> None:
    """INV-01, INV-05: two pairs or a waiver; accepted, approved, signed by two on one hash."""
    closings = [place for place, one in enumerate(cycle) if isinstance(one, ProblemClosed)]
    assert len(closings) <= 1
    for place in closings:
        before = cycle[:place]
        pairs = [one for one in before if isinstance(one, EvaluationFinalised)]
        assert len(pairs) >= 2 or any(isinstance(one, SecondRoundWaived) for one in before)
        kinds = (ClosureAccepted, ClosureOfficeApproved, ClosureCountersigned)
        *_, accepted, approved, first, second = [one for one in before if isinstance(one, kinds)]
        assert isinstance(accepted, ClosureAccepted)
        assert isinstance(approved, ClosureOfficeApproved)
        assert isinstance(first, ClosureCountersigned)
        assert isinstance(second, ClosureCountersigned)
        assert first.signed_by != second.signed_by
        assert first.digest == second.digest == REPORT
