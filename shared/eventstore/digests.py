"""One digest for everything a read model holds: equal tables, equal digest."""

import hashlib
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

_AT_ONCE = 2_000


def digest_of(connection: psycopg.Connection[Any], schema: str) -> str:
    """Return SHA-256 over the rows of every table of the schema, in a fixed order, streamed.

    Must run inside a transaction: a cursor on the server reads the rows bit by bit.
    """
    connection.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'")
    found = hashlib.sha256()
    for table in _tables(connection, schema):
        found.update(f"table {table}\n".encode())
        for row in _rows(connection, schema, table):
            found.update(b"%d:%s\n" % (len(row), row))
    return found.hexdigest()


def _tables(connection: psycopg.Connection[Any], schema: str) -> list[str]:
    rows = connection.execute(
        "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s"
        ' ORDER BY tablename COLLATE "C"',
        (schema,),
    )
    return [row["tablename"] for row in rows]


def _rows(connection: psycopg.Connection[Any], schema: str, table: str) -> Any:
    query = SQL(
        "SELECT convert_to(t::text, 'UTF8') AS row FROM {0}.{1} AS t ORDER BY t::text COLLATE \"C\""
    ).format(Identifier(schema), Identifier(table))
    with connection.cursor(name="digest") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(query)
        for row in cursor:
            yield bytes(row["row"])
