"""The golden fixture: reported totals at the end, and three earlier positions counted by hand."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from services.audit.domain.moment import Moment
from services.audit.domain.statistics import Definition, Scope, Statistic, definitions, stat
from services.audit.domain.statistics.definitions import types_read
from tests.golden.term import SPLIT, TERM, golden_term

IN_TERM = Scope(term=TERM)
SINCE_2022 = Scope(since=date(2022, 1, 1))
WHOLE_LOG = Moment()


def asked(name: str, moment: Moment = WHOLE_LOG, scope: Scope = IN_TERM, **more: Any) -> Any:
    return stat(name, golden_term().log, scope=scope, moment=moment, **more)


def number(name: str, moment: Moment = WHOLE_LOG, scope: Scope = IN_TERM, **more: Any) -> int:
    value = asked(name, moment, scope, **more).value
    assert value is not None
    return int(value.value)


def cells(told: Statistic[Any]) -> dict[tuple[str, ...], int]:
    return {tuple(cell.dims.values()): cell.value.value for cell in told.cells if cell.value}


REPORTED = {
    "rounds.completed": 5,  # Q01
    "problems.found": 1573,  # Q02
    "leads.transferred": 355,  # Q03
    "persons.handled": 492,  # Q04
    "persons.to-judiciary": 6,  # Q05
    "leads.on-principals": 80,  # Q06
    "measures.from-principal-leads": 77,  # Q07
    "joint.problems": 510,  # Q11
    "joint.leads": 76,  # Q11
    "deputies.authorised": 37,  # Q12
    "rounds.evaluated": 3,  # Q17
    "naming.cases": 4,  # Q18
    "handover.urged": 21,  # Q19
    "common.confirmed": 15,  # Q20
    "reports.thematic": 41,  # Q21
    "campaigns.opened": 10,  # Q22
}


class TestAtTheEndOfTheTerm:
    @pytest.mark.req("R341")
    @pytest.mark.parametrize(("name", "value"), REPORTED.items(), ids=lambda each: str(each))
    def test_every_reported_figure_comes_out_exactly(self, name: str, value: int) -> None:
        assert number(name) == value

    def test_two_municipal_principals_had_cases_filed_out_of_round_2(self) -> None:
        round_2 = Scope(term=TERM, rounds=(2,))
        where = {"post_level": "MUNICIPAL_PRINCIPAL"}
        assert number("persons.cases-filed", scope=round_2, where=where) == 2

    def test_three_joint_actions_since_2022(self) -> None:
        assert number("joint.actions", scope=SINCE_2022) == 3

    def test_the_split_is_synthetic_but_its_sums_are_the_reported_ones(self) -> None:
        assert sum(plan.problems for plan in SPLIT) == 1573
        assert sum(plan.leads for plan in SPLIT) == 355
        assert sum(plan.persons for plan in SPLIT) == 492


class TestAgainstDecoys:
    def test_persons_are_not_measures(self) -> None:
        """One person has two measures of round 1, another one each of rounds 1 and 2."""
        assert number("measures.imposed") == 492 + 2

    def test_the_second_measure_of_a_person_counts_in_its_own_round(self) -> None:
        found = cells(asked("persons.handled", dims=("ordinal",)))
        assert found == {("1",): 95, ("2",): 105 + 1, ("3",): 98, ("4",): 100, ("5",): 94}

    def test_a_withdrawn_problem_stays_found_and_is_shown_apart(self) -> None:
        assert cells(asked("problems.found", dims=("withdrawn",))) == {("no",): 1572, ("yes",): 1}
        assert number("problems.withdrawn") == 1

    def test_a_reopened_problem_is_found_once(self) -> None:
        assert number("reopened.problems") == 1
        assert number("problems.found", scope=Scope(term=TERM, rounds=(1,))) == 300

    def test_a_lead_returned_and_offered_again_is_one_and_a_waiting_one_none(self) -> None:
        told = asked("leads.transferred", dims=("ordinal",))
        assert cells(told) == {("1",): 70, ("2",): 75, ("3",): 68, ("4",): 72, ("5",): 70}

    def test_joint_problems_and_leads_are_among_those_found_and_never_added(self) -> None:
        problems, leads = asked("joint.problems"), asked("joint.leads")
        assert problems.overlaps["problems.found"].value == 510
        assert leads.overlaps["leads.transferred"].value == 76

    def test_five_of_the_six_before_the_judiciary_were_handled(self) -> None:
        assert asked("persons.to-judiciary").overlaps["persons.handled"].value == 5

    def test_a_promotion_after_the_conduct_changes_nothing(self) -> None:
        told = asked("persons.cases-filed", dims=("ordinal", "post_level"))
        assert cells(told) == {
            ("1", "MUNICIPAL_PRINCIPAL"): 1,
            ("2", "MUNICIPAL_DEPUTY"): 1,
            ("2", "MUNICIPAL_PRINCIPAL"): 2,
            ("3", "MUNICIPAL_PRINCIPAL"): 1,
        }

    def test_authorisations_are_more_than_deputies(self) -> None:
        assert number("deputies.authorisations") == 37 + 4

    def test_circulars_tell_cases_of_fewer_units_and_persons(self) -> None:
        assert [number(f"naming.{of}") for of in ("cases", "units", "persons")] == [4, 3, 2]

    def test_urged_is_not_completed(self) -> None:
        told = asked("handover.completed")
        assert (told.numerator.value, told.denominator.value) == (9, 21)

    def test_proposed_is_not_confirmed_and_closed_campaigns_were_opened(self) -> None:
        assert number("common.proposed") == 15 + 2
        assert cells(asked("campaigns.opened", dims=("closed",))) == {("no",): 7, ("yes",): 3}

    def test_the_earlier_term_is_another_term(self) -> None:
        assert number("problems.found", scope=Scope()) == 1573 + 10
        assert number("joint.actions", scope=Scope()) == 3 + 1
        assert number("rounds.completed", scope=Scope(rounds=(2,))) == 2

    def test_rounds_opened_only_are_not_completed_and_their_drafts_not_found(self) -> None:
        assert number("problems.found", scope=Scope(term=TERM, rounds=(6,))) == 0
        assert number("rounds.not-evaluated") == 2

    def test_detention_and_surrender_are_known_by_number_only(self) -> None:
        assert number("detentions", scope=Scope(term=TERM, rounds=(1,))) == 1
        assert number("surrenders", where={"field": "EDUCATION"}) == 2

    def test_the_four_instruments_are_shown_apart(self) -> None:
        assert cells(asked("instruments.by-kind")) == {
            ("ASSIGNMENT_COMMON_PROBLEM", "handled"): 5,
            ("ASSIGNMENT_COMMON_PROBLEM", "issued"): 5,
            ("ASSIGNMENT_COMMON_PROBLEM", "received"): 5,
            ("SUGGESTION_LETTER", "issued"): 5,
            ("THEMATIC_REPORT", "issued"): 41,
        }


BY_HAND: dict[str, tuple[int, int, int]] = {
    "rounds.completed": (1, 2, 3),
    "rounds.evaluated": (0, 1, 2),  # each round is evaluated during the next
    "problems.found": (300, 620, 938),  # 300 + 320 + 318
    "problems.withdrawn": (1, 1, 1),
    "leads.transferred": (70, 145, 212),  # 70 + 75 + 68, less one registered late
    "leads.on-principals": (16, 34, 49),  # 16 + 18 + 15
    "persons.handled": (94, 199, 297),  # 95 less one imposed late, + 105, + 98
    "measures.imposed": (95, 201, 299),  # one more for a second measure, one for a second round
    "measures.from-principal-leads": (15, 32, 48),  # 15 + 17 + 16
    "persons.to-judiciary": (1, 2, 4),  # 1 + 1 + 2
    "persons.cases-filed": (1, 4, 5),  # 1; + two principals and a deputy; + 1
    "joint.actions": (1, 1, 2),
    "joint.problems": (120, 250, 350),  # 120 + 130 + 100
    "joint.leads": (20, 38, 52),  # 20 + 18 + 14
    "deputies.authorised": (10, 19, 27),  # 10 + 9 + 8
    "deputies.authorisations": (10, 21, 30),  # again: 2 in round 2, 1 in round 3
    "naming.cases": (0, 1, 1),
    "handover.urged": (4, 10, 15),  # 4 + 6 + 5
    "handover.completed": (0, 3, 6),
    "common.confirmed": (3, 6, 9),
    "reports.thematic": (8, 16, 25),  # 8 + 8 + 9
    "campaigns.opened": (1, 3, 6),  # 1 + 2 + 3
    "backlog.open": (299, 617, 935),  # found less 1 withdrawn, less 2 closed from round 2 on
    "closures": (0, 2, 2),
    "objections.raised": (3, 3, 3),
    "pairs.completed": (0, 4, 4),
    "leads.by-source": (73, 148, 215),  # three leads of other sources in round 1
    "results.loopholes-closed": (0, 3, 3),
    "results.institutions-changed": (0, 2, 2),
    "supervisors.gaps": (1, 2, 3),  # the last case of each round
}


class TestAtThreeEarlierPositions:
    @pytest.mark.req("R340", "R341")
    @pytest.mark.parametrize("name", BY_HAND)
    @pytest.mark.parametrize("through", [1, 2, 3])
    def test_comes_out_as_counted_by_hand(self, name: str, through: int) -> None:
        moment = Moment(positions=golden_term().marks[through])
        scope = SINCE_2022 if name == "joint.actions" else IN_TERM
        assert number(name, moment, scope) == BY_HAND[name][through - 1]

    @pytest.mark.parametrize("through", [1, 2, 3])
    def test_the_instant_gives_what_the_positions_give(self, through: int) -> None:
        term = golden_term()
        at = Moment(as_of=datetime.fromisoformat(term.instants[through]))
        there = Moment(positions=term.marks[through])
        for name in ("problems.found", "persons.handled", "leads.transferred"):
            assert asked(name, at).value == asked(name, there).value

    def test_names_the_positions_that_reproduce_it(self) -> None:
        marks = golden_term().marks[3]
        told = asked("problems.found", Moment(positions=marks))
        again = asked("problems.found", Moment(positions=told.positions))
        assert told == again
        assert told.positions == dict(sorted(marks.items()))

    def test_an_event_that_came_late_is_told_beside_the_figure(self) -> None:
        """Registered on 20 June 2023, recorded in February 2024; the as-of is 28 June 2023."""
        told = asked("leads.transferred", Moment(positions=golden_term().marks[3]))
        assert (told.value.value, told.late_events) == (212, 1)
        assert asked("leads.transferred").late_events == 0
        before = asked("leads.transferred", Moment(positions=golden_term().marks[2]))
        assert before.late_events == 0

    def test_the_order_of_arrival_changes_nothing(self) -> None:
        backwards = tuple(reversed(golden_term().log))
        for name in ("leads.transferred", "backlog.open", "persons.handled"):
            assert stat(name, backwards, scope=IN_TERM) == asked(name)


class TestLeadsOfOtherSources:
    """Registered on 1, 5 and 10 June 2022; on 15 June two are classified and one is settled."""

    @pytest.mark.req("R253")
    def test_stand_beside_the_inspection_leads_and_are_none_of_them(self) -> None:
        assert number("leads.transferred") == 355
        assert cells(asked("leads.by-source")) == {
            ("AUDIT", "-"): 1,
            ("INSPECTION", "-"): 355,
            ("PETITION", "-"): 1,
            ("PETITION", "NO_CASE"): 1,
        }
        assert number("leads.by-source", scope=Scope(term=TERM, rounds=(1,))) == 70

    def test_wait_longer(self) -> None:
        waits = cells(asked("leads.days-to-disposal-by-source"))
        assert waits == {("AUDIT",): 10, ("INSPECTION",): 0, ("PETITION",): 14}
        assert cells(asked("leads.days-to-conclusion-by-source")) == {("PETITION",): 14}


class TestTheChainOfOneUnit:
    """Six problems whose story the fixture tells: every figure is counted by hand."""

    def test_positions_of_all_problems(self) -> None:
        assert cells(asked("chain.positions")) == {
            ("P10",): 1,  # 001, reopened
            ("P15",): 1,  # 002
            ("P6",): 1,  # 003
            ("P3w",): 1,  # 004
            ("P3x",): 1,  # 006
            ("P3",): 1573 - 5,
        }

    def test_backlog_falls_by_the_closed_and_rises_by_the_reopened(self) -> None:
        assert number("backlog.open") == 1573 - 1 - 1

    def test_closings_applications_and_returns(self) -> None:
        assert number("closing.applied") == 3
        assert cells(asked("closing.returned")) == {("OFFICE",): 1}
        assert number("closing.mean-applications") == 150  # once and twice

    def test_duration_is_counted_from_the_issue(self) -> None:
        """From 10 June to 14 November 2022: 157 days."""
        assert number("chain.duration") == 157

    def test_pairs_and_the_waiver(self) -> None:
        assert number("closures.with-waiver") == 1
        assert cells(asked("pairs.completed", dims=("problem",))) == {
            (f"{TERM}-R1-U01-001",): 2,
            (f"{TERM}-R1-U01-002",): 2,
        }

    def test_deadlines(self) -> None:
        assert (number("deadlines.overdue"), number("deadlines.extended")) == (1, 1)
        assert cells(asked("deadlines.urged")) == {("1",): 1}
        assert number("closures.in-time") == 10_000  # both by 7 December 2022

    def test_evaluations(self) -> None:
        """Totals 83.50, 90, 70, 80; self less panel 10, 4, 10, 0."""
        assert number("evaluation.total") == 8088
        assert number("evaluation.self-panel-gap") == 600
        assert cells(asked("evaluation.by-source")) == {
            ("panel",): 8075,
            ("poll",): 8375,
            ("self",): 8675,
        }

    def test_evaluations_by_dimension(self) -> None:
        """Of 001, two pairs: the unit gave 100 and 92 for deployment, the panel 60 and 78 for
        implementation; only the first poll was taken by dimension."""
        found = cells(asked("evaluation.by-dimension"))
        own = {d: found["self", d] for d in ("deployment", "plan", "implementation")}
        assert own == {"deployment": 9600, "plan": 9100, "implementation": 8600}
        panel = {d: found["panel", d] for d in ("deployment", "implementation", "reporting")}
        assert panel == {"deployment": 9400, "implementation": 6900, "reporting": 8900}
        assert {value for (source, _), value in found.items() if source == "poll"} == {8500}
        assert len(found) == 3 * 5

    def test_what_lasts(self) -> None:
        """Loophole K1 of two problems is two; a rule that is made and then amended is one."""
        assert number("results.loopholes-closed") == 3
        assert number("results.institutions-changed") == 2
        changed = cells(asked("results.institutions-changed"))
        assert changed == {("AMENDED",): 1, ("NEW",): 1, ("REPEALED",): 1}

    def test_reopened_by_a_look_back_because_it_relapsed(self) -> None:
        assert cells(asked("reopened.times")) == {("LOOK_BACK", "RELAPSE"): 1}

    def test_objections(self) -> None:
        assert cells(asked("objections.raised")) == {
            ("dismissed",): 1,
            ("open",): 1,
            ("upheld",): 1,
        }
        assert number("objections.days") == 2

    def test_plans_and_results(self) -> None:
        assert number("plans.measures") == 4
        assert (number("plans.own-level"), number("plans.root")) == (5000, 5000)
        assert number("plans.resting-on-sanctions-below") == 1
        assert cells(asked("results.recorded")) == {("DONE", "DONE", "DONE"): 2}

    def test_five_lists(self) -> None:
        """Complete are 001 and 002; 003 has a task with a person and nothing else; 004 is gone."""
        assert number("five-lists.incomplete") == 1573 - 3
        lacking = asked("five-lists.incomplete", dims=("missing",))
        assert cells(lacking) == {
            ("archive",): 1573 - 3,
            ("effect",): 1573 - 3,
            ("person",): 1573 - 4,
            ("task",): 1573 - 4,
        }

    def test_the_supervisor_on_each_date(self) -> None:
        case_no = f"{TERM}-R1-U01"
        for through, phase in ((1, "INITIAL"), (2, "MIDDLE")):
            moment = Moment(positions=golden_term().marks[through])
            told = asked("supervisors.accountable", moment, dims=("case", "phase"))
            assert (case_no, phase) in cells(told)

    def test_the_principal_on_each_date(self) -> None:
        problem = f"{TERM}-R2-U05-001"
        for moment, person in (
            (Moment(positions=golden_term().marks[2]), "p-up-2-5"),
            (WHOLE_LOG, "p-deputy-2"),
        ):
            told = asked("principals.responsible", moment, dims=("problem", "principal"))
            assert (problem, person) in cells(told)

    def test_silence_since_the_last_event(self) -> None:
        """Of 005 on 28 June 2022: its objection was dismissed on 14 June."""
        moment = Moment(positions=golden_term().marks[1])
        told = cells(asked("silence.days", moment, dims=("problem",)))
        assert told[(f"{TERM}-R1-U01-005",)] == 14
        assert told[(f"{TERM}-R1-U02-001",)] == 18


@pytest.mark.parametrize("known", definitions(), ids=lambda known: known.name)
def test_every_answer_rests_on_the_types_it_says_it_reads(known: Definition[Any]) -> None:
    log, types = golden_term().log, types_read(known)
    if types:
        whole, at = asked(known.name), Moment(as_of=golden_term().log[-1].at)
        some = stat(known.name, [one for one in log if one.type in types], scope=IN_TERM, moment=at)
        assert replace(some, positions={}, as_of=None) == replace(whole, positions={}, as_of=None)
