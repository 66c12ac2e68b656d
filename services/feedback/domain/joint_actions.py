"""联动: several bodies act together in a field; what they find names the joint action (A30)."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from services.feedback.domain.grounds import require_authority, require_past
from shared.contracts.base import Decision
from shared.contracts.feedback import JointActionOpened
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError


class PartnersMissingError(RefusedError):
    code = "partners-missing"
    title = "A joint action needs two different bodies at least"


class JointAction(Aggregate):
    """One joint action under its number."""

    KIND = "joint-action"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.field = ""

    def open(
        self, field: str, partners: Sequence[str], opened_on: date, decision: Decision, today: date
    ) -> Self:
        """Open it, by decision of a deciding body (G03)."""
        if len(set(partners)) < 2 or len(set(partners)) < len(partners):
            raise PartnersMissingError("name two different bodies", action_no=self.key)
        require_past(opened_on, today)
        require_authority(decision, opened_on)
        self.record(
            JointActionOpened(
                action_no=self.key, field=field, partners=list(partners), opened_on=opened_on,
                decision=decision,
            )
        )  # fmt: skip
        return self

    @applies(JointActionOpened)
    def _opened(self, event: JointActionOpened) -> None:
        self.field = event.field
