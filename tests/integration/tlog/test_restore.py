"""What a database cannot take back: a restored backup, a rewritten history, a removed record."""

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from shared.embedded.postgres import EmbeddedPostgres
from shared.tlog.signer import StaleTreeError
from tests.integration.tlog.archive import Archive, copied

NUMBERS = count(1)


@pytest.fixture
def restored(postgres: EmbeddedPostgres, archive: Archive) -> Iterator[Archive]:
    """Five records were sealed, then a backup was made; three more were sealed, then it came back.

    The keys, which are not in the database, are those of the last day.
    """
    archive.send_back("D1", 5)
    archive.sealer.seal()
    archive.close()
    name = f"restored_{next(NUMBERS)}"
    url = copied(postgres, archive.database_url, name)
    later = Archive(archive.database_url, archive.keys)
    later.send_back("D1", 3)
    later.sealer.seal()
    later.close()
    back = Archive(url, archive.keys)
    yield back
    back.close()
    postgres.drop_database(name)


def change_as_administrator(postgres: EmbeddedPostgres, archive: Archive, *changes: str) -> None:
    name = archive.database_url.rsplit("/", 1)[1]
    with psycopg.connect(postgres.administrator_uri(name)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE stored_events DISABLE TRIGGER ALL")
        for change in changes:
            connection.execute(change.encode())


FORGET_THE_LOG = (
    "TRUNCATE tlog_leaves, tlog_tiles, tlog_checkpoints, tlog_cosignatures, tlog_heads",
    "UPDATE tlog_tree SET size = 0, position = 0, frontier = ''",
)


class TestOldBackup:
    def test_is_not_sealed_on(self, restored: Archive) -> None:
        restored.send_back("D9", 2)
        with pytest.raises(StaleTreeError, match="log of 5 records, but 8 were signed") as refused:
            restored.sealer.seal()
        assert "restored from an old backup" in refused.value.detail
        assert restored.tlog.present().size == 5

    def test_is_not_sealed_on_when_it_has_grown_again(self, restored: Archive) -> None:
        """Somebody sealed on without our keys: the log is longer, but not the one we signed."""
        restored.send_back("D9", 6)
        restored.tlog.seal(restored.store.settled_position(), 100, restored.clock.now())
        with pytest.raises(StaleTreeError, match="does not hold the 8 records"):
            restored.sealer.seal()

    def test_stops_the_sealer_for_good(self, restored: Archive) -> None:

        with pytest.raises(StaleTreeError):
            restored.sealer.run(threading.Event())


class TestRewrittenHistory:
    def test_is_not_signed(self, postgres: EmbeddedPostgres, archive: Archive) -> None:
        archive.send_back("D1", 5)
        archive.sealer.seal()
        archive.send_back("D1")
        changed = "UPDATE stored_events SET state = convert_to(replace(convert_from(state,"
        changed += " 'UTF8'), '再改', '通过'), 'UTF8') WHERE notification_id = 2"
        change_as_administrator(postgres, archive, changed, *FORGET_THE_LOG)
        with pytest.raises(StaleTreeError, match="but 5 were signed"):
            archive.sealer.seal()
        archive.tlog.seal(archive.store.settled_position(), 100, archive.clock.now())
        with pytest.raises(StaleTreeError, match="does not hold the 5 records"):
            archive.sealer.seal()

    def test_of_the_same_length_is_not_signed(
        self, postgres: EmbeddedPostgres, archive: Archive
    ) -> None:
        archive.send_back("D1", 5)
        archive.sealer.seal()
        changed = "UPDATE stored_events SET topic = topic, state = state || ' '::bytea"
        change_as_administrator(postgres, archive, changed, *FORGET_THE_LOG)
        archive.tlog.seal(archive.store.settled_position(), 100, archive.clock.now())
        with pytest.raises(StaleTreeError, match="does not hold the 5 records"):
            archive.sealer.seal()


def test_another_log_is_not_signed_with_this_key(archive: Archive, tmp_path: Path) -> None:
    archive.send_back("D1")
    archive.sealer.seal()
    archive.tlog.origin = "duban.invalid/city.yunlan/supervision"
    with pytest.raises(
        StaleTreeError, match=r"the key signed duban\.invalid/city\.yunlan/feedback"
    ):
        archive.sealer.seal()
