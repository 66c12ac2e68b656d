"""What the reducers make of records."""

import hashlib
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import contracts
from shared.contracts import registry
from shared.reducers import StateMap, map_leaf, state_digest, state_of, state_root
from shared.reducers.life_cycles import LIFE_CYCLES, PAIR_COUNTS
from tests.attacks.make_bundle import Log, canonical, leaf, rectification_log, tree_root

Happened = tuple[str, dict[str, Any]]


def story(service: str, stream: str, *events: Happened) -> dict[str, Any]:
    """Return the state of a stream after these events, named without their service."""
    log = Log(service)
    for event, data in events:
        log.add(stream, f"{service}.{event}", **data)
    return state_of(log.streams[stream])


class TestLifeCycle:
    def test_of_a_problem_from_draft_to_withdrawal(self) -> None:
        state = story(
            "feedback", "problem/P1", ("problem-drafted", {}), ("problem-issued", {"cycle": 1}),
            ("objection-raised", {}), ("problem-withdrawn", {}),
        )  # fmt: skip
        assert (state["state"], state["cycle"], state["version"]) == ("P3w", 1, 4)

    def test_counts_pairs_and_begins_anew_with_a_cycle(self) -> None:
        first = [
            ("closure-review-opened", {}), ("evaluation-finalised", {"n": 1, "grade": "PASS"}),
            ("evaluation-finalised", {"n": 2, "grade": "PASS"}),
        ]  # fmt: skip
        state = story("supervision", "review/P1", *first)
        assert (state["state"], state["cycle"], state["pairs"]) == ("P7", 1, 2)
        state = story("supervision", "review/P1", *first, ("problem-reopened", {"cycle": 2}))
        assert (state["state"], state["cycle"], state["pairs"]) == ("P10", 2, 0)

    @pytest.mark.parametrize(
        ("n", "grade", "state"), [(1, "PASS", "P10"), (2, "FAIL", "P10"), (2, "PASS", "P7")]
    )
    def test_an_evaluation_decides_by_its_number_and_grade(
        self, n: int, grade: str, state: str
    ) -> None:
        found = story(
            "supervision", "review/P1", ("evaluation-finalised", {"n": n, "grade": grade})
        )
        assert found["state"] == state

    def test_an_event_can_name_the_state_itself(self) -> None:
        posted = ("entry-posted", {"state": "P6"})
        assert story("supervision", "review/P1", posted)["state"] == "P6"
        silent: Happened = ("entry-posted", {})
        assert story("supervision", "review/P1", posted, silent)["state"] == "P6"

    def test_some_events_move_only_from_some_states(self) -> None:
        late: Happened = ("problem-received", {})
        assert story("rectification", "problem/P1", late)["state"] == "P3"
        claimed = story("rectification", "problem/P1", ("problem-claimed", {}), late)
        assert claimed["state"] == "P4"

    def test_an_unknown_kind_has_facts_and_no_state(self) -> None:
        state = story("directory", "almanac/2026", ("calendar-published", {"year": 2026}))
        assert (state["state"], state["cycle"]) == ("", 0)
        assert state["facts"] == [["directory.calendar-published", 1, {"year": 2026}]]

    def test_a_round_is_fed_back_evaluated_and_circulated(self) -> None:
        told: list[Happened] = [("round-completion-noted", {}), ("round-listed-overdue", {})]
        assert story("supervision", "round-evaluation/R1", *told)["state"] == "OVERDUE"
        told += [("round-evaluated", {}), ("circular-issued", {})]
        assert story("supervision", "round-evaluation/R1", *told)["state"] == "CIRCULATED"
        late = story("supervision", "round-evaluation/R1", *told[2:3], *told[:1])
        assert late["state"] == "EVALUATED"

    @pytest.mark.parametrize(
        ("service", "stream", "events", "state"),
        [
            ("supervision", "instrument/I1",
             ["suggestion-letter-issued", "instrument-received", "instrument-handled"], "HANDLED"),
            ("supervision", "common-problem/C1",
             ["common-problem-proposed", "common-problem-confirmed"], "CONFIRMED"),
            ("supervision", "campaign/C1", ["campaign-opened", "campaign-closed"], "CLOSED"),
            ("supervision", "surprise-draw/D1", ["population-frozen", "surprise-drawn"], "DRAWN"),
            ("supervision", "handover-urging/C1", ["handover-urged"], "URGED"),
            ("feedback", "joint-action/J1", ["joint-action-opened"], "OPENED"),
            ("feedback", "coverage-plan/T1", ["coverage-plan-adopted"], "ADOPTED"),
            ("accountability", "detention/D1", ["detention-recorded"], "RECORDED"),
            ("accountability", "voluntary-surrender/V1", ["voluntary-surrender-recorded"],
             "RECORDED"),
            ("accountability", "naming-circular/N1", ["naming-circular-issued"], "ISSUED"),
        ],
    )  # fmt: skip
    def test_what_happens_beyond_single_cases_has_states(
        self, service: str, stream: str, events: list[str], state: str
    ) -> None:
        told: list[Happened] = [(event, {}) for event in events]
        assert story(service, stream, *told)["state"] == state

    def test_the_tables_name_only_events_that_exist(self) -> None:
        for module in pkgutil.iter_modules(contracts.__path__, "shared.contracts."):
            importlib.import_module(module.name)
        declared = {event.TYPE for event in registry.event_classes()}
        named = {event for table in LIFE_CYCLES.values() for event in table} | set(PAIR_COUNTS)
        assert named <= declared


class TestFacts:
    def test_the_latest_of_each_type_stand_sorted(self) -> None:
        state = story(
            "rectification", "problem/P1", ("task-progressed", {"percent": 10}),
            ("problem-claimed", {}), ("task-progressed", {"percent": 60}),
        )  # fmt: skip
        assert state["facts"] == [
            ["rectification.problem-claimed", 2, {}],
            ["rectification.task-progressed", 3, {"percent": 60}],
        ]

    def test_sealed_values_stay_commitments(self) -> None:
        sealed = {"$sealed": {"c": "x" * 43 + "=", "s": "L1"}}
        state = story("feedback", "lead/L1", ("lead-offered", {"content": sealed}))
        assert state["facts"][0][2] == {"content": sealed}


class TestDigests:
    def test_the_head_is_the_leaf_hash_of_the_last_record(self) -> None:
        log = rectification_log()
        state = state_of(log.streams["problem/P1"])
        assert state["head"] == leaf(canonical(log.streams["problem/P1"][-1])).hex()

    def test_the_digest_covers_everything(self) -> None:
        state = state_of(rectification_log().streams["problem/P1"])
        others = [{**state, name: "x"} for name in state if name != "facts"]
        less = {**state, "facts": state["facts"][1:]}
        other_data = {**state, "facts": [[*state["facts"][0][:2], {"x": 1}], *state["facts"][1:]]}
        digests = {state_digest(one) for one in (state, less, other_data, *others)}
        assert len(digests) == len(state) + 2

    def test_every_stored_sample_has_a_state(self) -> None:
        """Whatever event is declared, its record can be replayed."""
        corpus = Path(__file__).parents[3] / "shared" / "contracts" / "corpus"
        for path in corpus.glob("*.json"):
            record = json.loads(path.read_bytes())
            for service, kind in [*LIFE_CYCLES, ("log", "log")]:
                moved = {**record, "service": service, "stream": f"{kind}/1"}
                assert len(state_digest(state_of([moved]))) == 64


HEADS = st.dictionaries(
    st.text("abcz/é云1", min_size=1, max_size=6),
    st.tuples(st.integers(1, 99), st.just("ab" * 32), st.just("cd" * 32)),
    max_size=20,
)


class TestStateRoot:
    @given(HEADS)
    def test_is_the_tree_over_the_sorted_streams(
        self, heads: dict[str, tuple[int, str, str]]
    ) -> None:
        leaves = [leaf(canonical([stream, *heads[stream]])) for stream in sorted(heads)]
        assert state_root(heads) == tree_root(leaves)
        assert leaves == [map_leaf(stream, *heads[stream]) for stream in sorted(heads)]

    @given(HEADS)
    def test_does_not_depend_on_the_order_of_arrival(
        self, heads: dict[str, tuple[int, str, str]]
    ) -> None:
        assert state_root(heads) == state_root(dict(reversed(heads.items())))

    def test_of_nothing_is_the_hash_of_nothing(self) -> None:
        assert state_root({}) == hashlib.sha256(b"").digest()

    def test_a_changed_stream_changes_it(self) -> None:
        streams = StateMap()
        streams.put("a", 1, "00", "11")
        streams.put("b", 1, "00", "11")
        before = streams.root()
        streams.put("a", 2, "22", "33")
        assert streams.root() != before and len(streams) == 2
