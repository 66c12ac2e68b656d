"""人 and 人次 are different types: for whoever reads the code, for mypy, and at run time."""

from pathlib import Path

import pytest
from mypy import api

from services.audit.domain.statistics.units import (
    Count,
    Measures,
    Persons,
    Problems,
    UnitsDifferError,
)

SNIPPET = """
from services.audit.domain.statistics.units import Count, Measures, Persons

def alike(a: Count[Persons], b: Count[Persons]) -> Count[Persons]:
    return a + b

def different(a: Count[Persons], b: Count[Measures]) -> Count[Persons]:
    return a + b

def compared(a: Count[Persons], b: Count[Measures]) -> bool:
    return a < b
"""


class TestCounts:
    @pytest.mark.req("R343")
    def test_of_one_unit_are_added_and_compared(self) -> None:
        assert Count(490, Persons) + Count(2, Persons) == Count(492, Persons)
        assert Count(492, Persons) - Count(2, Persons) == Count(490, Persons)
        assert Count(2, Persons) < Count(3, Persons)
        assert str(Count(77, Measures)) == "77人次"

    @pytest.mark.req("R343")
    def test_of_two_units_are_refused_at_run_time(self) -> None:
        persons, measures, problems = Count(492, Persons), Count(77, Measures), Count(7, Problems)
        with pytest.raises(UnitsDifferError):
            persons + measures  # type: ignore[operator]  # that is the point
        with pytest.raises(UnitsDifferError):
            persons - problems  # type: ignore[operator]  # that is the point
        with pytest.raises(UnitsDifferError):
            assert persons < measures  # type: ignore[operator]  # that is the point

    def test_of_two_units_are_never_equal(self) -> None:
        persons, measures = Count(5, Persons), Count(5, Measures)
        assert not persons.__eq__(measures)

    @pytest.mark.req("R343")
    def test_of_two_units_are_refused_by_the_type_checker(self, tmp_path: Path) -> None:
        source = tmp_path / "snippet.py"
        source.write_text(SNIPPET, encoding="utf-8")
        told, _, code = api.run([
            "--strict", "--no-error-summary", "--no-site-packages", "--follow-imports=silent",
            f"--cache-dir={tmp_path / 'cache'}", str(source),
        ])  # fmt: skip
        lines = [int(line.split(":")[1]) for line in told.splitlines() if ": error:" in line]
        assert (code, lines) == (1, [8, 11]), told
