"""INV-11, INV-19 … INV-22, each on a history that holds it and on ones that break it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from services.audit.domain.five_lists import FiveListsOfACase
from services.audit.domain.invariants.figures import WithdrawnCountedByRule
from services.audit.domain.invariants.lists import StoredListsAgree
from services.audit.domain.invariants.plans_and_draws import CoverageSumsUp, DrawReplays
from services.audit.domain.invariants.rounds import RoundIsEvaluatedAndCirculated
from shared.contracts.surprise_draw import ALGORITHM, selection
from tests.unit.audit.yunlan import (
    CASE,
    OTHER,
    PROBLEM,
    ROUND,
    TEAM_LEADER,
    UNIT,
    History,
    Told,
    breaks,
    holds,
)

LATER = f"{CASE}-003"
STATED = "rectification.five-lists-stated"
PLANNED = "feedback.coverage-plan-adopted"
FROZEN, DRAWN = "supervision.population-frozen", "supervision.surprise-drawn"
FED_BACK, EVALUATED = "feedback.round-fed-back", "supervision.round-evaluated"
CIRCULATED = "supervision.circular-issued"
REPORT, WITHDRAWN = "supervision.thematic-report-issued", "feedback.problem-withdrawn"


@pytest.mark.req("INV-11")
class TestStoredLists:
    def worked(self) -> History:
        history = History()
        history.tell("rectification.problem-received", f"problem/{PROBLEM}", problem_no=PROBLEM,
                     case_no=CASE)  # fmt: skip
        history.issued().claimed().planned().plan_approved().worked()
        history.tell("rectification.effect-recorded", f"problem/{PROBLEM}", problem_no=PROBLEM)
        history.tell("rectification.document-archived", f"problem/{PROBLEM}", problem_no=PROBLEM)
        return history

    def stated(self, history: History, **other: str) -> History:
        position = sum(one.record.service == "rectification" for one in history.records)
        digests = FiveListsOfACase.of(history.known, position).digests()
        history.tell(STATED, f"five-lists/{CASE}", case_no=CASE, position=position, entries=5,
                     digests=digests | other)  # fmt: skip
        return history

    def test_holds(self) -> None:
        holds(StoredListsAgree, self.stated(self.worked()))

    def test_what_came_after_the_position_changes_nothing(self) -> None:
        history = self.stated(self.worked())
        history.tell("rectification.effect-recorded", f"problem/{PROBLEM}", problem_no=PROBLEM)
        holds(StoredListsAgree, history)

    def test_is_broken_by_a_list_that_is_stored_otherwise(self) -> None:
        history = self.stated(self.worked(), tasks="ee" * 32)
        breaks(StoredListsAgree, history, STATED, "rectification.document-archived")

    def test_is_broken_when_the_store_lacks_an_event(self) -> None:
        """The store was stated to contain everything, but counted one effect less."""
        history = self.worked()
        missing = FiveListsOfACase.of(history.known, 5).digests()
        breaks(StoredListsAgree, self.stated(history, effects=missing["effects"]), STATED)


@pytest.mark.req("INV-19")
class TestRounds:
    """The round was fed back on 2 March 2026; the policy gives it three months."""

    DUE_PASSED = datetime(2026, 6, 5, tzinfo=UTC)
    IN_TIME = datetime(2026, 6, 1, tzinfo=UTC)

    def fed_back(self) -> History:
        history = History()
        period = {"count": 3, "unit": "MONTH"}
        history.tell("directory.policy-edition-adopted", "policy/city:yunlan", edition="2026",
                     effective="2026-01-01", periods={"round_evaluation_within": period},
                     numbers={})  # fmt: skip
        history.tell(FED_BACK, f"round/{ROUND}", round_no=ROUND, completed_on="2026-03-02")
        return history

    def told(self, history: History, *types: str, **facts: Any) -> History:
        for each in types:
            history.tell(each, f"round-evaluation/{ROUND}", round_no=ROUND, **facts)
        return history

    def test_holds_with_one_of_each(self) -> None:
        history = self.told(self.fed_back(), EVALUATED, CIRCULATED)
        holds(RoundIsEvaluatedAndCirculated, history, at=self.DUE_PASSED)

    def test_nothing_is_owed_before_the_due_date(self) -> None:
        holds(RoundIsEvaluatedAndCirculated, self.fed_back(), at=self.IN_TIME)

    def test_is_broken_by_an_overdue_round_that_nobody_lists(self) -> None:
        breaks(RoundIsEvaluatedAndCirculated, self.fed_back(), FED_BACK, at=self.DUE_PASSED)

    def test_is_broken_by_a_missing_circular_alone(self) -> None:
        history = self.told(self.fed_back(), EVALUATED)
        (found,) = history.result(RoundIsEvaluatedAndCirculated, self.DUE_PASSED).violations
        assert found.what == "not listed overdue though it lacks CIRCULAR"

    def test_holds_on_the_overdue_list_for_what_is_listed(self) -> None:
        listed = "supervision.round-listed-overdue"
        both = self.told(self.fed_back(), listed, lacks=["EVALUATION", "CIRCULAR"])
        holds(RoundIsEvaluatedAndCirculated, both, at=self.DUE_PASSED)
        one = self.told(self.fed_back(), listed, lacks=["CIRCULAR"])
        breaks(RoundIsEvaluatedAndCirculated, one, at=self.DUE_PASSED)

    def test_is_broken_by_a_second_circular(self) -> None:
        history = self.told(self.fed_back(), EVALUATED, CIRCULATED, CIRCULATED)
        breaks(RoundIsEvaluatedAndCirculated, history, CIRCULATED, at=self.IN_TIME)

    def test_without_a_policy_nothing_is_overdue(self) -> None:
        history = self.fed_back()
        history.records = history.records[1:]
        holds(RoundIsEvaluatedAndCirculated, history, at=self.DUE_PASSED)


@pytest.mark.req("INV-20")
class TestWithdrawnProblems:
    """Three problems were found, one of them withdrawn before the report."""

    def stated(self, value: int, *, rule: str = "issued-1", withdrawn: bool = True) -> History:
        history = History()
        target = {"unit": UNIT, "case_no": CASE, "team_leader": TEAM_LEADER, "team_members": []}
        history.tell("feedback.round-opened", f"round/{ROUND}", round_no=ROUND, term="T1",
                     targets=[target])  # fmt: skip
        history.issued(problems=(PROBLEM, OTHER, LATER))
        if withdrawn:
            history.tell(WITHDRAWN, f"problem/{OTHER}", problem_no=OTHER, case_no=CASE)
        figure: Told = {"name": "problems.found", "value": value, "definition_version": rule,
                        "term": "T1", "positions": {"feedback": len(history.records)}}  # fmt: skip
        history.tell(REPORT, "instrument/TR-1", instrument_no="TR-1", figures=[figure])
        return history

    def test_holds_when_it_stays_counted(self) -> None:
        holds(WithdrawnCountedByRule, self.stated(3))

    def test_is_broken_when_it_is_left_out_silently(self) -> None:
        breaks(WithdrawnCountedByRule, self.stated(2), REPORT, WITHDRAWN)

    def test_is_broken_by_a_rule_that_nobody_declared(self) -> None:
        breaks(WithdrawnCountedByRule, self.stated(2, rule="standing-9"), REPORT, WITHDRAWN)

    def test_says_nothing_where_nothing_was_withdrawn(self) -> None:
        holds(WithdrawnCountedByRule, self.stated(2, withdrawn=False))


@pytest.mark.req("INV-21")
class TestCoverage:
    def planned(self, total: int, organisations: Sequence[int]) -> History:
        history = History()
        categories = [{"category": f"C{n}", "organisations": many}
                      for n, many in enumerate(organisations)]  # fmt: skip
        history.tell(PLANNED, "coverage-plan/T1", term="T1", categories=categories, total=total)
        return history

    def test_the_96_organisations_of_a_real_plan_hold(self) -> None:
        holds(CoverageSumsUp, self.planned(96, (10, 2, 39, 2, 7, 36)))

    def test_is_broken_by_a_total_that_is_no_sum(self) -> None:
        breaks(CoverageSumsUp, self.planned(97, (10, 2, 39, 2, 7, 36)), PLANNED)

    def test_is_broken_by_a_category_that_stands_twice(self) -> None:
        history = History()
        twice = [{"category": "C", "organisations": 1}, {"category": "C", "organisations": 1}]
        history.tell(PLANNED, "coverage-plan/T1", term="T1", categories=twice, total=2)
        breaks(CoverageSumsUp, history, PLANNED)


@pytest.mark.req("INV-22")
class TestDraws:
    POPULATION = tuple(f"YL-{n:03}" for n in range(20))
    SEED = "5e" * 32

    def frozen(self) -> History:
        history = History()
        history.tell(FROZEN, "surprise-draw/D-1", draw_no="D-1", size=3,
                     population=list(self.POPULATION), frozen_by="p-one")  # fmt: skip
        return history

    def drawn(self, history: History, **other: object) -> History:
        told: Told = {
            "draw_no": "D-1", "algorithm": ALGORITHM, "seed": self.SEED, "drawn_by": "p-two",
            "selection": selection(self.SEED, self.POPULATION, 3), **other,
        }  # fmt: skip
        history.tell(DRAWN, "surprise-draw/D-1", **told)
        return history

    def test_holds(self) -> None:
        holds(DrawReplays, self.drawn(self.frozen()))

    @pytest.mark.parametrize(
        "other",
        [
            {"selection": ["YL-000", "YL-001", "YL-002"]},
            {"seed": "5f" * 32},
            {"algorithm": "dice"},
            {"drawn_by": "p-one"},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_is_broken_by_another_selection_seed_algorithm_or_hand(
        self, other: dict[str, object]
    ) -> None:
        breaks(DrawReplays, self.drawn(self.frozen(), **other), FROZEN, DRAWN)

    def test_is_broken_without_a_frozen_population(self) -> None:
        breaks(DrawReplays, self.drawn(History()), DRAWN)

    def test_is_broken_by_a_second_draw(self) -> None:
        history = self.drawn(self.drawn(self.frozen()), seed="60" * 32)
        breaks(DrawReplays, history, FROZEN, DRAWN)

    def test_the_algorithm_is_fixed_for_ever(self) -> None:
        """The marks of a, b, c under seed 00…: counted once with `sha256sum`."""
        assert selection("00" * 32, ["c", "a", "b"], 2) == ["a", "c"]
