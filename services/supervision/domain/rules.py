"""What supervision knows of other services' rules: how often to urge, which handovers are open."""

from datetime import date

from shared.contracts.supervision import HandoverNoted, UrgingRuleNoted
from shared.eventstore.aggregate import Aggregate, applies


class UrgingRule(Aggregate):
    """After how many urges accountability is proposed, by the policy edition of the day (X06)."""

    KIND = "urging-rule"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.editions: dict[str, tuple[date, int]] = {}

    def note(self, edition: str, effective: date, urge_levels: int) -> None:
        """Take note of an edition, once."""
        if edition not in self.editions:
            self.record(
                UrgingRuleNoted(edition=edition, effective=effective, urge_levels=urge_levels)
            )

    def levels(self, on: date) -> int | None:
        """Return the number that holds on this day, None before any edition does."""
        held = [found for found in self.editions.values() if found[0] <= on]
        return max(held)[1] if held else None

    @applies(UrgingRuleNoted)
    def _noted(self, event: UrgingRuleNoted) -> None:
        self.editions[event.edition] = (event.effective, event.urge_levels)


class UnitHandovers(Aggregate):
    """The handovers of a unit's principal that are open, in whichever of its cases (G20)."""

    KIND = "unit"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.open: dict[str, int] = {}

    @property
    def is_any_open(self) -> bool:
        return bool(self.open)

    def note(self, case_no: str, handover: int, *, is_open: bool) -> None:
        """Take note that a handover is required or complete; a later one replaces an earlier."""
        known = self.open.get(case_no, 0)
        is_news = handover > known if is_open else handover == known
        if is_news:
            self.record(
                HandoverNoted(unit=self.key, case_no=case_no, handover=handover, is_open=is_open)
            )

    @applies(HandoverNoted)
    def _noted(self, event: HandoverNoted) -> None:
        if event.is_open:
            self.open[event.case_no] = event.handover
        else:
            self.open.pop(event.case_no, None)
