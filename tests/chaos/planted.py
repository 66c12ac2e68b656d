"""Faults that a super-user plants in a copy of a store, for tests that the checker finds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import psycopg
from psycopg.sql import SQL, Identifier

from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.system_map import SERVICES
from tests.chaos.evidence import Evidence
from tests.chaos.journal import Journal

COPIES = count(1)

UNLOCKED = "ALTER TABLE stored_events DISABLE TRIGGER USER"
AUDIT_UNLOCKED = "ALTER TABLE followed_records DISABLE TRIGGER USER"
PROBLEM = "(SELECT min(originator_id) FROM stored_events WHERE originator_id ~ '-U[0-9]+-[0-9]+$')"
LAST_EVENT_GONE = f"""
DELETE FROM stored_events WHERE originator_id = {PROBLEM} AND originator_version =
(SELECT max(originator_version) FROM stored_events WHERE originator_id = {PROBLEM})
"""  # noqa: S608  # ours
MIDDLE_EVENT_GONE = f"""
DELETE FROM stored_events WHERE originator_id = {PROBLEM} AND originator_version = 2
"""  # noqa: S608  # ours
KEPT_RECORD_GONE = "DELETE FROM followed_records WHERE position = 3 AND source = 'feedback'"
OTHER_PREV = f"""
UPDATE stored_events SET state = convert_to(regexp_replace(
convert_from(state, 'UTF8'), '"prev":"[0-9a-f]{{8}}', '"prev":"00000000'), 'UTF8')
WHERE originator_id = {PROBLEM} AND originator_version = 2
"""  # noqa: S608  # ours
CAUSE_UNKNOWN = """
UPDATE stored_events SET state = convert_to(regexp_replace(
convert_from(state, 'UTF8'), '"causation":"[0-9a-f]{8}', '"causation":"00000000'), 'UTF8')
WHERE notification_id = (SELECT min(notification_id) FROM stored_events
WHERE convert_from(state, 'UTF8') LIKE '%"via":"policy"%')
"""
MARK_MOVED = """
UPDATE inbox SET version = version + ({by}) WHERE ctid =
(SELECT ctid FROM inbox WHERE source = 'feedback' LIMIT 1)
"""
READ_MODELS_STOPPED = "UPDATE read_models SET position = position - 1 WHERE state = 'live'"
MESSAGE_PARKED = """
INSERT INTO dead_letters (source, stream, version, error_code, status)
VALUES ('feedback', 'problem/X', 1, 'unexpected-error', 'parked')
"""


def answer_gone(key: str) -> str:
    """The stored answer to one command is deleted."""
    return f"DELETE FROM idempotency WHERE key = '{key}'"  # noqa: S608  # ours


def done_again(via: str) -> str:
    """The first event of this channel once more, on a stream of its own, by another command."""
    return f"""
    INSERT INTO stored_events (originator_id, originator_version, topic, state)
    SELECT originator_id || '-again', 1, topic, convert_to(replace(replace(
    convert_from(state, 'UTF8'), originator_id, originator_id || '-again'),
    '"command":"', '"command":"Again'), 'UTF8') FROM stored_events
    WHERE convert_from(state, 'UTF8') LIKE '%"via":"{via}"%' AND originator_version = 1 LIMIT 1
    """  # noqa: S608  # ours


def first_row_gone(schema: str, table: str) -> str:
    """One row of a read model's table is deleted."""
    place = f'"{schema}"."{table}"'
    return f"DELETE FROM {place} WHERE ctid = (SELECT min(ctid) FROM {place})"  # noqa: S608  # ours


@dataclass(frozen=True)
class History:
    """A round that was played undisturbed; its processes have ended, its databases stand."""

    postgres: EmbeddedPostgres
    journal: Journal

    @property
    def databases(self) -> dict[str, str]:
        return {name: self.postgres.uri(name) for name in SERVICES}

    @property
    def evidence(self) -> Evidence:
        """The evidence as it is, nothing planted."""
        return Evidence.of(self.databases, self.journal)

    @contextmanager
    def with_planted(self, service: str, *statements: str) -> Iterator[Evidence]:
        """Lend the evidence with one database replaced by a copy that a super-user changed."""
        name = f"planted_{next(COPIES)}"
        with psycopg.connect(self.postgres.administrator_uri(), autocommit=True) as connection:
            copy = SQL("CREATE DATABASE {} TEMPLATE {} OWNER duban")
            connection.execute(copy.format(Identifier(name), Identifier(service)))
        with psycopg.connect(self.postgres.administrator_uri(name)) as connection:
            for statement in statements:
                assert connection.execute(statement.encode()).rowcount != 0, statement
        try:
            databases = self.databases | {service: self.postgres.uri(name)}
            yield Evidence.of(databases, self.journal)
        finally:
            self.postgres.drop_database(name)

    def filled_table(self, service: str) -> tuple[str, str, str]:
        """Return a live read model, its schema, and one of its tables that has rows."""
        query = """SELECT name, schema_name, tablename FROM read_models
            JOIN pg_tables ON schemaname = schema_name WHERE state = 'live' ORDER BY 1, 3"""
        with psycopg.connect(self.postgres.administrator_uri(service)) as connection:
            for name, schema, table in connection.execute(query).fetchall():
                rows = SQL("SELECT FROM {} LIMIT 1").format(Identifier(schema, table))
                if connection.execute(rows).fetchone() is not None:
                    return name, schema, table
        raise AssertionError(f"{service} has no filled read model")
