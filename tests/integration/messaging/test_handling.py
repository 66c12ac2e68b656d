"""Streams handled on a real database, without a broker: retries, refusals, races."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.errors import ConflictError, NotYetSeenError, UnavailableError
from shared.messaging.handling import CONFLICT_RETRIES, TRANSIENT_RETRIES, StreamWork
from shared.messaging.headers import Message
from shared.messaging.reactions import Reactions
from tests.integration.messaging.harbour import World


def work_of(world: World, events: Sequence[RecordedEvent], mark: int = 0) -> StreamWork:
    messages = [Message(event.raw, event.record, event.position, "g1") for event in events]
    return StreamWork(world.source, messages[0].stream, mark, messages)


def fail_first(world: World, times: int, error: Callable[[], Exception]) -> list[int]:
    """Have the reaction fail so often before it works; return the list of its calls."""
    calls: list[int] = []

    def note_when_ship_arrives(application: Any, uow: UnitOfWork, recorded: RecordedEvent) -> None:
        calls.append(recorded.record.version)
        if len(calls) <= times:
            raise error()
        world.note_when_ship_arrives(application, uow, recorded)

    world.handler.reactions = Reactions()
    world.handler.reactions.when(world.words.arrived)(note_when_ship_arrives)
    world.handler.pause = lambda seconds: None
    return calls


def test_a_conflict_is_tried_again_with_a_fresh_unit_of_work(world: World) -> None:
    calls = fail_first(world, CONFLICT_RETRIES, lambda: ConflictError("somebody was quicker"))
    world.handler.follow(work_of(world, world.arrive("aurora", 7).events))
    assert len(calls) == CONFLICT_RETRIES + 1
    assert world.noted() == {"aurora": [7]}


def test_what_is_transient_and_does_not_pass_is_raised_and_nothing_is_done(world: World) -> None:
    calls = fail_first(world, 100, lambda: UnavailableError("the directory sleeps"))
    with pytest.raises(UnavailableError):
        world.handler.follow(work_of(world, world.arrive("aurora", 7).events))
    assert len(calls) == TRANSIENT_RETRIES + 1
    assert world.noted() == {}
    assert world.handler.inbox.mark(world.source, "ship/aurora") == 0
    assert list(world.handler.dead_letters.list()) == []


def test_an_unexpected_error_is_parked_without_its_text(world: World) -> None:
    fail_first(world, 100, lambda: KeyError("a name that must not travel"))
    world.handler.follow(work_of(world, world.arrive("aurora", 7).events))
    [letter] = world.handler.dead_letters.list()
    assert letter.error_code == "unexpected-error"
    assert letter.error_detail.startswith("KeyError at test_handling.py:")
    assert "name" not in letter.error_detail


def test_a_reaction_that_saves_nothing_still_moves_the_mark(world: World) -> None:
    world.handler.reactions = Reactions()
    world.handler.reactions.when(world.words.arrived)(lambda application, uow, recorded: None)
    world.handler.follow(work_of(world, world.arrive("aurora", 7, 8).events))
    assert world.handler.inbox.mark(world.source, "ship/aurora") == 2
    assert world.notes() == []


def test_the_record_of_another_tenant_is_parked(world: World) -> None:
    """Two committees may share a broker by mistake: neither acts on what the other decided."""
    foreign = world.arrive("aurora", 7, tenant="city:elsewhere").events
    world.handler.follow(work_of(world, foreign))
    own = world.arrive("borealis", 7).events
    world.handler.follow(work_of(world, own))
    assert world.noted() == {"borealis": [7]}
    [letter] = world.handler.dead_letters.list()
    assert (letter.error_code, letter.stream) == ("contract-broken", "ship/aurora")


def test_two_workers_on_one_stream_have_each_effect_once(world: World) -> None:
    work = work_of(world, world.arrive("aurora", *range(12)).events)
    with ThreadPoolExecutor(2) as threads:
        gaps = list(threads.map(world.handler.follow, [work, work]))
    assert gaps == [None, None]
    assert world.noted() == {"aurora": list(range(12))}


def test_all_reactions_to_one_event_commit_together(world: World) -> None:
    def refuse_when_ship_arrives(application: Any, uow: UnitOfWork, recorded: Any) -> None:
        raise ValueError

    world.handler.reactions.when(world.words.arrived)(refuse_when_ship_arrives)
    world.handler.follow(work_of(world, world.arrive("aurora", 7).events))
    assert world.notes() == []
    assert len(world.handler.dead_letters.list()) == 1


def test_a_gap_that_nobody_can_fill_is_returned(world: World) -> None:
    events = world.arrive("aurora", 1, 2, 3).events
    world.feed.is_silent = True
    gap = world.handler.follow(work_of(world, [events[0], events[2]]))
    assert gap is not None and (gap.mark, gap.needed) == (1, 3)
    world.feed.is_silent = False
    assert world.handler.catch_up(world.source, "ship/aurora", gap.needed) is None
    assert world.noted() == {"aurora": [1, 2, 3]}


def test_a_parked_stream_is_caught_up_into_its_dead_letters(world: World) -> None:
    world.refused_berths.add(2)
    events = world.arrive("aurora", 1, 2, 3).events
    world.handler.follow(work_of(world, events[:2]))
    assert world.handler.catch_up(world.source, "ship/aurora", 3) is None
    assert [letter.version for letter in world.handler.dead_letters.list()] == [2, 3]


def test_what_no_reaction_wants_is_marked_for_all_streams_at_once(world: World) -> None:
    painted = [*world.paint("aurora", "red", "blue").events, *world.paint("borealis", "red").events]
    messages = [Message(event.raw, event.record, event.position, "g1") for event in painted]
    assert world.handler.plan(world.source, messages) == []
    assert world.handler.inbox.marks(world.source, ["ship/aurora", "ship/borealis"]) == {
        "ship/aurora": 2,
        "ship/borealis": 1,
    }


def test_an_effect_before_its_cause_waits_alone_and_heals_by_itself(world: World) -> None:
    """Its stream is parked, so that no other waits for it; it goes when its cause has come."""
    calls = fail_first(world, TRANSIENT_RETRIES + 2, lambda: NotYetSeenError("no cause yet"))
    world.handler.follow(work_of(world, world.arrive("aurora", 7, 8).events))
    letters = world.handler.dead_letters
    assert [letter.error_code for letter in letters.list()] == ["not-yet-seen", "parked-behind"]
    assert letters.redrive_waiting(world.source) == 0
    assert len(calls) == TRANSIENT_RETRIES + 2
    assert letters.redrive_waiting(world.source) == 2
    assert world.noted() == {"aurora": [7, 8]}
    assert list(letters.list()) == []
