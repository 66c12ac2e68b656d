"""Dates and instants of the vocabulary: written out, and with room to count on from them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts.base import Day, UtcTime

DAYS: TypeAdapter[date] = TypeAdapter(Day)
INSTANTS: TypeAdapter[datetime] = TypeAdapter(UtcTime)


def test_a_day_is_taken_as_it_is_written() -> None:
    assert DAYS.validate_python("2026-03-02") == date(2026, 3, 2)
    assert DAYS.validate_python(date(2026, 3, 2)) == date(2026, 3, 2)


@pytest.mark.parametrize("value", [0, "0", 86400, "86400", 1.0, "1899-12-31", "9999-12-31"])
def test_a_number_or_a_year_far_off_is_no_day(value: Any) -> None:
    with pytest.raises(ValidationError):
        DAYS.validate_python(value)


def test_an_instant_is_brought_to_utc() -> None:
    noon = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    assert INSTANTS.validate_python("2026-03-02T12:00:00+08:00") == noon


@pytest.mark.parametrize(
    "value",
    [0, "0", "2026-03-02T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)
def test_a_number_or_an_instant_no_zone_can_tell_is_no_instant(value: Any) -> None:
    with pytest.raises(ValidationError):
        INSTANTS.validate_python(value)
