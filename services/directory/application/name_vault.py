"""The names of persons: a table outside the events, written in the transaction of the events.

Events carry pseudonyms only (requirements 3.5). A name that is erased here is gone; every replay
still counts the same persons.
"""

from dataclasses import dataclass

from psycopg import Cursor
from psycopg.rows import DictRow

from shared.eventstore.store import EventStore, Participant
from shared.kernel.errors import NotFoundError


@dataclass(frozen=True)
class NameVault:
    """Keeps, tells and erases names."""

    store: EventStore

    def keeping(self, person_ref: str, name: str) -> Participant:
        """Return the participant that puts the name into the vault."""

        def keep(cursor: Cursor[DictRow]) -> None:
            cursor.execute(
                "INSERT INTO person_vault (person_ref, name) VALUES (%s, %s)", (person_ref, name)
            )

        return keep

    def erasing(self, person_ref: str) -> Participant:
        """Return the participant that erases the name for good."""

        def erase(cursor: Cursor[DictRow]) -> None:
            cursor.execute("DELETE FROM person_vault WHERE person_ref = %s", (person_ref,))

        return erase

    def name_of(self, person_ref: str) -> str:
        """Return the name; raises NotFoundError when it was never kept or is erased."""
        with self.store.connection() as connection:
            row = connection.execute(
                "SELECT name FROM person_vault WHERE person_ref = %s", (person_ref,)
            ).fetchone()
        if row is None:
            raise NotFoundError("the vault has no such name", person_ref=person_ref)
        return str(row["name"])
