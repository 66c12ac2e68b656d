"""A PostgreSQL of its own, since it is going to be killed, and a migrated database to copy."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.embedded.postgres import EmbeddedPostgres
from shared.eventstore.migrations import migrate
from tests.property.ground import TEMPLATE, Ground


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Where histories are played: databases and keys for one after the other."""
    with tempfile.TemporaryDirectory(
        prefix="duban-histories-", ignore_cleanup_errors=True
    ) as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres")
        server.start()
        server.create_database(TEMPLATE)
        migrate(server.uri(TEMPLATE))
        yield Ground(server, Path(directory))
        server.stop()
