"""kill -9 of every process while a round is played: nothing is lost and nothing happens twice."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from shared.cli.replay import rebuilt
from shared.cli.sample.city import SMALL, Fate, Scale, invent
from shared.cli.sample.player import Player
from shared.cli.sample.story import Story
from shared.cli.sample.verdict import Verdict, settled_verdict
from shared.embedded.stack import Stack
from shared.embedded.system_map import SERVICES, BrokerKind
from shared.kernel.clock import SystemClock
from tests.e2e.feeds import Fact, facts_of
from tests.e2e.nemesis import Nemesis, watched_over

pytestmark = pytest.mark.kafka

SEED = 2026
SHORT = Scale("short", 1, 2, 4, 1, 4, 1.0, (Fate.CLOSED, Fate.REOPENED))
STORIES: dict[BrokerKind, tuple[Scale, Sequence[str]]] = {
    "embedded": (SMALL, (*SERVICES, "broker", "PostgreSQL")),
    "apache": (SHORT, ("supervision", "broker", "PostgreSQL")),
}


@pytest.fixture(scope="module")
def scale(broker_kind: BrokerKind) -> Scale:
    return STORIES[broker_kind][0]


@pytest.fixture(scope="module")
def wounded(
    broker_kind: BrokerKind, scale: Scale, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A system in which everything was killed once while a whole round was played."""
    data = tmp_path_factory.mktemp("wounded") / "data"
    with Stack(data, broker_kind=broker_kind) as stack, watched_over(stack):
        player, city = Player(stack.map.services, stack.issuer), invent(scale, SEED)
        victims = STORIES[broker_kind][1]
        steps = sum(Story(player, city, SystemClock(), print).acts().values())
        nemesis = Nemesis(stack, victims, steps, SEED)
        try:
            Story(player, city, SystemClock(), nemesis.hear).tell()
        finally:
            player.close()
        assert sorted(nemesis.killed) == sorted(victims)
        yield stack


@pytest.fixture(scope="module")
def verdict(wounded: Stack) -> Verdict:
    return settled_verdict(wounded.map.databases)


class TestGivenARoundWhenEveryProcessIsKilledOnce:
    def test_then_everything_was_started_again(self, wounded: Stack) -> None:
        assert wounded.restarts.keys() >= set(STORIES[wounded.broker.kind][1])

    def test_then_nothing_is_lost_doubled_or_parked(self, verdict: Verdict) -> None:
        assert (verdict.lost, verdict.duplicates, verdict.parked) == (0, 0, 0)
        assert verdict.broken_chains == 0

    def test_then_the_round_is_told_to_its_end(self, wounded: Stack, scale: Scale) -> None:
        told = Counter(fact.type for fact in facts_of(wounded))
        assert told["feedback.problem-issued"] == scale.problems
        assert told["accountability.lead-registered"] == scale.leads
        assert told["supervision.problem-closed"] > told["supervision.problem-reopened"] > 0

    def test_then_the_read_models_are_those_of_a_rebuild(
        self, wounded: Stack, verdict: Verdict
    ) -> None:
        for service, url in wounded.map.databases.items():
            results = rebuilt(service, url)
            assert [result.name for result in results if not result.equal] == []

    def test_then_every_command_had_its_effect_exactly_once(
        self, wounded: Stack, scale: Scale, request: pytest.FixtureRequest
    ) -> None:
        """The same round was played undisturbed: people's commands left the very same events."""
        if scale is not SMALL:
            pytest.skip("the undisturbed round has another scale")
        undisturbed: tuple[Fact, ...] = request.getfixturevalue("facts")
        assert by_people(facts_of(wounded)) == by_people(undisturbed)


def by_people(facts: Sequence[Fact]) -> Counter[tuple[str, str]]:
    """Count what commands have brought about, by stream and type."""
    return Counter(
        (fact.record["stream"], fact.type)
        for fact in facts
        if fact.record["actor"]["via"] == "http" and fact.record["service"] != "audit"
    )
