"""Policy editions, due dates, legal bases and calendars."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.directory.application import DirectoryApplication
from services.directory.domain.legal_bases import EditionKnownError
from services.directory.domain.parameters import LATER_NUMBERS, NUMBERS, PERIODS
from services.directory.domain.policy import EditionAdoptedError, IncompleteEditionError
from services.directory.domain.timeline import BackdatedError
from shared.contracts.directory import DueDate, Period, PeriodUnit
from shared.kernel.errors import InvalidValueError, NotFoundError
from shared.kernel.periods import CalendarUnknownError
from tests.support.in_memory import NOON, InMemoryUnitOfWork
from tests.unit.directory.yunlan import (
    HEAVIER,
    HOLIDAYS_2026,
    LIGHT,
    WORKDAYS_2026,
    adopt,
    numbers,
    periods,
)

TWO_WORKING_DAYS = Period(count=2, unit=PeriodUnit.WORKING_DAY)


@pytest.fixture
def application() -> DirectoryApplication:
    return DirectoryApplication()


@pytest.fixture
def uow() -> InMemoryUnitOfWork:
    return InMemoryUnitOfWork("directory")


class TestPolicy:
    @pytest.mark.req("R216")
    def test_the_edition_in_force_at_an_instant(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        adopt(application, uow)
        adopt(
            application, uow, edition="yl-2026", effective=date(2026, 7, 1),
            numbers=numbers(closure_min_pairs=3),
        )  # fmt: skip
        later = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)  # 1 July begins in Beijing
        now, then = application.policy(uow, None), application.policy(uow, later)
        assert (now.edition, now.numbers["closure_min_pairs"]) == ("yl-2025", 2)
        assert (then.edition, then.numbers["closure_min_pairs"]) == ("yl-2026", 3)

    @pytest.mark.parametrize("missing", [*PERIODS, *(NUMBERS.keys() - LATER_NUMBERS)])
    def test_refuses_an_edition_that_leaves_a_limit_open(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork, missing: str
    ) -> None:
        given_periods, given_numbers = periods(), numbers()
        given_periods.pop(missing, None)
        given_numbers.pop(missing, None)
        with pytest.raises(IncompleteEditionError, match=missing):
            adopt(application, uow, periods=given_periods, numbers=given_numbers)

    @pytest.mark.req("X06")
    def test_a_parameter_that_came_later_has_its_usual_number(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        before = {name: number for name, number in numbers().items() if name != "urge_levels"}
        adopt(application, uow, numbers=before)
        assert application.policy(uow, None).numbers["urge_levels"] == 3

    @pytest.mark.req("R216")
    def test_refuses_fewer_than_two_pairs(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(InvalidValueError):
            adopt(application, uow, numbers=numbers(closure_min_pairs=1))

    @pytest.mark.parametrize(
        "wrong", [{"weight_self": 21}, {"low_mark": 71}, {"units_per_year_min": 26}]
    )
    def test_refuses_numbers_that_do_not_fit_together(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork, wrong: dict[str, int]
    ) -> None:
        with pytest.raises(InvalidValueError):
            adopt(application, uow, numbers=numbers(**wrong))

    def test_refuses_a_date_that_does_not_increase(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        adopt(application, uow)
        with pytest.raises(BackdatedError):
            adopt(application, uow, edition="yl-again", effective=date(2025, 1, 1))
        with pytest.raises(EditionAdoptedError):
            adopt(application, uow, effective=date(2026, 1, 1))

    def test_before_the_first_edition_there_is_no_policy(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        with pytest.raises(NotFoundError):
            application.policy(uow, None)
        adopt(application, uow, effective=date(2026, 7, 1))
        with pytest.raises(NotFoundError):
            application.policy(uow, NOON)


class TestDueDates:
    @pytest.mark.req("R135")
    @pytest.mark.parametrize(
        ("period", "due"),
        [
            (Period(count=15, unit=PeriodUnit.DAY), date(2026, 2, 28)),
            (Period(count=2, unit=PeriodUnit.MONTH), date(2026, 4, 13)),
            (TWO_WORKING_DAYS, date(2026, 2, 24)),  # a worked Saturday, then Spring Festival
        ],
    )
    def test_counts_in_the_unit_of_the_period(
        self,
        application: DirectoryApplication,
        uow: InMemoryUnitOfWork,
        period: Period,
        due: date,
    ) -> None:
        application.publish_calendar(uow, 2026, holidays=HOLIDAYS_2026, workdays=WORKDAYS_2026)
        adopt(application, uow, periods=periods(task_deadline=period))
        start = date(2026, 2, 13)
        found = application.due_date(uow, "task_deadline", start, None)
        assert found == DueDate(parameter="task_deadline", edition="yl-2025", start=start, due=due)

    @pytest.mark.req("R135")
    def test_refuses_working_days_of_a_year_without_a_calendar(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.publish_calendar(uow, 2026, holidays=[], workdays=[])
        adopt(application, uow, periods=periods(task_deadline=TWO_WORKING_DAYS))
        with pytest.raises(CalendarUnknownError) as refused:
            application.due_date(uow, "task_deadline", date(2026, 12, 30), None)
        assert refused.value.ids == {"year": 2027}

    def test_counts_over_the_turn_of_the_year(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.publish_calendar(uow, 2026, holidays=[], workdays=[])
        application.publish_calendar(uow, 2027, holidays=[date(2027, 1, 1)], workdays=[])
        adopt(application, uow, periods=periods(task_deadline=TWO_WORKING_DAYS))
        found = application.due_date(uow, "task_deadline", date(2026, 12, 30), None)
        assert found.due == date(2027, 1, 4)

    def test_an_unknown_parameter_has_no_due_date(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        adopt(application, uow)
        with pytest.raises(NotFoundError):
            application.due_date(uow, "some_day", date(2026, 2, 13), None)


class TestCalendars:
    @pytest.mark.parametrize(
        ("holidays", "workdays"),
        [
            ([date(2027, 1, 1)], []),
            ([date(2026, 2, 14)], [date(2026, 2, 14)]),
            ([], [date(2026, 2, 13)]),
        ],
    )
    def test_refuses_days_that_cannot_be(
        self,
        application: DirectoryApplication,
        uow: InMemoryUnitOfWork,
        holidays: list[date],
        workdays: list[date],
    ) -> None:
        with pytest.raises(InvalidValueError):
            application.publish_calendar(uow, 2026, holidays=holidays, workdays=workdays)

    def test_a_later_publication_replaces_the_earlier(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        application.publish_calendar(uow, 2026, holidays=[], workdays=[])
        application.publish_calendar(uow, 2026, holidays=[date(2026, 3, 3)], workdays=[])
        adopt(application, uow, periods=periods(task_deadline=TWO_WORKING_DAYS))
        found = application.due_date(uow, "task_deadline", date(2026, 3, 2), None)
        assert found.due == date(2026, 3, 5)


class TestLegalBases:
    EDITION: dict[str, Any] = {
        "edition": "2018", "title": "纪律处分条例", "valid_from": date(2018, 10, 1),
        "valid_until": None, "bands": [LIGHT, HEAVIER],
    }  # fmt: skip

    @pytest.mark.req("G28")
    @pytest.mark.req("R263")
    def test_the_edition_in_force_on_a_date(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        newer = {**self.EDITION, "edition": "2024", "valid_from": date(2024, 1, 1)}
        application.register_legal_basis(uow, "discipline", **self.EDITION)
        application.register_legal_basis(uow, "discipline", **newer)
        old = application.legal_basis(uow, "discipline", date(2023, 12, 31))
        new = application.legal_basis(uow, "discipline", date(2024, 1, 1))
        assert (old.edition, new.edition) == ("2018", "2024")
        assert old.bands == [LIGHT, HEAVIER]

    @pytest.mark.req("G28")
    def test_outside_its_validity_there_is_none(
        self, application: DirectoryApplication, uow: InMemoryUnitOfWork
    ) -> None:
        ended = {**self.EDITION, "valid_until": date(2023, 12, 31)}
        application.register_legal_basis(uow, "discipline", **ended)
        assert application.legal_basis(uow, "discipline", date(2023, 12, 31)).edition == "2018"
        for outside in (date(2018, 9, 30), date(2024, 1, 1)):
            with pytest.raises(NotFoundError):
                application.legal_basis(uow, "discipline", outside)

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"edition": "older", "valid_from": date(2016, 1, 1)}, BackdatedError),
            ({"valid_from": date(2024, 1, 1)}, EditionKnownError),
            ({"edition": "b", "bands": [LIGHT, LIGHT]}, InvalidValueError),
            ({"edition": "c", "valid_until": date(2018, 9, 30)}, InvalidValueError),
        ],
    )
    def test_refuses_editions_that_do_not_fit(
        self,
        application: DirectoryApplication,
        uow: InMemoryUnitOfWork,
        changed: dict[str, Any],
        error: type[Exception],
    ) -> None:
        application.register_legal_basis(uow, "discipline", **self.EDITION)
        with pytest.raises(error):
            application.register_legal_basis(uow, "discipline", **{**self.EDITION, **changed})
