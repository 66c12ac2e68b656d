"""Rows of a read model's table, held in memory while a batch of events changes them."""

import json
from collections.abc import Iterable
from typing import Any

from psycopg.sql import SQL, Composed, Identifier

from shared.eventstore.read_model import Cursor

Row = dict[str, Any]


class HeldRows:
    """Rows of one table by their key: read together, changed in memory, written together.

    A row that is put in holds every column of the table; what JSON cannot say (a date) is written
    as its text.
    """

    def __init__(self, table: str, key: str) -> None:
        self._table, self._key = table, key
        self._rows: dict[str, Row] = {}
        self._changed: dict[str, Row] = {}

    def load(self, cursor: Cursor, keys: Iterable[str]) -> None:
        """Read the rows with these keys, as far as they exist."""
        query = SQL("SELECT * FROM {0} WHERE {1} = ANY(%s)")
        cursor.execute(
            query.format(Identifier(self._table), Identifier(self._key)), (sorted(set(keys)),)
        )
        self._rows |= {row[self._key]: row for row in cursor.fetchall()}

    def get(self, key: str) -> Row | None:
        """Return the row as it stands now; None when there is none among what was loaded."""
        return self._rows.get(key)

    def put(self, row: Row) -> None:
        """Take the row in, in the place of the one with its key."""
        self._rows[row[self._key]] = self._changed[row[self._key]] = row

    def held(self) -> list[Row]:
        """Return all rows that are in memory."""
        return list(self._rows.values())

    def write(self, cursor: Cursor) -> None:
        """Write what was put in, in the order of the keys."""
        if self._changed:
            rows = [self._changed[key] for key in sorted(self._changed)]
            told = json.dumps(rows, default=str, ensure_ascii=False)
            cursor.execute(self._upsert(rows[0]), (told,))
            self._changed.clear()

    def _upsert(self, like: Row) -> Composed:
        return SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns}"
            " FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)"
            " ON CONFLICT ({key}) DO UPDATE SET {changes}"
        ).format(
            table=Identifier(self._table),
            key=Identifier(self._key),
            columns=SQL(", ").join(map(Identifier, like)),
            changes=SQL(", ").join(
                SQL("{0} = excluded.{0}").format(Identifier(column)) for column in like
            ),
        )
