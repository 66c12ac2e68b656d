"""The one place with DDL: ordered SQL steps, applied once each, under an advisory lock.

Everything happens in one transaction: a migration is applied wholly or not at all, and two that
start together run one after the other. Replicas never run DDL.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Literal

from shared.eventstore import builds
from shared.eventstore.fence import lock_key
from shared.eventstore.read_model import ReadModel

CONNECT_TIMEOUT_S = 10
WAIT = "60s"

STEPS: tuple[tuple[str, str], ...] = (
    (
        "0001 stored events",
        """
        CREATE TABLE stored_events (
            originator_id text NOT NULL,
            originator_version bigint NOT NULL CHECK (originator_version >= 1),
            topic text NOT NULL,
            state bytea NOT NULL CHECK (octet_length(state) BETWEEN 2 AND 65535),
            notification_id bigserial,
            PRIMARY KEY (originator_id, originator_version)
        );
        CREATE UNIQUE INDEX stored_events_notification_id_idx ON stored_events (notification_id);
        CREATE TYPE stored_event_text AS (
            originator_id text, originator_version bigint, topic text, state bytea
        );
        """,
    ),
    (
        "0002 stored events are never changed",
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'stored events are never changed (% on %)', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER stored_events_rows_stay BEFORE UPDATE OR DELETE ON stored_events
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER stored_events_table_stays BEFORE TRUNCATE ON stored_events
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        ALTER TABLE stored_events ENABLE ALWAYS TRIGGER stored_events_rows_stay;
        ALTER TABLE stored_events ENABLE ALWAYS TRIGGER stored_events_table_stays;
        REVOKE UPDATE, DELETE, TRUNCATE ON stored_events FROM PUBLIC, CURRENT_USER;
        """,
    ),
    (
        "0003 idempotency",
        """
        CREATE TABLE idempotency (
            person_ref text NOT NULL,
            key text NOT NULL,
            fingerprint text NOT NULL,
            status int NOT NULL,
            body json NOT NULL,
            stream text NOT NULL,
            version bigint NOT NULL,
            answered_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (person_ref, key)
        );
        """,
    ),
    (
        "0004 inbox",
        """
        CREATE TABLE inbox (
            source text NOT NULL,
            stream text NOT NULL,
            version bigint NOT NULL,
            PRIMARY KEY (source, stream)
        );
        CREATE TABLE inbox_partition (
            source text NOT NULL,
            partition int NOT NULL,
            generation text NOT NULL,
            PRIMARY KEY (source, partition)
        );
        CREATE TABLE inbox_checked (source text PRIMARY KEY, position bigint NOT NULL);
        """,
    ),
    (
        "0005 dead letters",
        """
        CREATE TABLE dead_letters (
            id bigserial PRIMARY KEY,
            source text NOT NULL,
            stream text NOT NULL,
            version bigint,
            position bigint,
            headers jsonb NOT NULL DEFAULT '{}',
            record bytea,
            error_code text NOT NULL,
            error_detail text NOT NULL DEFAULT '',
            attempts int NOT NULL DEFAULT 1,
            status text NOT NULL DEFAULT 'parked'
                CHECK (status IN ('parked', 'redriven', 'discarded')),
            reason text,
            parked_at timestamptz NOT NULL DEFAULT now(),
            settled_at timestamptz,
            UNIQUE NULLS NOT DISTINCT (source, stream, version)
        );
        CREATE INDEX dead_letters_parked_idx ON dead_letters (source, stream)
            WHERE status = 'parked';
        """,
    ),
    (
        "0006 read models",
        """
        CREATE TABLE read_models (
            name text NOT NULL,
            build int NOT NULL,
            version int NOT NULL,
            schema_name text NOT NULL UNIQUE,
            state text NOT NULL CHECK (state IN ('building', 'live', 'retired', 'beside')),
            position bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (name, build)
        );
        CREATE UNIQUE INDEX read_models_one_live_idx ON read_models (name) WHERE state = 'live';
        """,
    ),
    (
        "0008 person vault",
        """
        CREATE TABLE person_vault (
            person_ref text PRIMARY KEY,
            name text NOT NULL,
            kept_at timestamptz NOT NULL DEFAULT now()
        );
        """,
    ),
    (
        "0009 sealed values",
        """
        CREATE TABLE subject_keys (
            subject text PRIMARY KEY,
            wrapped_key bytea,
            created_at timestamptz NOT NULL DEFAULT now(),
            destroyed_at timestamptz,
            CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
        );
        CREATE TABLE sealed_values (
            commitment text PRIMARY KEY,
            subject text NOT NULL REFERENCES subject_keys,
            ciphertext bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX sealed_values_subject_idx ON sealed_values (subject);
        """,
    ),
    (
        "0010 sealed log",
        """
        CREATE TABLE tlog_tree (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            size bigint NOT NULL,
            position bigint NOT NULL,
            frontier bytea NOT NULL
        );
        INSERT INTO tlog_tree (size, position, frontier) VALUES (0, 0, '');
        CREATE TABLE tlog_leaves (
            leaf_index bigint PRIMARY KEY,
            position bigint NOT NULL UNIQUE,
            leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32)
        );
        CREATE TABLE tlog_tiles (
            level int NOT NULL,
            number bigint NOT NULL,
            width int NOT NULL CHECK (width BETWEEN 1 AND 256),
            data bytea NOT NULL CHECK (octet_length(data) = width * 32),
            PRIMARY KEY (level, number)
        );
        ALTER TABLE tlog_tiles ALTER COLUMN data SET STORAGE EXTERNAL;
        CREATE TABLE tlog_checkpoints (
            size bigint PRIMARY KEY,
            root bytea NOT NULL CHECK (octet_length(root) = 32),
            sealed_at timestamptz NOT NULL,
            note bytea
        );
        CREATE INDEX tlog_checkpoints_unsigned_idx ON tlog_checkpoints (size) WHERE note IS NULL;
        CREATE TABLE tlog_cosignatures (
            size bigint NOT NULL REFERENCES tlog_checkpoints,
            line text NOT NULL,
            PRIMARY KEY (size, line)
        );
        CREATE TABLE tlog_heads (
            stream text PRIMARY KEY,
            version bigint NOT NULL,
            leaf_hash text NOT NULL,
            state_digest text NOT NULL
        );
        CREATE TABLE tlog_state_requests (
            id bigserial PRIMARY KEY,
            asked_at timestamptz NOT NULL DEFAULT now(),
            checkpoint_size bigint
        );
        CREATE INDEX tlog_state_requests_open_idx ON tlog_state_requests (id)
            WHERE checkpoint_size IS NULL;
        """,
    ),
    (
        "0020 followed records",
        """
        CREATE TABLE followed_records (
            source text NOT NULL,
            position bigint NOT NULL CHECK (position >= 1),
            stream text NOT NULL,
            version bigint NOT NULL CHECK (version >= 1),
            type text NOT NULL,
            "time" timestamptz NOT NULL,
            correlation text NOT NULL,
            concerns text[] NOT NULL,
            raw bytea NOT NULL CHECK (octet_length(raw) BETWEEN 2 AND 65535),
            PRIMARY KEY (source, position),
            UNIQUE (stream, source, version)
        );
        CREATE INDEX followed_records_type_idx ON followed_records (type, "time");
        CREATE TRIGGER followed_records_rows_stay BEFORE UPDATE OR DELETE ON followed_records
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER followed_records_table_stays BEFORE TRUNCATE ON followed_records
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TABLE followed_concerns (
            number text NOT NULL,
            "time" timestamptz NOT NULL,
            source text NOT NULL,
            position bigint NOT NULL,
            PRIMARY KEY (number, "time", source, position)
        );
        CREATE TABLE followed_places (
            number text PRIMARY KEY,
            kind text NOT NULL CHECK (kind IN ('problem', 'case')),
            case_no text NOT NULL,
            unit text NOT NULL,
            round_no text NOT NULL
        );
        CREATE INDEX followed_places_unit_idx ON followed_places (kind, unit, number);
        CREATE INDEX followed_places_round_idx ON followed_places (kind, round_no, number);
        CREATE INDEX followed_places_case_idx ON followed_places (kind, case_no, number);
        CREATE TABLE invariant_news (
            id bigserial PRIMARY KEY,
            number text NOT NULL,
            arrived_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX invariant_news_number_idx ON invariant_news (number, arrived_at);
        CREATE TABLE invariant_results (
            scope text NOT NULL,
            invariant text NOT NULL,
            examined bigint NOT NULL,
            violations jsonb NOT NULL,
            PRIMARY KEY (scope, invariant)
        );
        CREATE INDEX invariant_results_violated_idx ON invariant_results (invariant, scope)
            WHERE violations <> '[]';
        """,
    ),
)


def migrate(
    database_url: str, read_models: Sequence[type[ReadModel]] = (), *, app_role: str = ""
) -> list[str]:
    """Bring the database up to date; return the names of the steps that were applied now.

    Safe to repeat. `app_role` is the role the services run under when it is not the migrating
    one: it may append and read events, never change them.
    """
    with psycopg.connect(
        database_url, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT_S
    ) as connection:
        cursor = connection.cursor()
        _lock(cursor)
        applied = [name for name, sql in STEPS if _apply(cursor, name, sql)]
        builds.drop_retired(cursor)
        applied += [added for model in read_models if (added := builds.prepare(cursor, model))]
        if app_role:
            _grant(cursor, app_role)
    return applied


def _lock(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute(SQL("SET LOCAL lock_timeout = {0}").format(Literal(WAIT)))
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (lock_key("duban.migrations"),))
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations ("
        "name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )


def _apply(cursor: psycopg.Cursor[Any], name: str, sql: str) -> bool:
    cursor.execute("SELECT FROM schema_migrations WHERE name = %s", (name,))
    if cursor.fetchone() is not None:
        return False
    cursor.execute(sql.encode())
    cursor.execute("INSERT INTO schema_migrations (name) VALUES (%s)", (name,))
    return True


def _grant(cursor: psycopg.Cursor[Any], role: str) -> None:
    """Grant the application's role what it needs in every schema there is now."""
    cursor.execute("SELECT schema_name FROM read_models")
    role_name = Identifier(role)
    for schema in [row["schema_name"] for row in cursor.fetchall()] + ["public"]:
        for statement in _GRANTS:
            cursor.execute(SQL(statement).format(schema=Identifier(schema), role=role_name))
    cursor.execute(
        SQL("REVOKE UPDATE, DELETE, TRUNCATE ON stored_events FROM {0}").format(role_name)
    )


_GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
)
