"""Poison on a real topic parks its own stream only; operators look at it, redrive, discard."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from shared.cli.sample.city import DISCIPLINE, OFFICE, SMALL, Case, invent
from shared.cli.sample.player import Player
from shared.contracts.accountability import LeadRegistered
from shared.contracts.base import Decision
from shared.contracts.feedback import ProblemWithdrawn
from shared.contracts.supervision import LookBackListed
from shared.embedded.stack import Stack
from shared.http.client import ApiClient
from shared.kernel.actor import Role
from shared.messaging.topics import PARTITIONS, partition_of
from tests.e2e.feeds import Fact
from tests.e2e.intruder import Intruder
from tests.support.command_line import Ended
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka

CASE: Case = invent(SMALL, 2026).cases[0]
HANDLED_WITHIN = 60  # seconds; a bound, not a measure
FOLLOWERS_OF_FEEDBACK = ("accountability", "feedback", "rectification", "supervision")
LETTERS = "/v1/dead-letters"
NEWER = 99
DAY = date(2026, 3, 2)

Ask = Callable[..., Ended]


@pytest.fixture(scope="module")
def intruder(stack: Stack, facts: tuple[Fact, ...]) -> Intruder:
    """Whoever writes on our topics; `facts` were read before."""
    return Intruder(stack)


@pytest.fixture(scope="module")
def player(stack: Stack) -> Iterator[Player]:
    player = Player(stack.map.services, stack.issuer)
    yield player
    player.close()


@pytest.fixture(scope="module")
def operator(stack: Stack) -> Iterator["Operator"]:
    with ExitStack() as clients:
        token = stack.issuer.issue("p-administrator", "inspection-office", Role.ADM)
        yield Operator(
            {
                service: clients.enter_context(ApiClient(url, token))
                for service, url in stack.map.services.items()
            }
        )


@dataclass(frozen=True)
class Operator:
    """Somebody who watches over parked messages."""

    clients: Mapping[str, ApiClient]

    def parked(self, service: str) -> list[dict[str, Any]]:
        """Return what is parked at a service now."""
        found: list[dict[str, Any]] = self.clients[service].get(LETTERS)["items"]
        return found

    def awaits(self, service: str, number: int) -> list[dict[str, Any]]:
        """Wait until so many messages are parked at a service."""

        def arrived() -> list[dict[str, Any]]:
            found = self.parked(service)
            return found if len(found) >= number else []

        return eventually(arrived, within=HANDLED_WITHIN)

    def clear(self) -> None:
        """Discard everything; each letter as the first of its stream."""
        for service, client in self.clients.items():
            for letter in self.parked(service):
                path = f"{LETTERS}/{letter['id']}/discard"
                client.post(path, {"reason": "a test's"}, key=str(uuid4()))


@pytest.fixture(autouse=True)
def nothing_stays_parked(operator: Operator) -> Iterator[None]:
    """Each test leaves the system as clean as it found it."""
    yield
    operator.clear()
    for service in operator.clients:
        assert operator.parked(service) == []


def fresh() -> str:
    """Return a number that nothing has had before."""
    return f"STRAY-{uuid4().hex[:8]}"


def offer_lead(player: Player, number: str) -> None:
    """A team leader offers a lead: something true that is to reach another service."""
    offer = {
        "lead_no": number,
        "case_no": CASE.no,
        "kind": "finance-lead",
        "addressee": DISCIPLINE.org,
        "addressee_kind": "DISCIPLINE_COMMISSION",
        "concerns_principal": False,
        "post_level": "city-staff",
        "problem_nos": [],
        "content": "样例线索内容（虚构）",
    }
    player.found(CASE.team_leader, "feedback", "/v1/leads", offer)


def a_lead_for_each_partition() -> list[str]:
    """Return numbers of leads whose streams lie on all partitions of the topic."""
    found: dict[int, str] = {}
    while len(found) < PARTITIONS:
        number = fresh()
        found.setdefault(partition_of(f"lead/{number}", PARTITIONS), number)
    return list(found.values())


def require_that_others_go_on(player: Player) -> None:
    """Something true on every partition still reaches its follower."""
    numbers = a_lead_for_each_partition()
    for number in numbers:
        offer_lead(player, number)
    for number in numbers:
        assert received(player, number)["offer"] == 1


def received(player: Player, lead_no: str) -> dict[str, Any]:
    """Wait until a lead has come to its addressee."""
    path = f"/v1/leads/{lead_no}"
    found: dict[str, Any] = player.await_(
        path, lambda: player.ask(DISCIPLINE, "accountability", path)
    )
    return found


def withdrawn(problem_no: str) -> ProblemWithdrawn:
    return ProblemWithdrawn(
        problem_no=problem_no,
        case_no=CASE.no,
        objection_no="O-1",
        reasons="查无此事（样例）",
        decision=Decision(document_no="D-1", decided_on=DAY, forum="F"),
    )


def registered(lead_no: str) -> LeadRegistered:
    return LeadRegistered(
        lead_no=lead_no,
        offer=1,
        round_no=CASE.round_no,
        addressee=DISCIPLINE.org,
        registered_on=DAY,
        first_disposal_due=DAY,
    )


class TestGivenBytesThatAreNoRecord:
    def test_when_every_partition_has_some_then_all_streams_go_on(
        self, ask: Ask, operator: Operator, intruder: Intruder, player: Player
    ) -> None:
        number = intruder.noise("feedback", b"\x00\xff noise \xfe" * 9)
        for service in FOLLOWERS_OF_FEEDBACK:
            for letter in operator.awaits(service, number):
                assert letter["stream"].startswith("?feedback.events/")
                assert letter["error_code"] == "contract-broken"
        require_that_others_go_on(player)

    def test_when_an_operator_looks_then_it_is_shown_and_can_only_be_discarded(
        self, ask: Ask, operator: Operator, intruder: Intruder
    ) -> None:
        intruder.noise("accountability", b"not a record")
        [first, *_] = operator.awaits("feedback", PARTITIONS)
        shown = ask("dead-letters", "show", "feedback", str(first["id"])).json
        assert (shown["id"], shown["status"]) == (first["id"], "parked")
        assert shown["headers"] == {"position": "\\xff"}
        again = ask("dead-letters", "redrive", "feedback", str(first["id"]))
        assert (again.code, operator.parked("feedback")[0]["attempts"]) == (0, 2)
        gone = ask("dead-letters", "discard", "feedback", str(first["id"]), "--reason", "noise")
        assert gone.code == 0
        kept = ask("dead-letters", "show", "feedback", str(first["id"])).json
        assert (kept["status"], kept["reason"]) == ("discarded", "noise (p-operator)")
        assert len(operator.parked("feedback")) == PARTITIONS - 1


class TestGivenARecordOfANewerDuban:
    def test_when_it_arrives_then_its_stream_waits_and_others_go_on(
        self, ask: Ask, operator: Operator, intruder: Intruder, player: Player
    ) -> None:
        stream = f"problem/{fresh()}"
        told = [withdrawn("STRAY-P"), withdrawn("STRAY-P")]
        intruder.tell("feedback", stream, *told, schema=NEWER)
        for service in ("rectification", "supervision"):
            first, second = operator.awaits(service, 2)
            assert (first["stream"], first["version"]) == (stream, 1)
            assert (second["stream"], second["version"]) == (stream, 2)
            assert first["error_code"] == "newer-schema"
            assert second["error_code"] == "parked-behind"
        assert operator.parked("accountability") == []
        require_that_others_go_on(player)

    def test_when_it_is_not_the_first_of_its_stream_then_it_has_to_wait(
        self, ask: Ask, operator: Operator, intruder: Intruder
    ) -> None:
        stream = f"problem/{fresh()}"
        intruder.tell("feedback", stream, withdrawn("STRAY-P"), withdrawn("STRAY-P"), schema=NEWER)
        _, second = operator.awaits("supervision", 2)
        operator.awaits("rectification", 2)
        refused = ask(
            "dead-letters", "discard", "supervision", str(second["id"]), "--reason", "impatience"
        )
        assert (refused.code, len(refused.stderr.splitlines())) == (1, 1)


class TestGivenAMessageThatAReactionRefuses:
    def test_when_its_cause_is_gone_then_a_redrive_heals_the_stream(
        self, ask: Ask, operator: Operator, intruder: Intruder, player: Player
    ) -> None:
        lead = fresh()
        intruder.tell("accountability", f"stray/{lead}", registered(lead), registered(lead))
        first, behind = operator.awaits("feedback", 2)
        assert (first["error_code"], behind["error_code"]) == ("not-found", "parked-behind")
        require_that_others_go_on(player)

        in_vain = ask("dead-letters", "redrive", "feedback", str(first["id"]))
        assert in_vain.stdout.startswith("0 messages")
        assert [letter["attempts"] for letter in operator.parked("feedback")] == [2, 0]

        offer_lead(player, lead)
        healed = ask("dead-letters", "redrive", "feedback", str(first["id"]))
        assert healed.stdout.startswith("2 messages"), healed
        assert operator.parked("feedback") == []
        assert player.ask(OFFICE, "feedback", f"/v1/leads/{lead}")["state"] == "ACCEPTED"

        settled = ask("dead-letters", "list", "feedback", "--status", "redriven", "--json").json
        assert {first["id"], behind["id"]} <= {letter["id"] for letter in settled}
        again = ask("dead-letters", "redrive", "feedback", str(first["id"]))
        assert again.stdout.startswith("0 messages")


class TestGivenAnEffectWhoseCauseNeverCame:
    def test_when_it_arrives_then_it_waits_alone_and_its_service_lives(
        self, stack: Stack, operator: Operator, intruder: Intruder, player: Player
    ) -> None:
        listed = LookBackListed(problem_no="STRAY-P", case_no="STRAY-C", cycle=1, n=1, total=5000)
        intruder.tell("supervision", f"stray/{fresh()}", listed)
        [letter] = operator.awaits("accountability", 1)
        assert letter["error_code"] == "not-yet-seen"
        require_that_others_go_on(player)
        eventually(lambda: operator.parked("accountability")[0]["attempts"] > 1)
