"""What a read model is: one question, its tables, and how an event changes them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import psycopg
from psycopg.rows import DictRow

from shared.eventstore.record import RecordedEvent

Cursor = psycopg.Cursor[DictRow]


class ReadModel(ABC):
    """Row, projection and query of one question stand together in one file of `read_models/`.

    `TABLES` is DDL with unqualified names; it runs once per build, in the build's own schema.
    Any change of `TABLES` or `project` takes a new `VERSION`: it is then built beside the live
    one from position 0. `project` reads nothing but the event and its own tables, so that every
    build comes out the same. A read model is passed around as its class, made without arguments.
    """

    NAME: ClassVar[str]
    VERSION: ClassVar[int] = 1
    TABLES: ClassVar[str]

    def take(self, cursor: Cursor, events: Sequence[RecordedEvent]) -> None:
        """Take a batch of events into the tables. An instance takes one batch in its life.

        A read model that keeps rows in memory meanwhile (`shared.eventstore.held_rows`) gets
        them before and writes them after: two statements for a batch instead of some an event.
        """
        for recorded in events:
            self.project(cursor, recorded)

    @abstractmethod
    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        """Take one event into the tables; called once per event, in position order."""
