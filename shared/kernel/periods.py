"""Counting time as policies name it: days, working days, months. Pure; the calendar is given."""

import calendar
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from shared.kernel.errors import RefusedError

BEIJING_TIME = timezone(timedelta(hours=8), "UTC+08:00")


class CalendarUnknownError(RefusedError):
    code = "calendar-unknown"
    title = "The work calendar of a year is not published"


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked: Monday to Friday, less holidays, plus shifted working days.

    `years` are those whose calendar was published; others have no known working days.
    """

    years: Set[int] = field(default_factory=frozenset)
    holidays: Set[date] = field(default_factory=frozenset)
    workdays: Set[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        """Raises CalendarUnknownError for a day of a year that was not published: never a guess."""
        if day.year not in self.years:
            raise CalendarUnknownError("the work calendar is not published", year=day.year)
        if day in self.workdays:
            return True
        return day.weekday() < 5 and day not in self.holidays


def civil_date(instant: datetime) -> date:
    """Return the date that the calendar on the wall shows at this instant (Beijing time)."""
    return instant.astimezone(BEIJING_TIME).date()


def after_days(start: date, count: int) -> date:
    return start + timedelta(days=count)


def after_months(start: date, count: int) -> date:
    """Return the same day of a later month, or that month's last day if it has no such day."""
    months = start.year * 12 + start.month - 1 + count
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


def after_working_days(start: date, count: int, days: WorkCalendar) -> date:
    """Return the `count`-th working day after `start`, which itself does not count.

    Raises CalendarUnknownError when the count runs into a year that was not published.
    """
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= days.is_working_day(day)
    return day
