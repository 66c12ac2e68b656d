"""What cannot be handled is parked with what follows it, visible, and comes back."""

import pytest

from shared.kernel.clock import SystemClock
from shared.kernel.errors import NotFoundError, RefusedError
from shared.messaging.dead_letters import DeadLetter, DeadLetters, Failure, Unreadable
from tests.integration.messaging.harbour import World, running
from tests.integration.messaging.topics import put_raw
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka

CLOSED = 13


@pytest.fixture
def parked(world: World) -> list[DeadLetter]:
    """The ship aurora was refused at its second berth; borealis went on."""
    world.refused_berths.add(CLOSED)
    world.arrive("aurora", 1, CLOSED, 3)
    world.arrive("borealis", 5, 6)
    with running(world.relay(), world.consumer()):
        eventually(lambda: len(world.notes()) == 3, within=30)
        eventually(lambda: len(world.handler.dead_letters.list()) == 2)
        world.arrive("aurora", 4)
        eventually(lambda: len(world.handler.dead_letters.list()) == 3)
    return list(world.handler.dead_letters.list())


def test_a_poisonous_message_parks_only_its_own_stream(
    world: World, parked: list[DeadLetter]
) -> None:
    assert world.noted() == {"aurora": [1], "borealis": [5, 6]}
    assert [(letter.stream, letter.version) for letter in parked] == [
        ("ship/aurora", 2),
        ("ship/aurora", 3),
        ("ship/aurora", 4),
    ]
    assert [letter.error_code for letter in parked] == ["refused"] + 2 * ["parked-behind"]
    assert parked[0].error_detail == f"berth {CLOSED} is closed"
    assert parked[0].headers["ce_subject"] == "ship/aurora"


def test_redriving_a_stream_handles_all_of_it_in_order(
    world: World, parked: list[DeadLetter]
) -> None:
    world.refused_berths.clear()
    letters = world.handler.dead_letters
    assert letters.redrive_stream(world.source, "ship/aurora") == 3
    assert world.noted()["aurora"] == [1, CLOSED, 3, 4]
    assert [letters.show(letter.id).status for letter in parked] == 3 * ["redriven"]
    world.arrive("aurora", 8)
    with running(world.relay(), world.consumer()):
        eventually(lambda: len(world.notes()) == 7, within=45)
    assert world.noted()["aurora"] == [1, CLOSED, 3, 4, 8]


def test_what_still_fails_stays_parked_and_counts_the_attempts(
    world: World, parked: list[DeadLetter]
) -> None:
    letters = world.handler.dead_letters
    assert letters.redrive_stream(world.source, "ship/aurora") == 0
    assert letters.redrive(parked[0].id).attempts == 3
    assert letters.show(parked[0].id).status == "parked"


def test_the_order_of_a_stream_cannot_be_broken(world: World, parked: list[DeadLetter]) -> None:
    letters = world.handler.dead_letters
    with pytest.raises(RefusedError, match="earlier"):
        letters.redrive(parked[1].id)
    with pytest.raises(RefusedError, match="earlier"):
        letters.discard(parked[1].id, "not needed")


def test_a_discarded_message_has_no_effect_and_frees_the_next(
    world: World, parked: list[DeadLetter]
) -> None:
    letters = world.handler.dead_letters
    discarded = letters.discard(parked[0].id, "the berth does not exist")
    assert (discarded.status, discarded.reason) == ("discarded", "the berth does not exist")
    assert letters.redrive(parked[1].id).status == "redriven"
    assert letters.redrive_stream(world.source, "ship/aurora") == 1
    assert world.noted()["aurora"] == [1, 3, 4]
    with pytest.raises(RefusedError, match="discarded"):
        letters.redrive(parked[0].id)


def test_discarding_needs_a_reason_and_redriving_the_reactions(
    world: World, parked: list[DeadLetter]
) -> None:
    without_reactions = DeadLetters(world.ledger, SystemClock())
    with pytest.raises(RefusedError, match="reason"):
        without_reactions.discard(parked[0].id, "  ")
    with pytest.raises(RefusedError, match="redrive"):
        without_reactions.redrive(parked[0].id)
    with pytest.raises(NotFoundError):
        without_reactions.show(999_999)


def test_an_unreadable_message_is_parked_alone(world: World) -> None:
    put_raw(world, b"ship/aurora", b"\xff not a record", [("position", b"\xff")])
    world.arrive("aurora", 1)
    with running(world.relay(), world.consumer()):
        eventually(world.notes, within=30)
        [letter] = eventually(world.handler.dead_letters.list)
    assert world.noted() == {"aurora": [1]}
    assert not letter.is_readable
    assert letter.stream == f"?{world.source}.events/0/0"
    assert letter.record == b"\xff not a record"
    assert world.handler.dead_letters.redrive(letter.id).attempts == 2
    assert world.handler.dead_letters.discard(letter.id, "noise").status == "discarded"


def test_what_lies_where_something_was_discarded_before_is_parked_too(world: World) -> None:
    letters, failure = world.handler.dead_letters, Failure("contract-broken", "no record")

    def park(value: bytes) -> None:
        found = Unreadable(world.source, "harbour.events", 0, 7, {}, value)
        letters.park_unreadable(found, failure)

    for value in (b"first", b"first", b"second"):
        park(value)
    assert [letter.record for letter in letters.list()] == [b"first", b"second"]
    for letter in letters.list():
        letters.discard(letter.id, "noise")
    park(b"second")
    assert letters.list() == []
    park(b"third")
    assert [letter.record for letter in letters.list()] == [b"third"]
