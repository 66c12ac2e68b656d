"""Counting time as policies name it."""

from datetime import date

import pytest

from shared.kernel.periods import WorkCalendar, after_days, after_months, after_working_days

SPRING_FESTIVAL = WorkCalendar(
    years=frozenset({2026}),
    holidays=frozenset({date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 18)}),
    workdays=frozenset({date(2026, 2, 14)}),
)


class TestPeriods:
    def test_two_months_keep_the_day(self) -> None:
        assert after_months(date(2026, 1, 5), 2) == date(2026, 3, 5)

    def test_a_month_without_that_day_ends_on_its_last_day(self) -> None:
        assert after_months(date(2026, 12, 31), 2) == date(2027, 2, 28)

    def test_days_count_every_day(self) -> None:
        assert after_days(date(2026, 2, 27), 2) == date(2026, 3, 1)

    @pytest.mark.req("R135")
    def test_working_days_pass_over_holidays_and_weekends(self) -> None:
        assert after_working_days(date(2026, 2, 15), 2, SPRING_FESTIVAL) == date(2026, 2, 20)

    @pytest.mark.req("R135")
    def test_a_shifted_working_day_counts(self) -> None:
        assert after_working_days(date(2026, 2, 13), 1, SPRING_FESTIVAL) == date(2026, 2, 14)
