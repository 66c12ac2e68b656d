"""The invariants in the service: kept up to date with the news, and checked at any moment."""

from datetime import timedelta

import pytest

from tests.integration.audit.conftest import Console
from tests.unit.audit.yunlan import ACCOUNTABILITY, PROBLEM, ROUND

MOMENT = timedelta(microseconds=1)
PATH = "/v1/invariants"


def status_of(console: Console, invariant: str, **query: object) -> str:
    lines = console.shows(PATH, **query)["invariants"]
    return str(next(line["status"] for line in lines if line["invariant"] == invariant))


@pytest.mark.req("R339")
class TestNews:
    def test_a_history_by_the_rules_breaks_nothing(self, console: Console) -> None:
        console.history.until_closed()
        console.follows()
        assert console.look() == 1
        found = console.shows(PATH)
        assert (found["violations"], found["waiting"]) == ([], 0)
        assert {line["status"] for line in found["invariants"]} == {
            "holds", "nothing to check yet",
        }  # fmt: skip

    def test_what_waits_is_said(self, console: Console) -> None:
        console.history.issued()
        console.follows()
        assert console.shows(PATH)["waiting"] > 0

    def test_a_violation_appears_with_the_news_and_its_events(self, console: Console) -> None:
        console.history.until_declared().pair(1)
        console.follows().look()
        assert status_of(console, "INV-01") == "nothing to check yet"
        console.history.applied().closed()
        console.follows().look()
        found = console.shows(PATH)["violations"]
        (broken,) = [one for one in found if one["invariant"] == "INV-01"]
        closed = console.history.records[-1].record.id
        assert (broken["number"], broken["events"][-1]) == (PROBLEM, closed)

    def test_it_goes_when_the_missing_record_arrives(self, console: Console) -> None:
        console.history.issued()
        missing = [one for one in console.history.records if one.record.stream.startswith("feed")]
        console.receives(missing[0])
        console.look()
        assert status_of(console, "INV-10") == "violated"
        for recorded in missing[1:]:
            console.receives(recorded)
        console.look()
        assert status_of(console, "INV-10") == "holds"

    def test_nothing_is_looked_at_twice_without_news(self, console: Console) -> None:
        console.history.issued()
        console.follows()
        assert (console.look(), console.look()) == (1, 0)

    def test_sanctions_are_checked_with_their_legal_basis(self, console: Console) -> None:
        console.history.tell(
            "accountability.case-decided", f"accountability-case/{ACCOUNTABILITY}",
            accountability_no=ACCOUNTABILITY, problem_nos=[PROBLEM],
        )  # fmt: skip
        console.follows().look()
        assert status_of(console, "INV-15") == "violated"

    def test_an_overdue_round_is_found_without_any_news(self, console: Console) -> None:
        period = {"round_evaluation_within": {"count": 10, "unit": "DAY"}}
        console.history.tell(
            "directory.policy-edition-adopted", "policy/city:yunlan", edition="2026",
            effective="2026-01-01", periods=period, numbers={},
        )  # fmt: skip
        console.history.tell(
            "feedback.round-fed-back", f"round/{ROUND}", round_no=ROUND, completed_on="2026-03-02"
        )
        console.follows().look()
        assert status_of(console, "INV-19") == "holds"
        console.clock.instant += timedelta(days=20)
        assert console.look() == 0
        console.look_at_rounds()
        assert console.look() == 1
        assert status_of(console, "INV-19") == "violated"
        assert status_of(console, "INV-19", as_of=console.history.now) == "holds"

    def test_plans_and_draws_are_checked_as_they_arrive(self, console: Console) -> None:
        console.history.tell(
            "feedback.coverage-plan-adopted", "coverage-plan/T1", term="T1", total=9,
            categories=[{"category": "C", "organisations": 8}],
        )  # fmt: skip
        console.history.tell("supervision.surprise-drawn", "surprise-draw/D-1", draw_no="D-1")
        console.follows()
        assert console.look() == 2
        found = console.shows(PATH)["violations"]
        assert [(one["invariant"], one["number"]) for one in found] == [
            ("INV-21", "T1"), ("INV-22", "D-1"),
        ]  # fmt: skip


class TestAtAMoment:
    def test_a_violation_is_not_there_before_it_happened(self, console: Console) -> None:
        console.history.until_declared().pair(1).applied()
        before = console.history.now - MOMENT
        console.history.closed()
        console.follows()
        assert status_of(console, "INV-01", as_of=before) == "nothing to check yet"
        assert status_of(console, "INV-01", as_of=console.history.now) == "violated"
        assert status_of(console, "INV-01", recompute=True) == "violated"

    def test_is_checked_page_by_page(self, console: Console) -> None:
        console.history.until_closed()
        console.history.tell(
            "accountability.case-decided", f"accountability-case/{ACCOUNTABILITY}",
            accountability_no=ACCOUNTABILITY, problem_nos=[PROBLEM],
        )  # fmt: skip
        console.follows()
        first = console.shows(PATH, recompute=True, limit=1)
        second = console.shows(PATH, recompute=True, limit=1, after=first["next"])
        assert [one["invariant"] for one in first["violations"]] == ["INV-15"]
        assert second["violations"] == []
