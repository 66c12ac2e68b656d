"""全覆盖规划: whom a term must inspect at least once, by category (R035)."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from services.feedback.domain.grounds import require_authority
from shared.contracts.base import Decision
from shared.contracts.feedback import CoverageCategory, CoveragePlanAdopted
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError


class CoverageDoesNotSumUpError(RefusedError):
    code = "coverage-does-not-sum-up"
    title = "The categories of the plan do not sum up to its total, or one stands twice"


class CoveragePlan(Aggregate):
    """The plan of one term; a new edition replaces the one before."""

    KIND = "coverage-plan"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.editions = 0

    def adopt(
        self, categories: Sequence[CoverageCategory], total: int, decision: Decision, today: date
    ) -> Self:
        """Adopt an edition by decision (G03); raises CoverageDoesNotSumUpError."""
        require_authority(decision, today)
        names = {category.category for category in categories}
        planned = sum(category.organisations for category in categories)
        if len(names) < len(categories) or planned != total:
            raise CoverageDoesNotSumUpError(
                f"the categories sum up to {planned}, the plan says {total}", term=self.key
            )
        self.record(
            CoveragePlanAdopted(
                term=self.key,
                edition=self.editions + 1,
                categories=list(categories),
                total=total,
                adopted_on=today,
                decision=decision,
            )
        )
        return self

    @applies(CoveragePlanAdopted)
    def _adopted(self, event: CoveragePlanAdopted) -> None:
        self.editions = event.edition
