"""Projections: batches with their position, isolation of failures, rebuild, comparison, switch."""

import threading
from collections.abc import Sequence

import psycopg
import pytest
from psycopg.rows import DictRow

from shared.eventstore import builds
from shared.eventstore.held_rows import HeldRows
from shared.eventstore.migrations import migrate
from shared.eventstore.projections import (
    Cursor,
    NotYetProjectedError,
    Projector,
    Queries,
    ReadModel,
    replay,
)
from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore
from tests.integration.eventstore.drafts import ReturnedDrafts, send_back


class FirstReasons(ReadModel):
    """What was the first reason? Fails at the reason it was told to fail at."""

    NAME = "first_reasons"
    TABLES = "CREATE TABLE first_reason (stream text PRIMARY KEY, reason text)"
    poison = ""

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        reason = recorded.event.facts()["reason"]
        if reason == self.poison:
            cursor.execute("SELECT 1 / 0")
        cursor.execute(
            "INSERT INTO first_reason VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (recorded.record.stream, reason),
        )


class SecondVersion(ReturnedDrafts):
    """The same question, answered with one column more."""

    VERSION = 2
    TABLES = (
        "CREATE TABLE returned_draft"
        " (stream text PRIMARY KEY, times int, last_reason text, note text DEFAULT 'v2')"
    )


class HeldReasons(FirstReasons):
    """What was the last reason, and how many were there? Rows are held in memory for a batch."""

    NAME = "held_reasons"
    TABLES = (
        "CREATE TABLE held_reason"
        " (stream text PRIMARY KEY, reason text CHECK (reason <> 'poison'), times int)"
    )

    def __init__(self) -> None:
        self._rows = HeldRows("held_reason", "stream")

    def take(self, cursor: Cursor, events: Sequence[RecordedEvent]) -> None:
        self._rows.load(cursor, (recorded.record.stream for recorded in events))
        super().take(cursor, events)
        self._rows.write(cursor)

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        stream = recorded.record.stream
        row = self._rows.get(stream) or {"times": 0}
        told = {"stream": stream, "reason": recorded.event.facts()["reason"]}
        self._rows.put(told | {"times": row["times"] + 1})


class Hand:
    """A clock for backoff that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def times_returned(store: EventStore, model: type[ReadModel] = ReturnedDrafts) -> dict[str, int]:
    with Queries(store, patience=0).on(model) as cursor:
        cursor.execute("SELECT stream, times FROM returned_draft")
        return {row["stream"]: row["times"] for row in cursor.fetchall()}


class TestCatchingUp:
    def test_applies_every_event_once(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        send_back(store, "D2", "c")
        projector = Projector(store, [ReturnedDrafts], batch=2)
        assert (projector.catch_up(), projector.catch_up()) == (3, 0)
        assert times_returned(store) == {"draft/D1": 2, "draft/D2": 1}
        assert projector.positions() == {"returned_drafts": 3}

    def test_two_projectors_at_once_apply_nothing_twice(self, store: EventStore) -> None:
        for number in range(20):
            send_back(store, "D1", "a", number=number)
        threads = [
            threading.Thread(target=Projector(store, [ReturnedDrafts], batch=3).catch_up)
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        Projector(store, [ReturnedDrafts]).catch_up()
        assert times_returned(store) == {"draft/D1": 20}

    def test_runs_until_it_is_told_to_stop(self, store: EventStore) -> None:
        stop = threading.Event()
        projector = Projector(store, [ReturnedDrafts])
        runner = threading.Thread(target=projector.run, args=(stop,))
        runner.start()
        receipt = send_back(store, "D1", "a")
        with Queries(store).on(ReturnedDrafts, receipt.position) as cursor:
            assert cursor.execute("SELECT times FROM returned_draft").fetchone() == {"times": 1}
        stop.set()
        runner.join()


class TestHeldRows:
    @pytest.mark.parametrize("batch", [1, 2, 1000])
    def test_come_out_the_same_in_batches_of_any_size(
        self, store: EventStore, database_url: str, batch: int
    ) -> None:
        migrate(database_url, [HeldReasons])
        send_back(store, "D1", "a", "b")
        send_back(store, "D2", "c")
        send_back(store, "D1", "d", number=2)
        Projector(store, [HeldReasons], batch=batch).catch_up()
        assert held(store) == [
            {"stream": "draft/D1", "reason": "d", "times": 3},
            {"stream": "draft/D2", "reason": "c", "times": 1},
        ]


class TestFailures:
    @pytest.fixture
    def poisoned(self, store: EventStore, database_url: str) -> Hand:
        migrate(database_url, [ReturnedDrafts, FirstReasons])
        send_back(store, "D1", "a", "poison", "b")
        return Hand()

    def test_stop_one_read_model_at_the_very_event(
        self, store: EventStore, poisoned: Hand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FirstReasons, "poison", "poison")
        projector = Projector(store, [FirstReasons, ReturnedDrafts], monotonic=poisoned)
        projector.catch_up()
        failure = projector.failures["first_reasons"]
        assert (failure.position, failure.error, failure.attempts) == (2, "DivisionByZero", 1)
        assert projector.positions() == {"first_reasons": 1, "returned_drafts": 3}

    def test_of_a_batch_written_together_are_traced_to_their_event(
        self, store: EventStore, database_url: str
    ) -> None:
        migrate(database_url, [HeldReasons])
        for number, reason in enumerate(("a", "poison", "b")):
            send_back(store, f"D{number}", reason, number=number)
        projector = Projector(store, [HeldReasons])
        projector.catch_up()
        failure = projector.failures["held_reasons"]
        assert (failure.position, failure.error) == (2, "CheckViolation")
        assert projector.positions() == {"held_reasons": 1}
        assert held(store) == [{"stream": "draft/D0", "reason": "a", "times": 1}]

    def test_are_tried_again_later_and_less_often(
        self, store: EventStore, poisoned: Hand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FirstReasons, "poison", "poison")
        projector = Projector(store, [FirstReasons], monotonic=poisoned)
        attempts = []
        for poisoned.seconds in (0.0, 0.4, 0.6, 1.0, 1.7):
            projector.catch_up()
            attempts.append(projector.failures["first_reasons"].attempts)
        assert attempts == [1, 1, 2, 2, 3]

    def test_end_when_the_projection_is_mended(
        self, store: EventStore, poisoned: Hand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FirstReasons, "poison", "poison")
        projector = Projector(store, [FirstReasons], monotonic=poisoned)
        projector.catch_up()
        monkeypatch.setattr(FirstReasons, "poison", "")
        poisoned.seconds = 60.0
        projector.catch_up()
        assert (projector.failures, projector.positions()) == ({}, {"first_reasons": 3})


class TestQueries:
    def test_wait_for_the_position_and_give_up(self, store: EventStore) -> None:
        receipt = send_back(store, "D1", "a")
        with (
            pytest.raises(NotYetProjectedError),
            Queries(store, patience=0.05).on(ReturnedDrafts, receipt.position),
        ):
            pass

    def test_change_nothing(self, store: EventStore) -> None:
        with (
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
            Queries(store).on(ReturnedDrafts) as cursor,
        ):
            cursor.execute("DELETE FROM returned_draft")


class TestANewVersion:
    def test_is_built_beside_and_takes_over(self, store: EventStore, database_url: str) -> None:
        send_back(store, "D1", "a", "b")
        Projector(store, [ReturnedDrafts]).catch_up()
        migrate(database_url, [SecondVersion])
        assert times_returned(store) == {"draft/D1": 2}
        with pytest.raises(NotYetProjectedError):
            times_returned(store, SecondVersion)
        Projector(store, [SecondVersion]).catch_up()
        assert times_returned(store, SecondVersion) == {"draft/D1": 2}
        with pytest.raises(NotYetProjectedError):
            times_returned(store)

    def test_leaves_nothing_behind_after_the_next_migration(
        self, store: EventStore, database_url: str
    ) -> None:
        migrate(database_url, [SecondVersion])
        Projector(store, [SecondVersion]).catch_up()
        migrate(database_url, [SecondVersion])
        assert schemas(store) == ["rm_returned_drafts_v2_b2"]


class TestReplay:
    def test_finds_an_honest_read_model_equal(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        Projector(store, [ReturnedDrafts]).catch_up()
        told: list[tuple[str, int, int]] = []
        [result] = replay(store, [ReturnedDrafts], lambda *step: told.append(step))
        assert (result.position, result.equal) == (2, True)
        assert told == [("returned_drafts", 2, 2)]
        assert schemas(store) == ["rm_returned_drafts_v1_b1"]

    def test_finds_a_forged_row(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        Projector(store, [ReturnedDrafts]).catch_up()
        forge(store)
        [result] = replay(store, [ReturnedDrafts])
        assert not result.equal
        assert times_returned(store) == {"draft/D1": 0}

    def test_with_switch_puts_the_rebuilt_one_in_place(self, store: EventStore) -> None:
        send_back(store, "D1", "a", "b")
        projector = Projector(store, [ReturnedDrafts])
        projector.catch_up()
        forge(store)
        replay(store, [ReturnedDrafts], switch=True)
        send_back(store, "D1", "c", number=2)
        projector.catch_up()
        assert times_returned(store) == {"draft/D1": 3}
        assert schemas(store) == ["rm_returned_drafts_v1_b2"]

    def test_compares_at_the_position_of_the_live_one(self, store: EventStore) -> None:
        send_back(store, "D1", "a")
        Projector(store, [ReturnedDrafts]).catch_up()
        send_back(store, "D1", "b", number=2)
        [result] = replay(store, [ReturnedDrafts])
        assert (result.position, result.equal) == (1, True)


def forge(store: EventStore) -> None:
    with store.connection() as connection:
        cursor = connection.cursor()
        [live] = builds.of_model(cursor, ReturnedDrafts, ("live",))
        with builds.within(cursor, live.schema):
            cursor.execute("UPDATE returned_draft SET times = 0")


def held(store: EventStore) -> list[DictRow]:
    with Queries(store, patience=0).on(HeldReasons) as cursor:
        return cursor.execute("SELECT * FROM held_reason ORDER BY stream").fetchall()


def schemas(store: EventStore) -> list[str]:
    with store.connection() as connection:
        rows = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rm\\_%' ORDER BY nspname"
        )
        return [row["nspname"] for row in rows]
