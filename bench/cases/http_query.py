"""The list of a unit's own problems among a million, beside its SQL alone."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bench.ground import Ground
from bench.load import Load, load
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.services import Served, served
from bench.turns import percentile, take_turns
from services.supervision.bootstrap import READ_MODELS
from services.supervision.read_models.open_problems import ProblemFilter, open_problems
from shared.eventstore.migrations import migrate
from shared.kernel.actor import Role

PROBLEMS = 1_000_000
OF_ONE_UNIT = 200
UNITS_ASKING = 50
SECONDS = 4.0
PAGE = 50
PEERS_MS = {1: 200.0, 16: 320.0}
LIST = "/v1/problems"
_FILL = """
    INSERT INTO {schema}.open_problem
        (problem_no, case_no, round_no, unit, category, chain, state, cycle, rectify_by, is_overdue)
    SELECT 'P' || lpad(n::text, 8, '0'), 'case-' || n / 20, 'round-' || n / 100000,
        'unit-' || n %% %(units)s, 'A' || n %% 7, place, place, 1,
        date '2026-01-01' + (n %% 300)::int, n %% 11 = 0
    FROM (SELECT n, CASE WHEN n %% 5 = 0 THEN 'P9' ELSE 'P5' END AS place
        FROM generate_series(1, %(problems)s) AS n) AS numbered
"""


@benchmark("http-query")
def list_for_a_restricted_user(ground: Ground) -> Sequence[Row]:
    """HTTP list for a restricted user over 1,000,000 problems, beside the SQL alone."""
    database, problems = ground.database(), ground.amount(PROBLEMS, least=10_000)
    migrate(database, READ_MODELS)
    schema = _fill(database, problems)
    units = [f"unit-{number}" for number in range(UNITS_ASKING)]
    with served(ground, "supervision", database, ["services.supervision", "api"]) as service:
        return [
            row
            for clients in PEERS_MS
            for row in _rows(ground, service, _Sql(database, schema, units), units, clients)
        ]


def _rows(
    ground: Ground, service: Served, sql: "_Sql", units: Sequence[str], clients: int
) -> list[Row]:
    seconds = max(1.0, SECONDS * ground.size)
    tokens = [service.token(f"p-{unit}", unit, Role.UM) for unit in units]
    rates: list[Load] = []

    def ours() -> float:
        turn = load(service.url, "list", LIST, tokens=tokens, clients=clients, seconds=seconds)
        rates.append(turn)
        return turn.p50

    turns = take_turns({"floor": lambda: sql.p50(clients, seconds), "ours": ours}, ground.turns)
    peer = [PEERS_MS[clients]] * ground.turns
    users = f"list for a restricted user, {clients} users"
    return [
        compare(f"{users}, p50", "ms", turns, Target("at most", 1.5), _note(rates)),
        compare(
            f"{users}, p50, peer's published figure",
            "ms",
            {"peer": peer, "ours": turns["ours"]},
            Target("at most", 1, of="peer"),
        ),
    ]


def _note(rates: Sequence[Load]) -> str:
    fastest = max(turn.rate for turn in rates)
    slowest = max(turn.p99 for turn in rates)
    return (
        f"wrk; pages of {PAGE}; up to {fastest:,.0f} answers/s, p99 up to {slowest:.0f} ms; "
        "floor: the same statement, prepared, on a connection of its own for each user; the "
        "profile of an answer: about 6/10 waits for three round trips (begin and find the build, "
        "ask, end), where the floor waits for one, 4/10 is HTTP, routing and serialising 50 rows "
        "in Python: more than an index look-up costs"
    )


class _Sql:
    """The statement of the list, with nothing around it."""

    def __init__(self, database: str, schema: str, units: Sequence[str]) -> None:
        self._database, self._schema, self._units = database, schema, units

    def p50(self, users: int, seconds: float) -> float:
        """Return the median in milliseconds of so many users asking again and again."""
        samples: list[float] = []
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=self._ask, args=(samples, until)) for _ in range(users)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return percentile(samples, 0.5) * 1000

    def _ask(self, samples: list[float], until: float) -> None:
        with psycopg.connect(self._database, row_factory=dict_row, autocommit=True) as connection:
            connection.execute(f"SET search_path = {self._schema}".encode())
            cursor, turn = connection.cursor(), 0
            while time.monotonic() < until:
                wanted = ProblemFilter(self._units[turn % len(self._units)])
                began = time.perf_counter()
                open_problems(cursor, wanted, after="", limit=PAGE + 1)
                samples.append(time.perf_counter() - began)
                turn += 1


def _fill(database: str, problems: int) -> str:
    """Fill the live read model as if so many problems had been fed back; return its schema."""
    values: dict[str, Any] = {"problems": problems, "units": max(1, problems // OF_ONE_UNIT)}
    with psycopg.connect(database, autocommit=True) as connection:
        row = connection.execute(
            "SELECT schema_name FROM read_models WHERE name = 'open_problems' AND state = 'live'"
        ).fetchone()
        assert row is not None
        schema = str(row[0])
        connection.execute("SET statement_timeout = 0")
        connection.execute(_FILL.replace("{schema}", schema).encode(), values)
        connection.execute(f"VACUUM ANALYZE {schema}.open_problem".encode())
    return schema
