"""Who looked at what that is sensitive, and why? From audit's own events."""

from datetime import datetime

from pydantic import BaseModel

from shared.contracts.audit import ReadRecorded, ReadSubject
from shared.eventstore.projections import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class Read(BaseModel):
    """One read."""

    position: int
    at: datetime
    subject: ReadSubject
    number: str
    reader: str
    reader_org: str
    purpose: str
    as_of: datetime | None
    digest: str | None


class Reads(ReadModel):
    """The reads, in the order of their recording."""

    NAME = "reads"
    TABLES = """
        CREATE TABLE reads (
            position bigint PRIMARY KEY,
            at timestamptz NOT NULL,
            subject text NOT NULL,
            number text NOT NULL,
            reader text NOT NULL,
            reader_org text NOT NULL,
            purpose text NOT NULL,
            as_of timestamptz,
            digest text
        );
        CREATE INDEX reads_number_idx ON reads (number, position);
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        event = recorded.event
        if isinstance(event, ReadRecorded):
            cursor.execute(
                "INSERT INTO reads (position, at, subject, number, reader, reader_org, purpose,"
                " as_of, digest) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    recorded.position, recorded.record.time, event.subject, event.number,
                    event.reader, event.reader_org, event.purpose, event.as_of, event.digest,
                ),
            )  # fmt: skip


def reads(cursor: Cursor, number: str | None, *, after: int, limit: int) -> list[Read]:
    """Return the reads (of one thing), in order."""
    cursor.execute(
        "SELECT * FROM reads WHERE position > %s AND (%s::text IS NULL OR number = %s)"
        " ORDER BY position LIMIT %s",
        (after, number, number, limit),
    )
    return [Read(**row) for row in cursor.fetchall()]
