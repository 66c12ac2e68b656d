"""The policy in force on a day, and due dates as the directory counts them, from its records."""

from datetime import date
from typing import Any

from services.audit.domain.known import Known
from shared.kernel.periods import (
    CalendarUnknownError,
    WorkCalendar,
    after_days,
    after_months,
    after_working_days,
)

POLICY = "directory.policy-edition-adopted"
CALENDAR = "directory.calendar-published"
RULE_TYPES = (POLICY, CALENDAR)


class DueDates:
    """What the policy of one inspecting committee says, as far as its records are fed."""

    def __init__(self) -> None:
        self._editions: list[tuple[str, dict[str, Any]]] = []
        self._years: set[int] = set()
        self._holidays: set[date] = set()
        self._workdays: set[date] = set()

    def feed(self, one: Known) -> None:
        """Take a record of the directory; others are passed over."""
        if one.type == POLICY:
            self._editions.append((one.data["effective"], one.data))
            self._editions.sort(key=lambda edition: edition[0])  # stable: the later known wins
        elif one.type == CALENDAR:
            self._years.add(one.data["year"])
            self._holidays |= {date.fromisoformat(day) for day in one.data["holidays"]}
            self._workdays |= {date.fromisoformat(day) for day in one.data["workdays"]}

    def edition(self, on: date) -> dict[str, Any] | None:
        """Return the edition in force on that day, None before any is."""
        held = [data for effective, data in self._editions if effective <= on.isoformat()]
        return held[-1] if held else None

    def due(self, parameter: str, start: date) -> date | None:
        """Return when the period ends; None when no edition or no calendar says it."""
        edition = self.edition(start)
        period = edition["periods"].get(parameter) if edition else None
        return self._after(start, period) if period else None

    def _after(self, start: date, period: dict[str, Any]) -> date | None:
        if period["unit"] == "MONTH":
            return after_months(start, period["count"])
        if period["unit"] == "DAY":
            return after_days(start, period["count"])
        calendar = WorkCalendar(self._years, self._holidays, self._workdays)
        try:
            return after_working_days(start, period["count"], calendar)
        except CalendarUnknownError:
            return None
