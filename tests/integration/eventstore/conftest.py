"""A migrated store on a fresh database of the real PostgreSQL."""

from collections.abc import Iterator

import pytest

from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore
from tests.integration.eventstore.drafts import SERVICE, ReturnedDrafts


@pytest.fixture
def store(database_url: str) -> Iterator[EventStore]:
    migrate(database_url, [ReturnedDrafts])
    opened = EventStore(SERVICE, database_url)
    yield opened
    opened.close()
