"""One tiny service for all tests of this folder, on a real store and a real socket."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from shared.embedded.postgres import EmbeddedPostgres
from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role
from shared.kernel.clock import SettableClock
from tests.integration.http.small_service import NOON, SERVICE, served, small_app

NUMBERS = count(1)

Sign = Callable[..., str]


@pytest.fixture(scope="package")
def store(postgres: EmbeddedPostgres) -> Iterator[EventStore]:
    postgres.create_database("http_rooms")
    url = postgres.uri("http_rooms")
    migrate(url, [])
    opened = EventStore(SERVICE, url)
    yield opened
    opened.close()
    postgres.drop_database("http_rooms")


@pytest.fixture(scope="package")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> LocalIssuer:
    directory: Path = tmp_path_factory.mktemp("keys")
    return LocalIssuer(directory, clock=SettableClock(NOON))


@pytest.fixture(scope="package")
def base_url(store: EventStore, issuer: LocalIssuer) -> Iterator[str]:
    with served(small_app(store, issuer, SettableClock(NOON))) as url:
        yield url


@pytest.fixture
def sign(issuer: LocalIssuer) -> Sign:
    """Return what makes a header with a token: `sign(Role.OFF)`."""

    def signed(*roles: Role, person: str = "p-officer") -> str:
        return f"Bearer {issuer.issue(person, 'o-office', *roles)}"

    return signed


@pytest.fixture
def http(base_url: str, sign: Sign) -> Iterator[httpx.Client]:
    """A client that is signed in as the inspection office."""
    headers = {"Authorization": sign(Role.OFF)}
    with httpx.Client(base_url=base_url, headers=headers, timeout=20) as client:
        yield client


@pytest.fixture
def key() -> str:
    """A fresh Idempotency-Key."""
    return f"test-key-{next(NUMBERS):06}"


@pytest.fixture
def ref() -> str:
    """A fresh person."""
    return f"p-person-{next(NUMBERS)}"
