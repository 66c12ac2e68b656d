"""How a problem stood at an instant, against reading its records and nothing more."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from statistics import median
from typing import Any

import psycopg

from bench.ground import Ground
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import seconds, take_turns
from services.audit.application import FollowedRecords, TimeTravel
from services.audit.domain.known import concerned
from services.audit.domain.moment import Moment
from services.audit.domain.places import places_in
from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore
from tests.unit.audit.yunlan import CASE, PROBLEM, UNIT, History

CASES, PROBLEMS_OF_A_CASE = 250, 20
QUESTIONS = 150
TARGET = Target("at most", 1.5)

_READ = """
    SELECT raw FROM followed_records WHERE (source, position) IN (
        SELECT source, position FROM followed_concerns WHERE number = %(number)s
        UNION SELECT source, position FROM followed_records WHERE stream = ANY(%(streams)s)
    )
"""


@dataclass(frozen=True)
class Asked:
    """A problem, its case and its unit; as long as those of the history that is copied."""

    case: int
    problem: int

    @property
    def case_no(self) -> str:
        return f"YL-T{self.case:03}-U01"

    @property
    def problem_no(self) -> str:
        return f"{self.case_no}-{self.problem:03}"

    @property
    def unit(self) -> str:
        return f"yunlan-bureau-{self.case:03}"

    @property
    def streams(self) -> list[str]:
        return [f"case/{self.case_no}", f"feedback/{self.case_no}", f"organisation/{self.unit}"]

    def told_of(self, raw: bytes) -> bytes:
        """Return the record of the copied history as one of this problem."""
        named = ((PROBLEM, self.problem_no), (CASE, self.case_no), (UNIT, self.unit))
        for old, new in named:
            raw = raw.replace(old.encode(), new.encode())
        return raw


@benchmark("instant")
def a_problem_at_an_instant(ground: Ground) -> Sequence[Row]:
    """State of one problem at an instant: select, parse, order and fold, among many problems."""
    cases = ground.amount(CASES, least=3)
    return [_measured(ground, cases, events) for events in (40, 100)]


def _measured(ground: Ground, cases: int, events: int) -> Row:
    url = ground.database()
    migrate(url)
    history = _history(events)
    stored = _fill(url, history, cases)
    store = EventStore("audit", url)
    travel = TimeTravel(FollowedRecords(store))
    moment = Moment(as_of=history.now - timedelta(minutes=1))
    asked = [Asked(n % cases, n % PROBLEMS_OF_A_CASE) for n in range(QUESTIONS)]
    answer = travel.problem(asked[0].problem_no, moment)
    with psycopg.connect(url, autocommit=True) as floor:
        turns = take_turns(
            {
                "floor": lambda: _each(asked, lambda one: _read(floor, one)),
                "ours": lambda: _each(asked, lambda one: travel.problem(one.problem_no, moment)),
            },
            ground.turns,
        )
    store.close()
    name = f"a problem of {len(answer['timeline'])} events at an instant"
    return compare(name, "ms", turns, TARGET, f"{stored} records in the store")


def _each(asked: Sequence[Asked], question: Callable[[Asked], object]) -> float:
    """Return the median time of an answer in milliseconds."""
    return 1000 * median([seconds(partial(question, one)) for one in asked])


def _read(connection: psycopg.Connection, one: Asked) -> None:
    """Read the same records as simply as can be: one statement, tuples, JSON."""
    wanted = {"number": f"problem/{one.problem_no}", "streams": one.streams}
    for (raw,) in connection.execute(_READ, wanted).fetchall():
        json.loads(raw)


def _history(events: int) -> History:
    """Return a problem's history up to its closing, its work told in so many events."""
    history = History().until_closed()
    while len(history.records) < events:
        history.worked()
    return history


def _fill(url: str, history: History, cases: int) -> int:
    """Keep the history of every problem of every case; return how many records that makes."""
    positions = count(1)
    rows = [(next(positions), raw) for raw in _copied(history, cases)]
    with psycopg.connect(url) as connection:
        _copy(connection, "followed_records", map(_record_row, rows))
        _copy(connection, "followed_concerns", (line for row in rows for line in _concern(row)))
        _copy(connection, "followed_places", {line for row in rows for line in _place(row)})
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return len(rows)


def _copied(history: History, cases: int) -> Iterator[bytes]:
    """Yield the records of every case: what concerns the whole of it once, the rest for each."""
    own = [one.raw for one in history.records if PROBLEM in one.record.stream]
    shared = [one.raw for one in history.records if PROBLEM not in one.record.stream]
    for case in range(cases):
        yield from (Asked(case, 0).told_of(raw) for raw in shared)
        for problem in range(PROBLEMS_OF_A_CASE):
            yield from (Asked(case, problem).told_of(raw) for raw in own)


def _copy(connection: psycopg.Connection, table: str, rows: Any) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _record_row(row: tuple[int, bytes]) -> tuple[Any, ...]:
    position, raw = row
    record = json.loads(raw)
    concerns = concerned(record["stream"], record["data"])
    named = (record[name] for name in ("stream", "version", "type", "time", "correlation"))
    return (record["service"], position, *named, concerns, raw)


def _concern(row: tuple[int, bytes]) -> Iterator[tuple[Any, ...]]:
    position, raw = row
    record = json.loads(raw)
    for number in concerned(record["stream"], record["data"]):
        yield number, record["time"], record["service"], position


def _place(row: tuple[int, bytes]) -> Iterator[tuple[str, ...]]:
    record = json.loads(row[1])
    for place in places_in(record["type"], record["data"]):
        number = f"{place.kind}/{place.number}"
        yield number, place.kind, place.case_no, place.unit, place.round_no
