"""A broker that lost everything is filled again from the store; nothing happens twice."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.embedded.broker import EmbeddedBroker
from shared.messaging.brokers import Broker
from shared.messaging.topics import topic_of
from tests.integration.messaging.harbour import WINDOW, World, running
from tests.integration.messaging.topics import empty, published_positions, put, records_in
from tests.support.eventually import eventually


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """An embedded broker that the test may end."""
    server = EmbeddedBroker(tmp_path / "broker.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_world(databases: tuple[str, str], own_broker: EmbeddedBroker) -> Iterator[World]:
    built = World(*databases, Broker(own_broker.bootstrap, "embedded"), uuid4().hex[:8])
    yield built
    built.close()


def test_a_restarted_embedded_broker_is_noticed_by_relay_and_consumer(
    own_world: World, own_broker: EmbeddedBroker
) -> None:
    world = own_world
    world.arrive("aurora", 1, 2)
    with running(world.relay(), world.consumer()):
        eventually(lambda: len(world.notes()) == 2, within=30)
        own_broker.stop()
        own_broker.start()
        world.arrive("aurora", 3)
        eventually(lambda: len(world.notes()) == 3, within=60)
    assert world.noted() == {"aurora": [1, 2, 3]}


@pytest.mark.kafka
def test_an_emptied_topic_is_filled_again_under_a_new_generation(world: World) -> None:
    if not world.broker.rules.resumes_by_last_position:
        pytest.skip("the embedded broker is emptied by a restart, and then as a whole")
    world.arrive("aurora", 1, 2)
    with running(world.relay()):
        eventually(lambda: len(published_positions(world)) == 2, within=30)
    with running(world.consumer()):
        eventually(lambda: len(world.notes()) == 2, within=30)
    before = generations_of(world)
    empty(world)
    world.arrive("aurora", 3)
    with running(world.relay(), world.consumer()):
        eventually(lambda: len(world.notes()) == 3, within=30)
    assert sorted(published_positions(world)) == [1, 2, 3]
    assert len(generations_of(world)) == 1 and generations_of(world) != before
    assert world.noted() == {"aurora": [1, 2, 3]}


@pytest.mark.kafka
def test_a_topic_emptied_under_a_running_relay_is_filled_again(world: World) -> None:
    if not world.broker.rules.resumes_by_last_position:
        pytest.skip("the embedded broker is emptied by a restart, and then as a whole")
    world.arrive("aurora", *range(3 * WINDOW))
    with running(world.relay()):
        eventually(lambda: len(published_positions(world)) == 3 * WINDOW, within=30)
        empty(world)
        world.arrive("borealis", 3)
        everything = set(range(1, 3 * WINDOW + 2))
        eventually(lambda: set(published_positions(world)) == everything, within=60)


@pytest.mark.kafka
def test_another_generation_is_read_from_its_beginning(world: World) -> None:
    arrivals = world.arrive("aurora", 1, 2, 3, 4).events
    put(world, *arrivals[:2], generation="first")
    with running(world.consumer()):
        eventually(lambda: len(world.notes()) == 2, within=30)
    # As if a new filling had grown beyond the bookmark, so that it points into its middle.
    put(world, *arrivals, generation="second")
    with running(world.consumer()):
        eventually(lambda: len(world.notes()) == 4, within=45)
        eventually(lambda: "second" in remembered(world))
    assert world.noted() == {"aurora": [1, 2, 3, 4]}
    assert remembered(world) == {"second"}


def generations_of(world: World) -> set[bytes]:
    records = records_in(world.broker, topic_of(world.source))
    return {dict(record.headers)["generation"] for record in records}


def remembered(world: World) -> set[str]:
    return {world.handler.inbox.generation(world.source, number) for number in range(3)} - {""}
