"""Migrations run once, and what they guard stays guarded."""

import threading

import psycopg
import pytest

from shared.eventstore.migrations import STEPS, migrate
from shared.eventstore.store import EventStore
from tests.integration.eventstore.drafts import ReturnedDrafts, send_back

CHANGES = ("UPDATE stored_events SET topic = ''", "DELETE FROM stored_events")


def test_everything_is_applied_once(database_url: str) -> None:
    first = migrate(database_url, [ReturnedDrafts])
    assert first == [*(name for name, _ in STEPS), "rm_returned_drafts_v1_b1"]
    assert migrate(database_url, [ReturnedDrafts]) == []


def test_two_that_start_together_do_not_disturb_each_other(database_url: str) -> None:
    applied: list[list[str]] = []
    both = [
        threading.Thread(target=lambda: applied.append(migrate(database_url, [ReturnedDrafts])))
        for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(map(len, applied)) == [0, len(STEPS) + 1]


@pytest.mark.parametrize("change", [*CHANGES, "TRUNCATE stored_events"])
class TestStoredEvents:
    def test_are_not_changed_by_their_owner(
        self, store: EventStore, database_url: str, change: str
    ) -> None:
        send_back(store, "D1", "a")
        with (
            psycopg.connect(database_url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(change.encode())

    def test_are_not_changed_when_the_right_is_granted_again(
        self, store: EventStore, database_url: str, change: str
    ) -> None:
        send_back(store, "D1", "a")
        with psycopg.connect(database_url) as connection:
            connection.execute("GRANT ALL ON stored_events TO CURRENT_USER")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
                connection.execute(change.encode())


def test_another_role_may_append_and_read_and_change_nothing(database_url: str) -> None:
    """`pg_monitor` stands in for the application's role: it exists in every PostgreSQL."""
    migrate(database_url, [ReturnedDrafts], app_role="pg_monitor")
    with psycopg.connect(database_url) as connection:
        allowed = {
            right: connection.execute(
                "SELECT has_table_privilege('pg_monitor', 'stored_events', %s)", (right,)
            ).fetchone()
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
        }
    assert [right for right, row in allowed.items() if row == (True,)] == ["SELECT", "INSERT"]
