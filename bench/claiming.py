"""`python -m bench.claiming ROLE`: rectification, with one more route that inserts and answers.

The directory is its in-memory twin here: the row is about one service's way of a command.
"""

from dataclasses import replace
from datetime import UTC, datetime

from fastapi import APIRouter
from psycopg_pool import ConnectionPool

from services.rectification.bootstrap import NAME, READ_MODELS, build
from shared.contracts.directory import Incumbent, UnitView
from shared.http.directory import InMemoryDirectory
from shared.service import Service, main
from shared.settings import ServiceSettings

UNIT, PRINCIPAL = "unit-1", "p-principal"
FLOOR_PATH = "/v1/bench/NUMBER/insert"


def directory() -> InMemoryDirectory:
    """Return a directory that knows the one unit and its principal."""
    since = datetime(2020, 1, 1, tzinfo=UTC)
    view = UnitView(
        org=UNIT,
        name="云澜市某局",
        level="COUNTY",
        category="bureau",
        sector="general",
        at=since,
        principal=Incumbent(person_ref=PRINCIPAL, since=since),
    )
    return InMemoryDirectory(units={UNIT: view})


def floor_routes(database_url: str) -> APIRouter:
    """Return the floor: the same application, one bare insert, the answer."""
    router = APIRouter()
    pool = ConnectionPool(database_url, min_size=1, max_size=8, open=True)

    @router.post("/v1/bench/{number}/insert", status_code=201)
    def insert(number: int, body: dict[str, str]) -> dict[str, int]:
        with pool.connection() as connection:
            connection.execute(
                "INSERT INTO bench_floor (number, body) VALUES (%s, %s)", (number, _BODY)
            )
        return {"number": number}

    return router


_BODY = b"x" * 1_000  # about the size of the record of a claim


def with_floor(settings: ServiceSettings) -> Service:
    """Return the service with the floor's route."""
    service = build(settings, directory())
    return replace(service, routers=[*service.routers, floor_routes(settings.database_url)])


if __name__ == "__main__":
    main(NAME, with_floor, READ_MODELS)
