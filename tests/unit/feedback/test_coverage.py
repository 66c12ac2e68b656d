"""全覆盖规划: the plan of a term sums up, and a later edition replaces it."""

from typing import Any

import pytest

from services.feedback.domain.coverage import CoverageDoesNotSumUpError
from shared.contracts.base import Event
from shared.contracts.feedback import CoverageCategory, CoveragePlanAdopted
from shared.kernel.errors import GuardFailedError
from tests.unit.feedback.yunlan import DECISION, LEADING_GROUP, TODAY, Yunlan, application

ORGANISATIONS = (10, 2, 39, 2, 7, 36)
CATEGORIES = [
    CoverageCategory(category=f"CATEGORY-{n}", organisations=many)
    for n, many in enumerate(ORGANISATIONS, 1)
]


def adopted(city: Yunlan, **changes: Any) -> list[Event]:
    facts: dict[str, Any] = {"categories": CATEGORIES, "total": 96, "decision": DECISION}
    uow = city.acting(LEADING_GROUP)
    application.adopt_coverage_plan(uow, "YL-T1", **{**facts, **changes})
    return uow.recorded


@pytest.mark.req("R035", "INV-21")
class TestCoveragePlan:
    def test_is_adopted_by_decision_edition_by_edition(self) -> None:
        city = Yunlan()
        (first,), (second,) = adopted(city), adopted(city)
        assert first == CoveragePlanAdopted(
            term="YL-T1", edition=1, categories=CATEGORIES, total=96, adopted_on=TODAY,
            decision=DECISION,
        )  # fmt: skip
        assert isinstance(second, CoveragePlanAdopted)
        assert second.edition == 2

    @pytest.mark.parametrize(
        "changes", [{"total": 97}, {"categories": [*CATEGORIES[:5], CATEGORIES[0]], "total": 70}]
    )
    def test_that_does_not_sum_up_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(CoverageDoesNotSumUpError):
            adopted(Yunlan(), **changes)

    def test_needs_the_decision_of_a_deciding_body(self) -> None:
        with pytest.raises(GuardFailedError):
            adopted(Yunlan(), decision=DECISION.model_copy(update={"forum": "canteen"}))
