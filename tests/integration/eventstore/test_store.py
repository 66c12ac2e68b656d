"""The store: all or nothing in, settled and in order out; a repeat is told from a conflict."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from shared.eventstore.fence import shared_lock
from shared.eventstore.read_model import Cursor
from shared.eventstore.record import RecordedEvent, compose
from shared.eventstore.recorder import BarrierApplicationRecorder
from shared.eventstore.store import EventStore, StreamHead
from shared.kernel.errors import ConflictError, ContractError, NotFoundError, UnavailableError
from tests.integration.eventstore.drafts import SERVICE, Draft, command, send_back


def record_for(key: str, reason: str = "依据不足", number: int = 1) -> RecordedEvent:
    draft = Draft(key)
    draft.send_back(reason)
    return compose(SERVICE, draft.stream, 1, "", draft.pending[0], command(number))


def mark_inbox(cursor: Cursor) -> None:
    cursor.execute("INSERT INTO inbox VALUES ('elsewhere', 'thing/1', 7)")


@contextmanager
def unfinished_append(database_url: str, recorded: RecordedEvent) -> Iterator[psycopg.Connection]:
    """Hold a transaction open that has drawn a position and not yet committed."""
    with psycopg.connect(database_url) as writer:
        writer.execute(shared_lock("public", "stored_events"))
        writer.execute(
            "INSERT INTO stored_events VALUES (%s, %s, %s, %s)",
            (recorded.originator_id, 1, recorded.record.type, recorded.raw),
        )
        yield writer


class TestReading:
    def test_returns_what_was_appended_in_position_order(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        send_back(store, "D2", "c")
        told = [(e.position, e.originator_id, e.originator_version) for e in store.read(0, 10)]
        assert told == [(1, "draft/D1", 1), (2, "draft/D1", 2), (3, "draft/D2", 1)]

    def test_goes_on_after_a_position(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b", "c")
        assert [e.position for e in store.read(1, 1)] == [2]

    def test_gives_back_the_very_bytes(self, store: EventStore) -> None:
        [stored] = send_back(store, "D1", "依据不足").events
        assert store.read(0, 1)[0].raw == stored.raw

    def test_reads_one_stream_after_a_version(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b", "c")
        send_back(store, "D2", "x")
        assert [e.originator_version for e in store.read_stream("draft/D1", 1)] == [2, 3]

    def test_heads_are_the_last_places_of_streams_in_position_order(
        self, store: EventStore
    ) -> None:
        send_back(store, "D1", "a")
        send_back(store, "D2", "b", "c")
        send_back(store, "D1", "d")
        heads = [StreamHead("draft/D2", 2, 3), StreamHead("draft/D1", 2, 4)]
        assert (store.heads(0, 10), store.heads(3, 10), store.heads(0, 1)) == (
            heads,
            heads[1:],
            heads[:1],
        )

    def test_a_record_in_anothers_place_is_found_out(self, store: EventStore) -> None:
        stray = replace(record_for("D1"))
        with store.connection() as connection:
            connection.execute(
                "INSERT INTO stored_events VALUES ('draft/D9', 1, %s, %s)",
                (stray.record.type, stray.raw),
            )
        with pytest.raises(ContractError):
            store.begin(command()).load(Draft, "D9")


class TestTheFence:
    def test_hides_what_follows_an_unfinished_append(
        self, store: EventStore, database_url: str
    ) -> None:
        send_back(store, "D1", "a")
        assert store.settled_position() == 1
        with unfinished_append(database_url, record_for("D2")) as writer:
            later = send_back(store, "D3", "c")
            assert later.position == 3
            assert (store.settled_position(), [e.position for e in store.read(0, 9)]) == (1, [1])
            writer.commit()
        assert [e.originator_id for e in store.read(1, 9)] == ["draft/D2", "draft/D3"]

    def test_steps_over_what_was_rolled_back(self, store: EventStore, database_url: str) -> None:
        with unfinished_append(database_url, record_for("D2")) as writer:
            send_back(store, "D3", "c")
            writer.rollback()
        assert (store.settled_position(), [e.position for e in store.read(0, 9)]) == (2, [2])

    def test_never_guesses_when_nothing_is_known_yet(
        self, store: EventStore, database_url: str
    ) -> None:
        with unfinished_append(database_url, record_for("D2")):
            assert store.settled_position() == 0

    def test_writers_go_on_while_a_reader_asks(self, store: EventStore, database_url: str) -> None:
        with unfinished_append(database_url, record_for("D2")):
            reader = threading.Thread(target=store.settled_position)
            reader.start()
            assert send_back(store, "D3", "c").version == 1
            reader.join()

    def test_ends_as_the_maintenance_of_the_table_runs(
        self, store: EventStore, database_url: str
    ) -> None:
        """The library's table lock conflicts with ANALYZE; the fence does not."""
        with unfinished_append(database_url, record_for("D2")):
            with psycopg.connect(database_url, autocommit=True) as other:
                other.execute("SET lock_timeout = '2s'")
                other.execute("ANALYZE stored_events")
            assert send_back(store, "D3", "c").version == 1


class TestAppending:
    def test_each_stream_is_a_chain(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        send_back(store, "D1", "c")
        stream = store.read_stream("draft/D1")
        assert [e.record.prev for e in stream] == ["", stream[0].digest, stream[1].digest]

    def test_the_second_of_two_at_one_place_is_a_conflict(self, store: EventStore) -> None:
        store.append([record_for("D1", "a", number=1)])
        with pytest.raises(ConflictError):
            store.append([record_for("D1", "b", number=2)])
        assert [e.record.command for e in store.read(0, 9)] == ["ReturnDraft/1"]

    def test_a_conflict_stores_nothing_of_the_command(self, store: EventStore) -> None:
        store.append([record_for("D1", number=1)])
        with pytest.raises(ConflictError):
            store.append([record_for("D2", number=2), record_for("D1", number=2)])
        assert store.version_of("draft/D2") == 0

    def test_the_same_record_again_is_no_conflict(self, store: EventStore) -> None:
        [first] = store.append([record_for("D1")])
        assert store.append([record_for("D1")]) == [first]

    def test_a_lost_reply_is_no_conflict(
        self, store: EventStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The connection breaks after the commit; the recorder tries again and meets itself."""
        commit_and_break_once(monkeypatch)
        receipt = send_back(store, "D1", "a", "b")
        assert (receipt.position, [e.position for e in store.read(0, 9)]) == (2, [1, 2])

    def test_a_participant_commits_with_the_events(self, store: EventStore) -> None:
        store.append([record_for("D1")], [mark_inbox])
        with store.connection() as connection:
            row = connection.execute("SELECT version FROM inbox").fetchone()
        assert row == {"version": 7}

    def test_a_participant_that_raises_aborts_everything(self, store: EventStore) -> None:
        def refuse(cursor: Cursor) -> None:
            mark_inbox(cursor)
            raise NotFoundError("no such thing")

        with pytest.raises(NotFoundError):
            store.append([record_for("D1")], [refuse])
        with store.connection() as connection:
            assert connection.execute("SELECT FROM inbox").fetchone() is None
        assert store.version_of("draft/D1") == 0

    def test_participants_run_without_any_event(self, store: EventStore) -> None:
        receipt = store.begin(command()).commit([mark_inbox])
        assert receipt.events == ()
        with store.connection() as connection:
            assert connection.execute("SELECT FROM inbox").fetchone() is not None


class TestNews:
    def test_an_append_ends_the_wait(self, store: EventStore) -> None:
        waiter = threading.Thread(target=send_back, args=(store, "D1", "a"))
        waiter.start()
        assert store.wait_for_news(0, 10)
        waiter.join()

    def test_an_append_of_another_process_ends_the_wait(
        self, store: EventStore, database_url: str
    ) -> None:
        other = EventStore(SERVICE, database_url)
        writer = threading.Thread(target=send_back, args=(other, "D1", "a"))
        writer.start()
        assert store.wait_for_news(0, 10)
        writer.join()
        other.close()

    def test_the_wait_is_bounded(self, store: EventStore) -> None:
        assert not store.wait_for_news(0, 0.05)


def test_a_database_that_was_not_migrated_is_refused(database_url: str) -> None:
    with pytest.raises(UnavailableError, match="not migrated"):
        EventStore(SERVICE, database_url)


def test_database_functions_are_refused(
    database_url: str, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
    with pytest.raises(ValueError, match="loses events"):
        EventStore(SERVICE, database_url)


def test_every_session_has_bounded_waits(store: EventStore) -> None:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    for lend in (
        store.connection,
        store._recorder.datastore.get_connection,
        store._feed.datastore.get_connection,
    ):
        with lend() as connection:
            for name in names:
                row = connection.execute("SELECT current_setting(%s) AS told", (name,)).fetchone()
                assert row and row["told"] not in ("0", "")


def commit_and_break_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the next append commit, and its reply be lost."""
    original = BarrierApplicationRecorder._insert_once
    broken: list[bool] = []

    def insert_once(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(self, *args, **kwargs)
        if not broken:
            broken.append(True)
            raise OperationalError("the reply was lost")
        return found

    monkeypatch.setattr(BarrierApplicationRecorder, "_insert_once", insert_once)
