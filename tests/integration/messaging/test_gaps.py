"""What Kafka has lost is noticed and read again from the source's own log."""

import pytest
from prometheus_client import Counter, Gauge

from shared.telemetry.metrics import GAP_HEALS, GAPS_STANDING
from tests.integration.messaging.harbour import World, running
from tests.integration.messaging.topics import put
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


def value(metric: Counter | Gauge, *labels: str) -> float:
    return float(metric.labels(*labels)._value.get())


def test_a_gap_is_healed_from_the_source(world: World) -> None:
    first, _lost, third = world.arrive("aurora", 1, 2, 3).events
    put(world, first, third)
    with running(world.consumer()):
        eventually(lambda: len(world.notes()) == 3, within=30)
    assert world.noted() == {"aurora": [1, 2, 3]}
    assert value(GAP_HEALS, world.target, world.source, "feed") == 1


def test_a_gap_that_cannot_be_healed_holds_only_its_stream(world: World) -> None:
    first, _lost, third = world.arrive("aurora", 1, 2, 3).events
    other = world.arrive("borealis", 9).events
    world.feed.is_silent = True
    put(world, first, third, *other)
    with running(world.consumer()):
        eventually(lambda: len(world.notes()) == 2, within=30)
        eventually(lambda: value(GAPS_STANDING, world.target, world.source) == 1)
        assert world.noted() == {"aurora": [1], "borealis": [9]}
        world.feed.is_silent = False
        eventually(lambda: len(world.notes()) == 4, within=30)
        eventually(lambda: value(GAPS_STANDING, world.target, world.source) == 0)
    assert world.noted()["aurora"] == [1, 2, 3]


def test_a_held_stream_is_not_forgotten_by_the_bookmark(world: World) -> None:
    first, _lost, third = world.arrive("aurora", 1, 2, 3).events
    world.feed.is_silent = True
    put(world, first, third)
    with running(world.consumer()):
        eventually(lambda: value(GAPS_STANDING, world.target, world.source) == 1, within=30)
    world.feed.is_silent = False
    with running(world.consumer()):
        eventually(lambda: len(world.notes()) == 3, within=45)
    assert world.noted() == {"aurora": [1, 2, 3]}


def test_the_last_event_of_a_quiet_stream_is_found_by_its_head(world: World) -> None:
    first, _lost = world.arrive("aurora", 1, 2).events
    put(world, first)
    with running(world.consumer(heads_checked=0.3)):
        eventually(lambda: len(world.notes()) == 2, within=30)
    assert world.noted() == {"aurora": [1, 2]}
    assert world.handler.inbox.checked(world.source) in (0, 1, 2)


def test_repeated_and_late_messages_are_skipped(world: World) -> None:
    first, second, third = world.arrive("aurora", 1, 2, 3).events
    put(world, first, second, first, third, second, first, third)
    last = world.arrive("aurora", 4).events
    put(world, *last)
    with running(world.consumer()):
        eventually(lambda: len(world.notes()) >= 4, within=30)
    assert world.noted() == {"aurora": [1, 2, 3, 4]}
    assert value(GAP_HEALS, world.target, world.source, "feed") == 0
