"""The library's own reusable tests hold for the barrier recorders.

`NonInterleavingNotificationIDsBaseCase` is left out on purpose: our contract says that positions
of concurrent multi-event transactions may interleave (see `shared.eventstore.fence`).
"""

from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.tests import persistence as library
from psycopg.conninfo import conninfo_to_dict

from shared.eventstore.recorder import BarrierApplicationRecorder, BarrierProcessRecorder


def datastore_on(database_url: str, **options: Any) -> PostgresDatastore:
    given = conninfo_to_dict(database_url)
    return PostgresDatastore(
        dbname=str(given["dbname"]),
        host=str(given["host"]),
        port=str(given["port"]),
        user=str(given["user"]),
        password=str(given["password"]),
        originator_id_type="text",
        pool_size=1,
        max_overflow=14,
        lock_timeout=5,
        **options,
    )


class OnPostgres:
    """A datastore of its own for each test."""

    datastore: PostgresDatastore

    @pytest.fixture(autouse=True)
    def _fresh(self, database_url: str) -> Any:
        self.datastore = datastore_on(database_url)
        yield
        self.datastore.close()

    def new_originator_id(self) -> UUID | str:
        return str(uuid4())


class TestBarrierApplicationRecorder(
    OnPostgres, library.ApplicationRecorderTestCase[BarrierApplicationRecorder]
):
    def create_recorder(self) -> BarrierApplicationRecorder:
        recorder = BarrierApplicationRecorder(self.datastore, events_table_name="tried_events")
        recorder.create_table()
        return recorder

    def test_insert_subscribe(self) -> None:
        """NOTIFY follows the commit, so that the library's subscription works too."""
        self.optional_test_insert_subscribe()


class TestBarrierProcessRecorder(OnPostgres, library.ProcessRecorderTestCase):
    def create_recorder(self) -> BarrierProcessRecorder:
        recorder = BarrierProcessRecorder(
            self.datastore, events_table_name="tried_events", tracking_table_name="tried_tracking"
        )
        recorder.create_table()
        return recorder


class TestBarrierProcessRecorderAppends(
    OnPostgres, library.ApplicationRecorderTestCase[BarrierProcessRecorder]
):
    create_recorder = TestBarrierProcessRecorder.create_recorder


class TestBarrierProcessRecorderTracks(OnPostgres, library.TrackingRecorderTestCase):
    create_recorder = TestBarrierProcessRecorder.create_recorder


def test_database_functions_are_refused(database_url: str) -> None:
    datastore = datastore_on(database_url, enable_db_functions=True)
    with pytest.raises(ValueError, match="loses events"):
        BarrierApplicationRecorder(datastore)
    datastore.close()
