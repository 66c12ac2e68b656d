"""`kill -9` of PostgreSQL: what was acknowledged is there again, and the store goes on."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.embedded.postgres import EmbeddedPostgres
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import Projector
from shared.eventstore.store import EventStore
from shared.kernel.errors import UnavailableError
from tests.integration.eventstore.drafts import SERVICE, ReturnedDrafts, send_back
from tests.support.eventually import eventually


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A server of its own, outside pytest's directories: it is going to be killed."""
    with tempfile.TemporaryDirectory(prefix="duban-crash-", ignore_cleanup_errors=True) as place:
        own = EmbeddedPostgres(Path(place))
        own.start()
        own.create_database(SERVICE)
        yield own
        own.stop()


def test_the_store_goes_on_after_postgresql_was_killed(server: EmbeddedPostgres) -> None:
    migrate(server.uri(SERVICE), [ReturnedDrafts])
    store = EventStore(SERVICE, server.uri(SERVICE))
    projector = Projector(store, [ReturnedDrafts])
    before = send_back(store, "D1", "a", "b")
    projector.catch_up()

    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.is_running)
    server.start()

    after = eventually(lambda: _sent_back(store), within=30)
    assert after > before.position
    read = [(e.originator_version, e.position) for e in store.read(0, 9)]
    assert read == [(1, 1), (2, 2), (3, after)]
    # What the killed server forgot of the read model is projected again, besides the news.
    assert projector.catch_up() in (1, 3)
    assert projector.positions() == {"returned_drafts": after}
    store.close()


def _sent_back(store: EventStore) -> int:
    try:
        return send_back(store, "D1", "c", number=2).position
    except UnavailableError:
        return 0
