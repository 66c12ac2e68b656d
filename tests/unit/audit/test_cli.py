"""What `duban diff` and `duban invariants` make of the answers of audit."""

from shared.cli.diff import between, changed
from shared.cli.invariants import added_up
from shared.cli.state import moment_of, written


class TestDiff:
    def test_names_every_place_that_changed(self) -> None:
        old = {"state": "P6", "next": {"command": "A", "roles": ["UP"]}, "unit": "u"}
        new = {"state": "P7", "next": {"command": "B", "roles": ["UP"]}, "unit": "u"}
        assert list(changed(old, new)) == [
            {"what": "state", "before": "P6", "after": "P7"},
            {"what": "next.command", "before": "A", "after": "B"},
        ]

    def test_tells_what_was_not_there_before(self) -> None:
        assert list(changed({}, {"state": "P0"})) == [
            {"what": "state", "before": None, "after": "P0"}
        ]

    def test_shows_the_events_that_only_one_moment_knows(self) -> None:
        lines = [{"id": "e-1"}, {"id": "e-2"}]
        assert between({"timeline": lines[:1]}, {"timeline": lines}) == [{"id": "e-2"}]


class TestInvariants:
    def page(self, status: str, examined: int, *violations: str) -> dict[str, object]:
        line = {"invariant": "INV-01", "status": status, "examined": examined,
                "violations": len(violations), "reason": ""}  # fmt: skip
        return {"invariants": [line], "violations": list(violations), "next": None}

    def test_of_several_pages_are_added_up_to_the_worst(self) -> None:
        pages = [self.page("nothing to check yet", 0), self.page("violated", 2, "v"),
                 self.page("holds", 3)]  # fmt: skip
        found = added_up(pages)
        (line,) = found["invariants"]
        assert (line["status"], line["examined"], line["violations"]) == ("violated", 5, 1)
        assert found["violations"] == ["v"]

    def test_what_one_page_could_not_check_another_may(self) -> None:
        found = added_up([self.page("nothing to check yet", 0), self.page("holds", 1)])
        assert found["invariants"][0]["status"] == "holds"


def test_only_what_is_named_is_asked() -> None:
    assert moment_of(as_of="2026-03-02") == {"as_of": "2026-03-02"}


def test_a_value_is_written_on_one_line() -> None:
    assert written({"a": None, "b": ["x", "y"]}) == "a: –, b: x; y"
