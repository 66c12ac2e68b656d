"""Requests to record the state now: asked in any process, answered by the sealer that leads."""

import time
from collections.abc import Callable

from shared.kernel.errors import UnavailableError
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.store import TlogStore

ANSWERED_WITHIN_S = 30.0
ASKED_EVERY_S = 0.1


class StateRequests:
    """The table through which the API asks the sealer; the signing key stays with the sealer."""

    def __init__(self, tlog: TlogStore) -> None:
        self._tlog = tlog

    def ask(self, within: float = ANSWERED_WITHIN_S) -> int:
        """Ask for the state to be recorded; return the size of the checkpoint that covers it.

        Raises UnavailableError when no sealer answers in time.
        """
        number = self._number()
        deadline = time.monotonic() + within
        while (size := self._answer_to(number)) is None:
            if time.monotonic() >= deadline:
                raise UnavailableError("no sealer has recorded the state in time: ask again")
            time.sleep(ASKED_EVERY_S)
        return size

    def are_open(self) -> bool:
        """Whether somebody waits for an answer."""
        with self._tlog.connection() as connection:
            row = connection.execute(
                "SELECT FROM tlog_state_requests WHERE checkpoint_size IS NULL LIMIT 1"
            ).fetchone()
        return row is not None

    def answer(self, record_state: Callable[[], Checkpoint]) -> None:
        """Record the state once and answer all that were open before."""
        with self._tlog.connection() as connection:
            rows = connection.execute(
                "SELECT id FROM tlog_state_requests WHERE checkpoint_size IS NULL"
            ).fetchall()
        size = record_state().size
        with self._tlog.connection() as connection:
            connection.execute(
                "UPDATE tlog_state_requests SET checkpoint_size = %s WHERE id = ANY(%s)",
                (size, [row["id"] for row in rows]),
            )

    def _number(self) -> int:
        with self._tlog.connection() as connection:
            row = connection.execute(
                "INSERT INTO tlog_state_requests DEFAULT VALUES RETURNING id"
            ).fetchone()
        assert row is not None  # RETURNING
        return int(row["id"])

    def _answer_to(self, number: int) -> int | None:
        with self._tlog.connection() as connection:
            row = connection.execute(
                "SELECT checkpoint_size FROM tlog_state_requests WHERE id = %s", (number,)
            ).fetchone()
        return row["checkpoint_size"] if row else None
