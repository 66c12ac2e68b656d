"""After a whole round: what must hold of any history holds of this one, and every no has a name."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from shared.cli.sample.city import (
    LEADING_GROUP,
    LINKED_OFFICES,
    OFFICE,
    SMALL,
    Fate,
    Person,
    Problem,
    invent,
)
from shared.embedded.stack import Stack
from tests.e2e import invariants
from tests.e2e.feeds import Fact
from tests.e2e.wire import Wire, headers, require_problem
from tests.support.eventually import eventually

CITY = invent(SMALL, 2026)

Invariant = Callable[[Sequence[Fact]], list[str]]
Spoil = Callable[[Fact], Fact | None]

INVARIANTS: dict[str, Invariant] = {
    "INV-01": invariants.no_closing_without_two_pairs,
    "INV-02": invariants.pairs_alternate,
    "INV-03": invariants.the_linked_office_executes_later_pairs,
    "INV-05": invariants.closing_goes_through_three_hands_on_one_hash,
    "INV-06": invariants.every_issued_problem_has_an_owner_and_a_task,
    "INV-07": invariants.every_closed_problem_has_an_own_measure,
    "INV-08": invariants.nobody_closes_before_disposal_is_known,
    "INV-10": invariants.feedback_is_delivered_four_ways_at_once,
    "INV-13": invariants.no_handover_is_open_at_closing,
    "INV-14": invariants.what_was_pledged_is_what_was_declared_and_closed,
    "INV-18": invariants.reopening_keeps_number_and_history,
}


def without(event_type: str) -> Spoil:
    """A history from which these events have vanished."""
    return lambda fact: None if fact.type == event_type else fact


def with_other(event_type: str, **other: Any) -> Spoil:
    """A history in which these events tell something else."""

    def spoil(fact: Fact) -> Fact:
        if fact.type != event_type:
            return fact
        return replace(fact, record={**fact.record, "data": {**fact.data, **other}})

    return spoil


SPOILS: list[tuple[str, Spoil]] = [
    ("INV-01", without("supervision.evaluation-finalised")),
    ("INV-02", without("supervision.supervision-started")),
    ("INV-02", with_other("supervision.evaluation-finalised", n=1)),
    ("INV-03", with_other("directory.linked-office-assigned", office="another-office")),
    ("INV-05", without("supervision.closure-office-approved")),
    ("INV-05", with_other("supervision.closure-countersigned", signed_by="p-one")),
    ("INV-05", with_other("rectification.closure-applied", digest="0" * 64)),
    ("INV-06", without("rectification.problem-claimed")),
    ("INV-06", with_other("rectification.rectification-started", tasks=[])),
    ("INV-07", without("rectification.plan-submitted")),
    ("INV-08", without("accountability.lead-concluded")),
    ("INV-10", without("feedback.copy-notice-sent")),
    ("INV-10", with_other("feedback.delivery-computed", kind="UPPER_LEVEL")),
    ("INV-13", without("rectification.handover-completed")),
    ("INV-14", with_other("rectification.problem-declared-rectified", digest="0" * 64)),
    ("INV-18", with_other("supervision.problem-reopened", cycle=7)),
    ("INV-18", with_other("supervision.problem-reopened", problem_no="ANOTHER-NUMBER")),
]


class TestGivenTheSampleWhenItsFeedsAreRead:
    @pytest.mark.parametrize(
        "name", [pytest.param(name, marks=pytest.mark.req(name)) for name in INVARIANTS]
    )
    def test_then_the_invariant_holds(self, facts: tuple[Fact, ...], name: str) -> None:
        assert INVARIANTS[name](facts) == []

    @pytest.mark.parametrize(("name", "spoil"), SPOILS)
    def test_then_a_spoilt_history_would_be_noticed(
        self, facts: tuple[Fact, ...], name: str, spoil: Spoil
    ) -> None:
        spoilt = [found for fact in facts if (found := spoil(fact)) is not None]
        assert INVARIANTS[name](spoilt) != []

    def test_then_every_event_has_an_actor_a_command_and_a_trace(
        self, facts: tuple[Fact, ...]
    ) -> None:
        for fact in facts:
            actor = fact.record["actor"]
            assert all((actor["person_ref"], actor["org"], actor["role"], actor["via"]))
            assert fact.record["command"]
            assert fact.record["trace"]

    def test_then_every_reaction_names_the_event_that_caused_it(
        self, facts: tuple[Fact, ...]
    ) -> None:
        known = {fact.record["id"] for fact in facts}
        caused = [fact for fact in facts if fact.record["actor"]["via"] == "policy"]
        assert caused
        assert all(fact.record["causation"] in known for fact in caused)


def of_fate(fate: Fate) -> Problem:
    return next(problem for problem in CITY.problems if problem.fate is fate)


UNFINISHED, CLOSED = of_fate(Fate.STAYS_RECTIFYING), of_fate(Fate.CLOSED)
OTHER_OFFICE = next(one for one in LINKED_OFFICES if one != CLOSED.unit.office)
HASH = "0" * 64
DECISION = {"document_no": "YL-1", "decided_on": "2026-03-02", "forum": "leading-group"}
METHODS = [{"method": "INTERVIEW", "evidence": [HASH]}]

REFUSED: list[tuple[Person, str, Problem, str, Any, str]] = [
    (LEADING_GROUP, "feedback", CLOSED, "approve", {"decision": DECISION}, "wrong-problem-state"),
    (UNFINISHED.unit.principal, "rectification", UNFINISHED, "declare-rectified",
     {"digest": HASH}, "G14"),
    (CLOSED.unit.principal, "rectification", CLOSED, "declare-rectified",
     {"digest": HASH}, "wrong-state"),
    (OFFICE, "supervision", UNFINISHED, "approve-closure", None, "wrong-state"),
    (OTHER_OFFICE, "supervision", CLOSED, "accept-closure", {"methods": METHODS}, "wrong-state"),
]  # fmt: skip
"""Who tries what, and the rule that says no: its guard, else its name."""


def named_rule(told: dict[str, Any]) -> str:
    return str(told.get("guard") or told["code"])


def refusals(stack: Stack, service: str) -> dict[str, dict[str, Any]]:
    """Return what the service's log tells of refused commands, by trace id."""
    log = (stack.data_dir / "logs" / f"{service}.log").read_text(encoding="utf-8")
    lines = (json.loads(line) for line in log.splitlines() if '"event": "refused"' in line)
    return {line["trace_id"]: line for line in lines if line["status"] == HTTPStatus.CONFLICT}


class TestGivenTheSampleWhenACommandIsRefused:
    @pytest.mark.parametrize(("who", "service", "problem", "verb", "body", "rule"), REFUSED)
    def test_then_answer_and_log_name_the_rule(
        self,
        stack: Stack,
        who: Person,
        service: str,
        problem: Problem,
        verb: str,
        body: Any,
        rule: str,
    ) -> None:
        with Wire(stack) as wire:
            thing, token = f"/v1/problems/{problem.no}", wire.token_of(who)
            known = headers(token, if_match=f'"{wire.version(service, thing, token)}"')
            sent = {} if body is None else {"json": body}
            answer = wire.send(service, "POST", f"{thing}/{verb}", headers=known, **sent)
        told = require_problem(answer, HTTPStatus.CONFLICT)
        logged = eventually(lambda: refusals(stack, service).get(told["trace_id"], {}))
        assert named_rule(told) == named_rule(logged) == rule
        assert logged["detail"] == told["detail"]
        assert logged["command"]

    def test_then_no_refusal_of_the_whole_round_was_nameless(self, stack: Stack) -> None:
        for service in stack.map.services:
            for logged in refusals(stack, service).values():
                assert named_rule(logged) != "refused", logged
