"""A whole inspection round, played by `duban demo`; then the `duban` command on what it left."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from docs.generate import API
from shared.cli.sample.city import SMALL, invent
from shared.embedded.stack import Stack
from shared.embedded.system_map import SERVICES
from shared.http.client import ApiClient
from shared.kernel.errors import ForbiddenError
from tests.e2e.conftest import Sample
from tests.support.command_line import Ended, duban

pytestmark = pytest.mark.kafka

Ask = Callable[..., Ended]

DECIDING = tuple(service for service in SERVICES if service != "audit")
"""Audit reads: it decides nothing, so its own log may be empty."""


HERO = invent(SMALL, 2026).problems[0].no
"""The problem that is closed, reopened and closed again."""

KEYS = {
    "problems", "closed", "reopened", "leads", "accountability_cases", "events", "parked",
    "duplicates", "lost", "services_in_one_trace", "seconds",
}  # fmt: skip


class TestGivenAFreshMachineWhenTheSampleIsPlayed:
    def test_then_it_ends_well_with_one_json_object(self, sample: Sample) -> None:
        assert sample.ended.code == 0, sample.ended.stderr
        assert sample.ended.json.keys() >= KEYS

    def test_then_nothing_is_lost_doubled_or_parked(self, sample: Sample) -> None:
        told = sample.ended.json
        assert (told["lost"], told["duplicates"], told["parked"]) == (0, 0, 0)
        assert told["broken_chains"] == told["restarts"] == 0

    def test_then_the_round_is_the_one_that_was_promised(self, sample: Sample) -> None:
        told = sample.ended.json
        assert (told["problems"], told["leads"]) == (24, 6)
        assert told["reopened"] >= 1
        assert told["accountability_cases"] >= 1
        assert told["closings"] == told["closed"] + told["reopened"]

    def test_then_one_trace_joins_the_services(self, sample: Sample) -> None:
        assert sample.ended.json["services_in_one_trace"] >= 4

    def test_then_every_service_has_decided_something(self, sample: Sample) -> None:
        assert sample.ended.json["events"].keys() == set(SERVICES)
        assert all(sample.ended.json["events"][service] for service in DECIDING)


class TestGivenTheSampleWhenTheSystemIsStartedAgain:
    def test_then_the_logs_go_on_where_they_were(
        self, sample: Sample, auditor: Callable[[str], ApiClient]
    ) -> None:
        for service, count in sample.ended.json["events"].items():
            page = auditor(service).get("/v1/events", {"limit": 1000})
            assert len(page["items"]) >= count

    @pytest.mark.parametrize("service", DECIDING)
    def test_then_a_replay_rebuilds_every_read_model_as_it_is(self, ask: Ask, service: str) -> None:
        ended = ask("replay", service, "--json")
        assert ended.code == 0, ended.stderr
        assert ended.json
        for model in ended.json:
            assert model["equal"]
            assert model["live_digest"] == model["rebuilt_digest"] != ""
            assert model["position"] > 0


@pytest.fixture(scope="module")
def history(stack: Stack) -> dict[str, Any]:
    told: dict[str, Any] = duban("history", HERO, "--json", "--data", stack.data_dir).json
    return told


class TestGivenTheReopenedProblemWhenItsHistoryIsAsked:
    def test_then_no_effect_stands_before_its_cause(self, history: dict[str, Any]) -> None:
        seen: set[str] = set()
        all_of_it = {line["id"] for line in history["events"]}
        for line in history["events"]:
            assert line["causation"] in seen or line["causation"] not in all_of_it
            seen.add(line["id"])

    def test_then_every_stream_is_in_order(self, history: dict[str, Any]) -> None:
        streams: dict[tuple[str, str], list[int]] = {}
        for line in history["events"]:
            streams.setdefault((line["service"], line["stream"]), []).append(line["version"])
        for versions in streams.values():
            assert all(earlier < later for earlier, later in pairwise(versions))

    def test_then_every_line_says_who_when_how_and_in_which_trace(
        self, history: dict[str, Any]
    ) -> None:
        for line in history["events"]:
            for name in ("actor", "role", "time", "command", "trace"):
                assert line[name], (name, line)

    def test_then_it_comes_from_all_who_decided(self, history: dict[str, Any]) -> None:
        told_by = {line["service"] for line in history["events"]}
        assert told_by >= {"feedback", "rectification", "supervision"}

    def test_then_it_was_closed_reopened_and_closed_again(self, history: dict[str, Any]) -> None:
        names = [line["event"] for line in history["events"]]
        turns = [
            name
            for name in names
            if name in ("supervision.problem-closed", "supervision.problem-reopened")
        ]
        assert turns == [
            "supervision.problem-closed",
            "supervision.problem-reopened",
            "supervision.problem-closed",
        ]
        assert (history["state"], history["cycle"]) == ("P16", 2)

    @pytest.mark.parametrize(
        ("event", "state", "cycle"),
        [
            ("feedback.problem-issued", "P3", 1),
            ("rectification.rectification-started", "P6", 1),
            ("supervision.problem-closed", "P15", 1),
            ("supervision.problem-reopened", "P17", 2),
        ],
    )
    def test_then_at_any_instant_it_is_shown_as_it_stood(
        self, ask: Ask, history: dict[str, Any], event: str, state: str, cycle: int
    ) -> None:
        instant = next(line["time"] for line in history["events"] if line["event"] == event)
        then = ask("history", HERO, "--as-of", instant, "--json").json
        until = [line["id"] for line in history["events"] if line["time"] <= instant]
        assert [line["id"] for line in then["events"]] == until
        assert (then["state"], then["cycle"]) == (state, cycle)

    def test_then_before_its_first_event_it_is_not_known(
        self, ask: Ask, history: dict[str, Any]
    ) -> None:
        ended = ask("history", HERO, "--as-of", "2020-01-01", "--json")
        assert (ended.code, ended.stdout) == (3, "")

    def test_then_people_can_read_it_too(self, ask: Ask) -> None:
        ended = ask("history", HERO)
        assert ended.code == 0
        assert "problem-reopened" in ended.stdout


class TestGivenARunningSystemWhenAMachineAsks:
    @pytest.mark.parametrize("service", DECIDING)
    def test_then_a_feed_is_one_record_a_line_in_order(
        self, ask: Ask, sample: Sample, service: str
    ) -> None:
        lines = ask("feed", service, "--json").lines
        positions = [line["position"] for line in lines]
        assert positions == sorted(set(positions))
        assert len(lines) >= sample.ended.json["events"][service]
        after = ask("feed", service, "--after", str(positions[-2]), "--json").lines
        assert [line["position"] for line in after] == positions[-1:]

    def test_then_parked_messages_are_a_list(self, ask: Ask) -> None:
        for status in ("parked", "redriven", "discarded"):
            assert isinstance(ask("dead-letters", "list", "--status", status, "--json").json, list)

    def test_then_a_token_opens_what_its_role_may_see(self, ask: Ask, stack: Stack) -> None:
        told = ask("token", "p-auditor", "--org", "audit-office", "--role", "AUD", "--json").json
        with ApiClient(stack.url("feedback"), told["token"]) as client:
            assert client.get("/v1/events", {"limit": 1})["items"]
            with pytest.raises(ForbiddenError):
                client.get("/v1/dead-letters")

    def test_then_every_interface_describes_itself(self, ask: Ask) -> None:
        for service in SERVICES:
            document = ask("openapi", service).json
            assert document["openapi"].startswith("3.1")
            assert "/v1/events" in document["paths"]
            written = (API / f"{service}.openapi.json").read_text(encoding="utf-8")
            assert json.loads(written) == document, "run: make docs"
        events = duban("asyncapi").json
        assert events["asyncapi"].startswith("3.")
        assert events["channels"].keys() == set(SERVICES)


class TestGivenWrongInputWhenACommandIsGiven:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("history", HERO, "--as-of", "yesterday"), 2),
            (("history", "NO-SUCH-PROBLEM"), 3),
            (("feed", "no-such-service"), 3),
            (("replay", "no-such-service"), 3),
            (("openapi", "no-such-service"), 3),
            (("dead-letters", "list", "no-such-service"), 3),
            (("dead-letters", "list", "--status", "lost"), 2),
            (("dead-letters", "show", "feedback", "999999"), 3),
            (("dead-letters", "redrive", "feedback", "999999"), 3),
            (("dead-letters", "discard", "feedback", "999999", "--reason", "noise"), 3),
            (("token", "p-office", "--org", "no org", "--role", "OFF"), 2),
        ],
    )
    def test_then_one_line_says_why_and_the_exit_code_what(
        self, ask: Ask, arguments: tuple[str, ...], code: int
    ) -> None:
        ended = ask(*arguments)
        assert (ended.code, ended.stdout, len(ended.stderr.splitlines())) == (code, "", 1)
        assert "Traceback" not in ended.stderr

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("demo", "--scale", "galaxy", "--json"), 2),
            (("serve", "no-such-service"), 3),
            (("history", HERO, "--data", "/nonexistent/duban"), 4),
            (("dead-letters", "list", "--data", "/nonexistent/duban"), 4),
            (("token", "p", "--org", "o", "--role", "AUD", "--data", "/nonexistent"), 4),
        ],
    )
    def test_then_no_system_is_needed_to_say_so(
        self, arguments: tuple[str, ...], code: int
    ) -> None:
        ended = duban(*arguments)
        assert (ended.code, ended.stdout, len(ended.stderr.splitlines())) == (code, "", 1)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("token", "p", "--org", "o", "--role", "KING"),
            ("feed", "supervision", "--after", "-1"),
            ("demo", "--broker", "pigeon"),
            ("unknown-command",),
        ],
    )
    def test_then_wrong_usage_is_exit_code_2(self, arguments: tuple[str, ...]) -> None:
        ended = duban(*arguments)
        assert (ended.code, ended.stdout) == (2, "")
        assert "Usage" in ended.stderr
