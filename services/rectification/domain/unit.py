"""The inspected unit, as far as rectification must know it: its cases, its principals."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.rectification import (
    PrincipalChangeApplied,
    PrincipalChangeNoted,
    UnitCaseNoted,
)
from shared.eventstore.aggregate import Aggregate, applies


@dataclass(frozen=True)
class PrincipalChange:
    """Who left and who came, and from when."""

    number: int
    outgoing: str | None
    incoming: str | None
    effective: datetime


class Unit(Aggregate):
    """The stream `unit/<org>`: which cases a change of principal concerns."""

    KIND = "unit"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.case_nos: list[str] = []
        self.awaited: dict[int, PrincipalChange] = {}
        self.latest: PrincipalChange | None = None
        self.changes = 0

    def note_case(self, case_no: str) -> None:
        if case_no not in self.case_nos:
            self.record(UnitCaseNoted(unit=self.key, case_no=case_no))

    def note_change(
        self, outgoing: str | None, incoming: str | None, effective: datetime
    ) -> PrincipalChange:
        """Take note of a change; it is applied when it takes effect."""
        event = PrincipalChangeNoted(
            unit=self.key,
            change=self.changes + 1,
            outgoing=outgoing,
            incoming=incoming,
            effective=effective,
        )
        self.record(event)
        return self.awaited[event.change]

    def due_changes(self, now: datetime) -> list[PrincipalChange]:
        """Return the changes that have taken effect and are not applied, in order."""
        due = [change for change in self.awaited.values() if change.effective <= now]
        return sorted(due, key=lambda change: (change.effective, change.number))

    def changed_since(self, instant: datetime) -> PrincipalChange | None:
        """Return the last applied change if it took effect after the instant."""
        if self.latest is None or self.latest.effective <= instant:
            return None
        return self.latest

    def mark_applied(self, change: PrincipalChange) -> None:
        self.record(PrincipalChangeApplied(unit=self.key, change=change.number))

    @applies(UnitCaseNoted)
    def _case_noted(self, event: UnitCaseNoted) -> None:
        self.case_nos.append(event.case_no)

    @applies(PrincipalChangeNoted)
    def _change_noted(self, event: PrincipalChangeNoted) -> None:
        self.changes = event.change
        self.awaited[event.change] = PrincipalChange(
            event.change, event.outgoing, event.incoming, event.effective
        )

    @applies(PrincipalChangeApplied)
    def _change_applied(self, event: PrincipalChangeApplied) -> None:
        self.latest = self.awaited.pop(event.change)
