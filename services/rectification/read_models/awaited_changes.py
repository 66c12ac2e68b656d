"""Which units have a change of principal that is known but not applied? Asked by a timer (T37)."""

from datetime import datetime

from shared.contracts.rectification import PrincipalChangeApplied, PrincipalChangeNoted
from shared.eventstore.read_model import Cursor, ReadModel
from shared.eventstore.record import RecordedEvent


class AwaitedChanges(ReadModel):
    """The changes that were noted and not yet applied."""

    NAME = "awaited_changes"
    VERSION = 1
    TABLES = """
        CREATE TABLE awaited_change (
            unit text NOT NULL,
            change int NOT NULL,
            effective timestamptz NOT NULL,
            PRIMARY KEY (unit, change)
        );
    """

    def project(self, cursor: Cursor, recorded: RecordedEvent) -> None:
        match recorded.event:
            case PrincipalChangeNoted() as event:
                cursor.execute(
                    "INSERT INTO awaited_change (unit, change, effective) VALUES (%s, %s, %s)",
                    (event.unit, event.change, event.effective),
                )
            case PrincipalChangeApplied() as event:
                cursor.execute(
                    "DELETE FROM awaited_change WHERE unit = %s AND change = %s",
                    (event.unit, event.change),
                )


def units_with_due_change(cursor: Cursor, now: datetime, limit: int) -> list[str]:
    """Return the units of which a change has taken effect and was not applied."""
    cursor.execute(
        "SELECT DISTINCT unit FROM awaited_change WHERE effective <= %s ORDER BY unit LIMIT %s",
        (now, limit),
    )
    return [row["unit"] for row in cursor.fetchall()]
