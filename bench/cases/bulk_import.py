"""Bulk import: a whole round of problems with their tasks, stored in one go."""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import count

import psycopg

from bench.drafts import SERVICE, Draft, circumstances, sent_back
from bench.ground import Ground
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import rate, take_turns
from shared.eventstore.migrations import migrate
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore

_PROBLEMS = 1_500
_EVENTS_EACH = 5
_COPY = (
    "COPY stored_events (originator_id, originator_version, topic, state)"
    " FROM STDIN (FORMAT binary)"
)
_NOTE = (
    "{0} problems of 5 events (itself and 4 tasks), one unit of work: decide, serialise, chain,"
    " store; floor: COPY of such bytes, made before"
)


@benchmark("bulk-import")
def import_of_a_round(ground: Ground) -> Sequence[Row]:
    """Import a round of 1,500 problems with tasks: floor COPY of the same bytes."""
    problems = ground.amount(_PROBLEMS, least=20)
    floor_url, url = ground.database(), ground.database()
    migrate(floor_url)
    migrate(url)
    rounds = count()
    events = problems * _EVENTS_EACH
    with closing(EventStore(SERVICE, url)) as store:
        sample = _imported(store, "sample", problems)
        sides = {
            "floor": lambda: rate(events, partial(_copy, floor_url, f"f{next(rounds)}", sample)),
            "ours": lambda: rate(events, partial(_imported, store, f"r{next(rounds)}", problems)),
        }
        turns = take_turns(sides, ground.turns)
    note = _NOTE.format(f"{problems:,}")
    return [compare("bulk import", "events/s", turns, Target("at least", 0.3), note)]


def _imported(store: EventStore, round_no: str, problems: int) -> Sequence[RecordedEvent]:
    unit = store.begin(circumstances(round_no))
    numbers = [f"{round_no}-{n:05d}" for n in range(problems)]
    unit.fetch(Draft, numbers)
    for number in numbers:
        draft = unit.create(Draft, number)
        for _ in range(_EVENTS_EACH):
            draft.record(sent_back(number))
        unit.save(draft)
    return unit.commit().events


def _copy(url: str, round_no: str, sample: Sequence[RecordedEvent]) -> None:
    with psycopg.connect(url) as connection, connection.cursor().copy(_COPY) as into:
        into.set_types(["text", "int8", "text", "bytea"])
        for recorded in sample:
            place = (round_no + recorded.originator_id, recorded.originator_version)
            into.write_row((*place, recorded.record.type, recorded.raw))
