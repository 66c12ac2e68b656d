"""Q76: a figure of a report is told again, and every difference since is told by its events."""

from typing import Any

import pytest

from services.audit.domain.moment import Moment
from services.audit.domain.statistics import Scope, difference, reproduced
from shared.kernel.errors import NotFoundError
from tests.unit.audit.statistics.small_log import CASE, SmallLog

FOUND: dict[str, Any] = {"name": "problems.found", "definition_version": "issued-1", "term": "T1"}


class TestReproduction:
    @pytest.mark.req("R341")
    def test_a_true_figure_comes_out_again_and_the_difference_is_explained(self) -> None:
        log = SmallLog().problem(1).problem(2).report("TR-1", value=2, **FOUND).problem(3)
        (told,) = reproduced(log.log, "TR-1")
        assert (told.stated, told.recomputed, told.is_same) == (2, 2, True)
        assert told.until_now.after.value is not None
        assert told.until_now.after.value.value == 3
        (added,) = told.until_now.added
        assert (added.key, added.types) == (f"{CASE}-003", ("feedback.problem-issued",))
        assert added.events == (log.log[-1].id,)
        assert told.until_now.removed == ()

    def test_a_false_figure_is_found_out(self) -> None:
        log = SmallLog().problem(1).report("TR-1", value=7, **FOUND)
        (told,) = reproduced(log.log, "TR-1")
        assert (told.stated, told.recomputed, told.is_same) == (7, 1, False)

    def test_a_figure_by_an_old_definition_is_not_judged(self) -> None:
        figure: dict[str, Any] = {**FOUND, "definition_version": "issued-0"}
        (told,) = reproduced(SmallLog().problem(1).report("TR-1", value=1, **figure).log, "TR-1")
        assert told.is_same is None

    def test_an_unknown_report_is_refused(self) -> None:
        with pytest.raises(NotFoundError):
            reproduced(SmallLog().log, "TR-9")


def test_something_that_counts_no_longer_is_told_too() -> None:
    """After the last of two days only the second problem is still in the interval."""
    log = SmallLog().problem(1).problem(2)
    told = difference(
        "problems.found", log.log, Moment(), Moment(positions={"feedback": 2}), scope=Scope()
    )
    assert [change.key for change in told.removed] == [f"{CASE}-002"]
    assert told.added == ()
