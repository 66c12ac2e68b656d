"""An HTTP command end to end, beside the same application answering after one bare insert."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

import psycopg

from bench.claiming import FLOOR_PATH, PRINCIPAL, UNIT
from bench.ground import Ground
from bench.load import Load, load
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.services import Served, served
from bench.turns import take_turns
from services.rectification.application import RectificationApplication
from services.rectification.bootstrap import READ_MODELS
from shared.contracts.rectification import CaseOpened, CaseProblem
from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore
from shared.kernel.actor import Role, system_actor
from shared.kernel.context import Context

CLIENTS = 16
SECONDS = 4.0
AT_MOST_A_SECOND = 700  # claims; so many problems are prepared
IN_ONE_CASE = 250
CLAIM = "/v1/problems/PNUMBER/claim"
NOTE = "wrk, 16 connections; claim of a problem: token, idempotency, load, guard, append, log line"


@benchmark("http-command")
def claim_a_problem(ground: Ground) -> Sequence[Row]:
    """HTTP command end to end (claim), beside the same app after one bare insert."""
    database = ground.database()
    migrate(database, READ_MODELS)
    seconds = max(1.0, SECONDS * ground.size)
    _prepare(database, round((seconds + 1) * AT_MOST_A_SECOND * ground.turns))
    with served(ground, "rectification", database, ["bench.claiming", "api"]) as service:
        samples = _measured(ground, service, seconds)
    return [
        compare(
            "claim over HTTP, throughput",
            "requests/s",
            {name: [turn.rate for turn in turns] for name, turns in samples.items()},
            Target("at least", 0.5),
            NOTE,
        ),
        compare(
            "claim over HTTP, p99",
            "ms",
            {name: [turn.p99 for turn in turns] for name, turns in samples.items()},
            Target("at most", 2),
            NOTE,
        ),
    ]


def _measured(ground: Ground, service: Served, seconds: float) -> dict[str, list[Load]]:
    samples: dict[str, list[Load]] = {"floor": [], "ours": []}
    token = service.token(PRINCIPAL, UNIT, Role.UP)
    body = json.dumps({"responsible_member": "p-member", "claimed_on": _today().isoformat()})
    first = {"floor": 1, "ours": 1}

    def contestant(name: str, path: str) -> Callable[[], float]:
        def once() -> float:
            turn = load(
                service.url, "claim", path, tokens=[token], clients=CLIENTS, seconds=seconds,
                body=body, first=first[name],
            )  # fmt: skip
            first[name] += turn.requests + 2 * CLIENTS  # those in flight at the end count too
            samples[name].append(turn)
            return turn.rate

        return once

    take_turns(
        {"floor": contestant("floor", FLOOR_PATH), "ours": contestant("ours", CLAIM)},
        ground.turns,
    )
    return samples


def _prepare(database: str, problems: int) -> None:
    """Issue so many problems to the unit, and make the floor's table."""
    store = EventStore("rectification", database)
    application, numbers = RectificationApplication(), count(1)
    for case in range(-(-problems // IN_ONE_CASE)):
        opened = _opened(f"case-{case}", [next(numbers) for _ in range(IN_ONE_CASE)])
        uow = store.begin(_context(opened.case_no))
        application.open_case(uow, opened, datetime.now(UTC))
        uow.commit()
    store.close()
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE bench_floor (number bigint, body bytea)")


def _opened(case_no: str, numbers: list[int]) -> CaseOpened:
    today = _today()
    return CaseOpened(
        case_no=case_no,
        round_no="round-1",
        unit=UNIT,
        issued_on=today - timedelta(days=3),
        principal=PRINCIPAL,
        plan_due=today + timedelta(days=15),
        window_end=today + timedelta(days=90),
        rectify_by=today + timedelta(days=90),
        problems=[CaseProblem(problem_no=f"P{number}", category="A1") for number in numbers],
    )


def _context(correlation: str) -> Context:
    return Context(
        tenant="city:yunlan",
        actor=system_actor("rectification", "policy"),
        command=f"prepare/{correlation}",
        time=datetime.now(UTC),
        correlation=correlation,
    )


def _today() -> date:
    return datetime.now(UTC).date()
