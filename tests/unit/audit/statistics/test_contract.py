"""The contract of every statistic: scope, moment, dims, audience, suppression, ranking."""

from datetime import date
from typing import Any

import pytest

from services.audit.domain.moment import Moment
from services.audit.domain.statistics import Audience, Scope, definitions, ranked
from services.audit.domain.statistics import stat as typed_stat
from services.audit.domain.statistics.definitions import (
    RankingForbiddenError,
    UnknownDimensionError,
)
from shared.kernel.actor import Role
from shared.kernel.errors import ForbiddenError, NotFoundError
from tests.unit.audit.statistics.small_log import CASE, SmallLog

stat: Any = typed_stat  # most answers here have a value
PUBLIC = Audience(role=Role.PUB)
ASKED = {
    *(f"Q{n:02}" for n in range(1, 9)), "Q11", "Q12", *(f"Q{n}" for n in range(17, 24)),
    *(f"Q{n}" for n in range(36, 42)), "Q44", *(f"Q{n}" for n in range(50, 56)), "Q60", "Q74",
}  # fmt: skip


def shown(told: Any) -> dict[tuple[str, ...], int | None]:
    return {
        tuple(cell.dims.values()): cell.value.value if cell.value else None for cell in told.cells
    }


class TestDefinitions:
    def test_answer_every_question_that_is_asked(self) -> None:
        assert {known.question for known in definitions()} >= ASKED

    def test_say_in_words_what_they_count_and_by_which_version(self) -> None:
        assert all(known.text and known.version for known in definitions())

    def test_answer_over_an_empty_log(self) -> None:
        for known in definitions():
            told = stat(known.name, ())
            assert (told.value.value, told.positions, told.late_events) == (0, {}, 0)

    def test_unknown_name_is_refused(self) -> None:
        with pytest.raises(NotFoundError):
            stat("leads.quota", ())


class TestScope:
    def test_days_are_both_included(self) -> None:
        log = SmallLog().problem(1, date(2026, 3, 2)).problem(2, date(2026, 3, 5)).log
        between = Scope(since=date(2026, 3, 2), until=date(2026, 3, 4))
        assert stat("problems.found", log, scope=between).value.value == 1
        assert stat("problems.found", log, scope=Scope(since=date(2026, 3, 5))).value.value == 1

    @pytest.mark.parametrize(
        ("scope", "value"),
        [
            (Scope(tenant="city:yunlan"), 1),
            (Scope(tenant="county:lanxi"), 0),
            (Scope(level="city"), 1),
            (Scope(level="county"), 0),
            (Scope(term="T1", rounds=(1,)), 1),
            (Scope(term="T1", rounds=(2,)), 0),
            (Scope(term="T2"), 0),
        ],
    )
    def test_tenant_level_term_and_rounds_limit(self, scope: Scope, value: int) -> None:
        assert stat("problems.found", SmallLog().problem(1).log, scope=scope).value.value == value


class TestMoment:
    @pytest.mark.req("R340")
    def test_a_service_that_is_not_named_is_not_counted(self) -> None:
        """So that the same positions give the same number when another service joins later."""
        log = SmallLog().problem(1).lead("L-1").log
        told = stat("leads.transferred", log, moment=Moment(positions={"feedback": 2}))
        assert (told.value.value, told.positions) == (0, {"feedback": 2})

    def test_records_followed_twice_count_once(self) -> None:
        log = SmallLog().lead("L-1").log
        assert stat("leads.transferred", [*log, *log]).value.value == 1

    def test_what_happened_before_and_was_recorded_after_is_late(self) -> None:
        log = SmallLog().lead("L-1", date(2026, 3, 2), date(2026, 3, 10))
        at = log.mark()
        log.lead("L-2", on=date(2026, 3, 9), recorded=date(2026, 3, 20))
        log.lead("L-3", on=date(2026, 3, 20), recorded=date(2026, 3, 20))
        told = stat("leads.transferred", log.log, moment=Moment(positions=at))
        assert (told.value.value, told.late_events) == (1, 1)

    def test_what_is_late_for_another_figure_is_not_told_here(self) -> None:
        log = SmallLog().problem(1, date(2026, 3, 10))
        at = log.mark()
        log.lead("L-1", on=date(2026, 3, 3), recorded=date(2026, 3, 20))
        moment = Moment(positions=at | {"accountability": 0})
        assert stat("problems.found", log.log, moment=moment).late_events == 0


class TestDims:
    def test_cells_stand_in_the_order_of_their_dims_never_of_their_numbers(self) -> None:
        log = SmallLog().problem(1, category="B").problem(2, category="B").problem(3, category="A")
        told = stat("problems.found", log.log, dims=("category",))
        assert [cell.dims["category"] for cell in told.cells] == ["A", "B"]

    def test_the_same_person_counts_once_in_each_cell_and_once_in_all(self) -> None:
        log = SmallLog().measure("M-1", "p-hao").measure("M-2", "p-hao", "DEMOTION")
        told = stat("persons.handled", log.log, dims=("measure",))
        assert (told.value.value, shown(told)) == (1, {("DEMOTION",): 1, ("WARNING",): 1})

    def test_unknown_dimension_is_refused(self) -> None:
        with pytest.raises(UnknownDimensionError):
            stat("problems.found", (), dims=("person",))
        with pytest.raises(UnknownDimensionError):
            stat("problems.found", (), where={"person": "p-hao"})


class TestAudience:
    def few(self) -> SmallLog:
        log = SmallLog()
        for n in range(12):
            log.measure(f"M-{n}", f"p-{n:03}")
        for n in range(3):
            log.measure(f"D-{n}", f"p-{100 + n}", "DEMOTION")
        return log

    def test_few_persons_are_suppressed_for_publication(self) -> None:
        log = SmallLog().measure("M-1", "p-hao")
        told = stat("persons.handled", log.log, audience=PUBLIC)
        assert (told.value, told.suppressed_cells) == (None, 1)
        assert stat("persons.handled", log.log).value.value == 1

    def test_a_single_gap_takes_the_next_smallest_cell_along(self) -> None:
        """12 + ? = 15 would give the small cell away."""
        told = stat("persons.handled", self.few().log, dims=("measure",), audience=PUBLIC)
        assert told.value.value == 15
        assert shown(told) == {("DEMOTION",): None, ("WARNING",): None}
        assert told.suppressed_cells == 2

    def test_a_decision_releases_small_cells(self) -> None:
        released = Audience(role=Role.PUB, release="YL-PUB-1")
        told = stat("persons.handled", self.few().log, dims=("measure",), audience=released)
        assert shown(told) == {("DEMOTION",): 3, ("WARNING",): 12}

    def test_few_problems_point_at_nobody(self) -> None:
        told = stat("problems.found", SmallLog().problem(1).log, audience=PUBLIC)
        assert told.value.value == 1

    @pytest.mark.parametrize("role", [Role.UP, Role.UH, Role.LIC, Role.ADM, Role.RESP])
    def test_units_and_administrators_ask_nothing(self, role: Role) -> None:
        with pytest.raises(ForbiddenError):
            stat("problems.found", (), audience=Audience(role=role))

    def test_figures_on_leads_are_for_the_leading_bodies(self) -> None:
        with pytest.raises(ForbiddenError):
            stat("leads.transferred", (), audience=Audience(role=Role.DSO))
        assert stat("leads.transferred", (), audience=Audience(role=Role.SEC)).value.value == 0

    def test_working_figures_are_never_published(self) -> None:
        for name in ("principals.responsible", "evaluation.rank", "detentions", "leads.disposal"):
            with pytest.raises(ForbiddenError):
                stat(name, (), audience=PUBLIC)


class TestRanking:
    @pytest.mark.req("R070", "R272")
    @pytest.mark.parametrize(
        "name", ["leads.transferred", "persons.handled", "measures.imposed", "persons.cases-filed"]
    )
    def test_leads_and_sanctions_rank_nobody(self, name: str) -> None:
        with pytest.raises(RankingForbiddenError):
            ranked(stat(name, (), dims=("unit",)), by="unit")

    def test_other_figures_may_rank_and_equals_share_a_rank(self) -> None:
        log = SmallLog().problem(1).problem(2).problem(3, category="A").problem(4, category="A")
        told = ranked(stat("problems.found", log.problem(5).log, dims=("category",)), by="category")
        assert [(place, name) for place, name, _ in told] == [(1, "DUTY"), (2, "A")]
        assert told[0][2].value == 3

    def test_every_restricted_figure_is_about_leads_or_persons(self) -> None:
        restricted = {
            known.name.partition(".")[0] for known in definitions() if known.is_restricted
        }
        assert restricted == {"leads", "persons", "measures", "joint", "detentions", "surrenders"}


def test_the_case_of_a_problem_is_known() -> None:
    told = stat("problems.found", SmallLog().problem(1).log, dims=("case", "unit"))
    assert shown(told) == {(CASE, "yl-water"): 1}
