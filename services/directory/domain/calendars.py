"""Work calendars: holidays and shifted working days, year by year, as they are published."""

from datetime import date

from shared.contracts.directory import CalendarPublished
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import InvalidValueError
from shared.kernel.periods import WorkCalendar

SATURDAY = 5


class YearCalendar(Aggregate):
    """The work calendar of one year; a later publication replaces an earlier one."""

    KIND = "calendar"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.holidays: frozenset[date] = frozenset()
        self.workdays: frozenset[date] = frozenset()

    def publish(self, holidays: list[date], workdays: list[date]) -> None:
        """Say which days are not worked and which weekend days are.

        Raises InvalidValueError for a day of another year, a day that is both, or a shifted
        working day that is no weekend day.
        """
        year = int(self.key)
        if any(day.year != year for day in (*holidays, *workdays)):
            raise InvalidValueError("a day lies in another year", year=year)
        if set(holidays) & set(workdays):
            raise InvalidValueError("a day is both a holiday and a working day", year=year)
        if any(day.weekday() < SATURDAY for day in workdays):
            raise InvalidValueError("a shifted working day is a Saturday or Sunday", year=year)
        self.record(
            CalendarPublished(
                year=year, holidays=sorted(set(holidays)), workdays=sorted(set(workdays))
            )
        )

    @applies(CalendarPublished)
    def _published(self, event: CalendarPublished) -> None:
        self.holidays, self.workdays = frozenset(event.holidays), frozenset(event.workdays)


def joined(years: list[YearCalendar]) -> WorkCalendar:
    """Return the calendar of these years; every other year stays unknown."""
    return WorkCalendar(
        years=frozenset(int(year.key) for year in years),
        holidays=frozenset(day for year in years for day in year.holidays),
        workdays=frozenset(day for year in years for day in year.workdays),
    )
