"""Policy: the dated editions of the parameters, and the due dates that follow from them."""

import re
from collections.abc import Mapping
from datetime import date

from services.directory.domain.parameters import LATER_NUMBERS, NUMBERS, PERIODS, WEIGHTS
from services.directory.domain.timeline import Timeline
from shared.contracts.directory import (
    DueDate,
    Period,
    PeriodUnit,
    PolicyEditionAdopted,
    PolicyView,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import InvalidValueError, NotFoundError, RefusedError
from shared.kernel.periods import WorkCalendar, after_days, after_months, after_working_days

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")


class IncompleteEditionError(RefusedError):
    """An edition leaves a limit open: nobody could compute it while the edition holds."""

    code = "incomplete-edition"
    title = "The edition does not fix every limit"


class EditionAdoptedError(RefusedError):
    code = "edition-adopted"
    title = "An edition of this name was adopted before"


class Policy(Aggregate):
    """The policy of one inspecting committee: exactly one edition holds on a date."""

    KIND = "policy"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.editions: Timeline[date, PolicyEditionAdopted] = Timeline()

    def adopt(
        self, edition: str, effective: date, periods: dict[str, Period], numbers: dict[str, int]
    ) -> None:
        """Adopt an edition that fixes every limit; it replaces the one before.

        Raises IncompleteEditionError, EditionAdoptedError, BackdatedError, InvalidValueError.
        """
        numbers = LATER_NUMBERS | numbers
        require_complete(periods, numbers)
        require_acceptable(periods, numbers)
        if any(known.edition == edition for _, known in self.editions.entries):
            raise EditionAdoptedError("editions have different names", edition=edition)
        self.editions.require_after_last(effective)
        self.record(
            PolicyEditionAdopted(
                edition=edition, effective=effective, periods=periods, numbers=numbers
            )
        )

    def in_force(self, on: date) -> PolicyView:
        """Return the parameters that hold on this date; raises NotFoundError."""
        found = self.editions.at(on)
        if found is None:
            raise NotFoundError("no policy edition is in force on that date")
        numbers = LATER_NUMBERS | found.numbers
        return PolicyView(edition=found.edition, periods=found.periods, numbers=numbers)

    @applies(PolicyEditionAdopted)
    def _adopted(self, event: PolicyEditionAdopted) -> None:
        self.editions.take(event.effective, event)


def require_complete(periods: Mapping[str, Period], numbers: Mapping[str, int]) -> None:
    """Raises IncompleteEditionError that names every limit which the edition leaves open."""
    missing = sorted((set(PERIODS) - set(periods)) | (set(NUMBERS) - set(numbers)))
    if missing:
        raise IncompleteEditionError(f"missing: {', '.join(missing)}")


def require_acceptable(periods: Mapping[str, Period], numbers: Mapping[str, int]) -> None:
    """Raises InvalidValueError. Parameters that Duban does not know are kept as they are."""
    if not all(_NAME.match(name) for name in (*periods, *numbers)):
        raise InvalidValueError("a parameter's name is lower-case ASCII with underscores")
    for name, (least, most) in NUMBERS.items():
        if not least <= numbers[name] <= most:
            raise InvalidValueError(f"{name} lies between {least} and {most}")
    if sum(numbers[name] for name in WEIGHTS) != 100:
        raise InvalidValueError("the three weights make 100 together")
    if numbers["low_mark"] > numbers["pass_mark"]:
        raise InvalidValueError("low_mark is at most pass_mark")
    if numbers["units_per_year_min"] > numbers["units_per_year_max"]:
        raise InvalidValueError("units_per_year_min is at most units_per_year_max")


def due_date(policy: PolicyView, parameter: str, start: date, days: WorkCalendar) -> DueDate:
    """Return when the period ends that began on `start`, which itself does not count.

    Raises NotFoundError for an unknown parameter, CalendarUnknownError for an unknown year.
    """
    period = policy.periods.get(parameter)
    if period is None:
        raise NotFoundError("no such period in the policy", parameter=parameter)
    due = after(start, period, days)
    return DueDate(parameter=parameter, edition=policy.edition, start=start, due=due)


def after(start: date, period: Period, days: WorkCalendar) -> date:
    match period.unit:
        case PeriodUnit.DAY:
            return after_days(start, period.count)
        case PeriodUnit.WORKING_DAY:
            return after_working_days(start, period.count, days)
        case PeriodUnit.MONTH:
            return after_months(start, period.count)


def years_touched(start: date, period: Period | None) -> range:
    """Return the years whose calendars decide where the period ends; none without working days.

    No year has fewer than 200 working days.
    """
    if period is None or period.unit is not PeriodUnit.WORKING_DAY:
        return range(0)
    return range(start.year, start.year + period.count // 200 + 2)
