"""A world of its own for each test: two databases, two names, one broker."""

from collections.abc import Iterator
from itertools import count
from uuid import uuid4

import pytest

from shared.embedded.apache_kafka import ApacheKafka
from shared.embedded.broker import EmbeddedBroker
from shared.embedded.postgres import EmbeddedPostgres
from shared.messaging.brokers import Broker
from tests.integration.messaging.harbour import World, migrate_both

_numbers = count(1)


@pytest.fixture
def address(broker: EmbeddedBroker | ApacheKafka) -> Broker:
    return Broker(broker.bootstrap, broker.kind)


@pytest.fixture
def databases(postgres: EmbeddedPostgres) -> Iterator[tuple[str, str]]:
    """The addresses of the harbour's and the ledger's database."""
    names = [f"messaging_{next(_numbers)}_{side}" for side in ("harbour", "ledger")]
    for name in names:
        postgres.create_database(name)
    harbour, ledger = (postgres.uri(name) for name in names)
    migrate_both(harbour, ledger)
    yield harbour, ledger
    for name in names:
        postgres.drop_database(name)


@pytest.fixture
def world(databases: tuple[str, str], address: Broker) -> Iterator[World]:
    built = World(*databases, address, uuid4().hex[:8])
    yield built
    built.close()
