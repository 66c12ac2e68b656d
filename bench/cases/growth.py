"""Growth: what append, one problem and a page of the feed cost in ever larger stores."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from shutil import disk_usage
from statistics import median

import psycopg
from psycopg.rows import dict_row

from bench.drafts import PER_STREAM, SERVICE, Draft, next_record
from bench.filling import PLACE, fill, number_of
from bench.ground import Ground
from bench.lives import life
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import seconds, take_turns
from services.supervision.read_models.problem_page import ProblemPages, problem_page
from shared.eventstore import builds
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector, Queries
from shared.eventstore.store import EventStore

_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_BYTES_AN_EVENT = 2_500  # rows, indexes and the WAL of the filling
_PAGE = 500
_TIMES = 400
_WARM = 2_000
_COPY_PAGES = """
    INSERT INTO {schema}.problem_page
    SELECT number, unit, replace(page::text, problem_no, number)::jsonb
    FROM {schema}.problem_page, generate_series(1, %(problems)s - 1) AS n,
        LATERAL (SELECT 'YL-' || lpad(n::text, 9, '0')) AS named(number)
"""


@dataclass(frozen=True)
class _Grown:
    store: EventStore
    events: int
    draw: random.Random
    numbers: "count[int]"

    def append(self) -> object:
        return self.store.append([next_record(f"new-{next(self.numbers)}")])

    def problem(self) -> object:
        with Queries(self.store).on(ProblemPages) as cursor:
            return problem_page(cursor, self._number())

    def stream(self) -> object:
        return self.store.read_stream(Draft.stream_of(self._number()))

    def page(self) -> object:
        return self.store.read(self.draw.randrange(self.events - _PAGE), _PAGE)

    def _number(self) -> str:
        return number_of(self.draw.randrange(self.events // PER_STREAM))


@benchmark("growth")
def cost_as_a_store_grows(ground: Ground) -> Sequence[Row]:
    """Cost of append, one problem and a feed page, 10⁴ to 10⁷ events: floor the store of 10⁴."""
    with ExitStack() as stack:
        grown = {size: stack.enter_context(_grown(ground, size)) for size in _sizes(ground)}
        return [
            row
            for what in (_Grown.append, _Grown.problem, _Grown.stream, _Grown.page)
            for row in _rows(ground, grown, what)
        ]


def _sizes(ground: Ground) -> list[int]:
    """Return what fits the run's size and the disk; three sizes at least."""
    room = disk_usage(ground.folder).free // 2 // _BYTES_AN_EVENT
    return [n for n in _SIZES if n <= 100_000 or (n <= max(_SIZES) * ground.size and n <= room)]


@contextmanager
def _grown(ground: Ground, events: int) -> Iterator[_Grown]:
    url = ground.database()
    migrate(url, [ProblemPages])
    store = EventStore(SERVICE, url)
    _fill_pages(url, store, events // PER_STREAM)
    history = [next_record(PLACE)] * PER_STREAM
    for begin in range(0, events // PER_STREAM, 33_000):
        fill(url, history, begin, min(begin + 33_000, events // PER_STREAM))
    grown = _Grown(store, events, random.Random(events), count())  # noqa: S311 - draws what to read, keeps no secret
    for _ in range(ground.amount(_WARM, least=50)):
        grown.stream()
        grown.problem()
    yield grown
    store.close()


def _fill_pages(url: str, store: EventStore, problems: int) -> None:
    """Project one true life, and copy its page for all other problems."""
    fill(url, life(PLACE), 0, 1)
    Projector(store, [ProblemPages]).catch_up()
    with psycopg.connect(url, autocommit=True) as connection:
        [live] = builds.of_model(connection.cursor(row_factory=dict_row), ProblemPages, ("live",))
        connection.execute("SET statement_timeout = 0")
        connection.execute(
            _COPY_PAGES.replace("{schema}", live.schema).encode(), {"problems": problems}
        )
        connection.execute(f"VACUUM ANALYZE {live.schema}.problem_page".encode())


def _rows(ground: Ground, grown: dict[int, _Grown], what: Callable[[_Grown], object]) -> list[Row]:
    times = ground.amount(_TIMES, least=20)
    work = {str(n): partial(_typical, partial(what, each), times) for n, each in grown.items()}
    turns = take_turns(work, ground.turns)
    smallest, *larger = turns
    return [
        compare(
            f"{what.__name__} among {int(size):,} events",
            "ms",
            {"floor": turns[smallest], "ours": turns[size]},
            Target("at most", 1.2),
            f"floor: the same among {int(smallest):,} events; p50 of {times} a turn",
        )
        for size in larger
    ]


def _typical(work: Callable[[], object], times: int) -> float:
    return 1000 * median(seconds(work) for _ in range(times))
