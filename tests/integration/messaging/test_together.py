"""Many streams handled in one transaction, on a real database: what fails takes no other along."""

from collections.abc import Sequence
from typing import Any

from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.errors import RefusedError, UnavailableError
from shared.messaging.handling import StreamWork
from shared.messaging.headers import Message
from shared.messaging.reactions import Reactions
from shared.messaging.together import handle_together
from tests.integration.messaging.harbour import World

FLEET = ("aurora", "borealis", "calypso")


def arrived(world: World, *berths: int) -> list[Message]:
    """Every ship of the fleet arrives at these berths; return the messages that tell it."""
    return [
        message for ship in FLEET for message in messages_of(world.arrive(ship, *berths).events)
    ]


def messages_of(events: Sequence[RecordedEvent]) -> list[Message]:
    return [Message(event.raw, event.record, event.position, "g1") for event in events]


def handled(world: World, messages: Sequence[Message]) -> list[StreamWork]:
    """Handle the messages as a consumer does; return what was left to be handled alone."""
    planned = world.handler.plan(world.source, messages)
    left = handle_together(world.handler, world.source, planned)
    for work in left:
        world.handler.follow(work)
    return left


def marks(world: World) -> dict[str, int]:
    return world.handler.inbox.marks(world.source, [f"ship/{ship}" for ship in FLEET])


def transactions(world: World) -> int:
    """Return how many transactions the effects came in."""
    with world.ledger.connection() as connection:
        row = connection.execute(
            "SELECT count(DISTINCT xmin::text) AS n FROM stored_events"
        ).fetchone()
    return int(row["n"]) if row else 0


def test_the_effects_of_many_streams_commit_with_their_marks_at_once(world: World) -> None:
    assert handled(world, arrived(world, 1, 2)) == []
    assert transactions(world) == 1
    assert world.noted() == {ship: [1, 2] for ship in FLEET}
    assert marks(world) == {f"ship/{ship}": 2 for ship in FLEET}


def test_each_effect_tells_its_own_cause(world: World) -> None:
    messages = arrived(world, 1)
    handled(world, messages)
    assert {note.record.causation for note in world.notes()} == {
        message.record.id for message in messages
    }
    assert {note.record.correlation for note in world.notes()} == set(FLEET)


def test_a_refused_message_parks_its_stream_only(world: World) -> None:
    world.refused_berths.add(2)
    messages = [*arrived(world, 1), *messages_of(world.arrive("borealis", 2, 3).events)]
    messages += messages_of(world.arrive("calypso", 4).events)
    left = handled(world, messages)
    assert [work.stream for work in left] == ["ship/borealis"]
    assert world.noted() == {"aurora": [1], "borealis": [1], "calypso": [1, 4]}
    assert [letter.version for letter in world.handler.dead_letters.list()] == [2, 3]


def test_streams_that_change_one_thing_commit_together(world: World) -> None:
    """The second reaction finds the page as the first one left it."""

    def note_in_one_book_when_ship_arrives(
        application: World, uow: UnitOfWork, recorded: RecordedEvent
    ) -> None:
        page = uow.find(world.page, "book") or uow.create(world.page, "book")
        page.record(world.words.noted(ship=f"line {page.lines}", berth=0))  # type: ignore[call-arg]
        uow.save(page)

    world.handler.reactions = Reactions()
    world.handler.reactions.when(world.words.arrived)(note_in_one_book_when_ship_arrives)
    assert handled(world, arrived(world, 1)) == []
    assert transactions(world) == 1
    assert list(world.noted()) == ["line 0", "line 1", "line 2"]
    assert [note.record.version for note in world.notes()] == [1, 2, 3]


def test_what_a_failed_reaction_decided_is_not_stored(world: World) -> None:
    def note_then_fail(application: Any, uow: UnitOfWork, recorded: RecordedEvent) -> None:
        world.note_when_ship_arrives(application, uow, recorded)
        if recorded.record.stream == "ship/borealis":
            raise RefusedError("after its effects were decided and saved")

    world.handler.reactions = Reactions()
    world.handler.reactions.when(world.words.arrived)(note_then_fail)
    handled(world, arrived(world, 1))
    assert world.noted() == {"aurora": [1], "calypso": [1]}
    assert [letter.stream for letter in world.handler.dead_letters.list()] == ["ship/borealis"]


def test_a_mark_that_somebody_else_moved_undoes_the_batch_and_doubles_nothing(
    world: World,
) -> None:
    messages = arrived(world, 1)
    planned = world.handler.plan(world.source, messages)
    world.handler.handle(messages[1])
    left = handle_together(world.handler, world.source, planned)
    assert len(left) == len(FLEET)
    for work in left:
        world.handler.follow(work)
    assert world.noted() == {ship: [1] for ship in FLEET}


def test_a_gap_ends_the_run_of_its_stream_only(world: World) -> None:
    world.feed.is_silent = True
    messages = arrived(world, 1, 2, 3)
    without_second = [one for one in messages if (one.stream, one.version) != ("ship/borealis", 2)]
    [left] = handled(world, without_second)
    assert (left.stream, left.mark) == ("ship/borealis", 1)
    assert world.noted() == {"aurora": [1, 2, 3], "borealis": [1], "calypso": [1, 2, 3]}


def test_what_may_pass_in_a_moment_leaves_all_streams_as_they_are(world: World) -> None:
    calls: list[str] = []

    def wait_for_the_directory(application: Any, uow: UnitOfWork, recorded: RecordedEvent) -> None:
        calls.append(recorded.record.stream)
        raise UnavailableError("the directory sleeps")

    world.handler.reactions = Reactions()
    world.handler.reactions.when(world.words.arrived)(wait_for_the_directory)
    planned = world.handler.plan(world.source, arrived(world, 1))
    assert handle_together(world.handler, world.source, planned) == planned
    assert calls == ["ship/aurora"]
