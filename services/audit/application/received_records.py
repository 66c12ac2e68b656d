"""The records of each service in the order of their positions, as audit received them.

Of audit's own log, its own records: another witness than audit should watch that one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.eventstore.store import EventStore


@dataclass(frozen=True)
class ReceivedRecords:
    """Reads what was received; nothing is asked of the services themselves."""

    store: EventStore

    def after(self, service: str, position: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return positions and records after a position, in order."""
        if service == self.store.service:
            own = self.store.read(position, limit)
            return [(recorded.position, recorded.raw) for recorded in own]
        with self.store.connection() as connection:
            rows = connection.execute(
                "SELECT position, raw FROM followed_records WHERE source = %s AND position > %s"
                " ORDER BY position LIMIT %s",
                (service, position, limit),
            ).fetchall()
        return [(row["position"], bytes(row["raw"])) for row in rows]

    def count_to(self, service: str, position: int) -> int:
        """Return how many records were received up to a position, this one included."""
        if service == self.store.service:
            query = "SELECT count(*) AS n FROM stored_events WHERE notification_id <= %s"
            values: tuple[str | int, ...] = (position,)
        else:
            query = (
                "SELECT count(*) AS n FROM followed_records WHERE source = %s AND position <= %s"
            )
            values = (service, position)
        with self.store.connection() as connection:
            row = connection.execute(query.encode(), values).fetchone()
        return int(row["n"]) if row else 0
