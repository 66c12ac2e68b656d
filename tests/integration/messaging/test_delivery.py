"""From the log of one service to the effects in another, on a real broker and PostgreSQL."""

from collections import Counter

import pytest

from shared.kernel.errors import UnavailableError
from shared.telemetry.propagation import trace_id_of
from tests.integration.messaging.harbour import TRACE, World, running
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


def test_an_event_becomes_its_effect_in_the_other_service(world: World) -> None:
    world.arrive("aurora", 7)
    with running(world.relay(), world.consumer()):
        eventually(world.notes, within=30)
    [note] = world.notes()
    [arrival] = world.harbour.read(0, 10)
    assert note.record.data == {"ship": "aurora", "berth": 7}
    assert note.record.causation == arrival.record.id
    assert note.record.correlation == "aurora"
    assert note.record.actor.role == "SYSTEM" and note.record.actor.via == "policy"
    assert note.record.command.startswith("note_when_ship_arrives/")
    assert trace_id_of(note.record.trace) == trace_id_of(TRACE)


def test_each_stream_is_in_order_and_no_effect_is_double(world: World) -> None:
    ships = [f"ship-{number}" for number in range(7)]
    for turn in range(6):
        for ship in ships:
            world.arrive(ship, 2 * turn, 2 * turn + 1)
    with running(world.relay(), world.consumer()):
        eventually(lambda: len(world.notes()) >= 7 * 12, within=30)
    assert world.noted() == {ship: list(range(12)) for ship in ships}


def test_events_without_a_reaction_only_move_the_mark(world: World) -> None:
    world.paint("aurora", "red", "blue")
    world.arrive("aurora", 1)
    world.paint("aurora", "green")
    with running(world.relay(), world.consumer()):
        eventually(lambda: world.handler.inbox.mark(world.source, "ship/aurora") == 4, within=30)
    assert world.noted() == {"aurora": [1]}


def test_what_comes_later_is_delivered_too(world: World) -> None:
    with running(world.relay(), world.consumer()):
        for berth in range(4):
            world.arrive("aurora", berth)
            eventually(lambda: world.noted().get("aurora") == list(range(berth + 1)), within=30)  # noqa: B023  # awaited here


def test_two_relays_have_one_leader_and_publish_nothing_twice(world: World) -> None:
    first, second = world.relay(), world.relay()
    published: Counter[str] = Counter()
    first.at = lambda step: published.update(["first"] if step == "ack" else [])
    second.at = lambda step: published.update(["second"] if step == "ack" else [])
    for berth in range(12):
        world.arrive("aurora", berth)
    with running(first, second, world.consumer()):
        eventually(lambda: len(world.notes()) == 12, within=30)
    assert len(published) == 1
    assert world.noted() == {"aurora": list(range(12))}


def test_another_relay_takes_over_when_the_leader_goes(world: World) -> None:
    world.arrive("aurora", 1)
    with running(world.consumer(), world.relay()):
        with running(world.relay()):
            eventually(lambda: len(world.notes()) == 1, within=30)
        world.arrive("aurora", 2)
        eventually(lambda: len(world.notes()) == 2, within=30)
    assert world.noted() == {"aurora": [1, 2]}


def test_a_consumer_whose_database_is_away_for_a_moment_begins_again(world: World) -> None:
    away = [UnavailableError("the database restarts") for _ in range(3)]

    def at(step: str) -> None:
        if step == "receive" and away:
            raise away.pop()

    world.handler.at = at
    world.arrive("aurora", 1, 2)
    with running(world.relay(), world.consumer()):
        eventually(lambda: len(world.notes()) == 2, within=60)
    assert away == []
    assert world.noted() == {"aurora": [1, 2]}
