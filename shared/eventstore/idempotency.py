"""Commands are retry-safe: the first answer is stored in the transaction of the events."""

from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Json

from shared.eventstore.fence import lock_key
from shared.eventstore.recorder import OneStatement, Participant
from shared.eventstore.store import EventStore
from shared.kernel.errors import CommandInProgressError, IdempotencyKeyReusedError

_REMEMBER = (
    "INSERT INTO idempotency (person_ref, key, fingerprint, status, body, stream, version)"
    " SELECT %s, %s, %s, %s, %s, %s, %s WHERE pg_try_advisory_xact_lock(%s)"
    " ON CONFLICT DO NOTHING"
)
"""Takes the lock of the key and stores, or stores nothing: also where the key stands already."""


@dataclass(frozen=True)
class IdempotencyKey:
    """One person's key for one command; `fingerprint` is a digest of the whole request."""

    person_ref: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class RememberedAnswer:
    """The first answer to a command, and the place its first event has."""

    status: int
    body: dict[str, Any]
    stream: str
    version: int


class Idempotency:
    """Recalls first answers and makes them part of the append transaction."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def recall(self, key: IdempotencyKey) -> RememberedAnswer | None:
        """Return the first answer to this command, None when it was never answered.

        Raises IdempotencyKeyReusedError when the key stood over another request.
        """
        with self._store.single_statements() as connection:
            row = connection.execute(
                "SELECT fingerprint, status, body, stream, version FROM idempotency"
                " WHERE person_ref = %s AND key = %s",
                (key.person_ref, key.key),
            ).fetchone()
        if row is None:
            return None
        if row["fingerprint"] != key.fingerprint:
            raise IdempotencyKeyReusedError("this Idempotency-Key was used for another request")
        return RememberedAnswer(row["status"], row["body"], row["stream"], row["version"])

    def remembering(self, key: IdempotencyKey, answer: RememberedAnswer) -> Participant:
        """Return the participant that stores the answer together with the events.

        It raises CommandInProgressError at once when another transaction works on the same key,
        or has committed it already: then there is a first answer to recall.
        """

        name = lock_key(f"duban.idempotency:{key.person_ref}:{key.key}")
        return OneStatement(
            _REMEMBER,
            (key.person_ref, key.key, key.fingerprint, answer.status, Json(answer.body),
             answer.stream, answer.version, name),
            CommandInProgressError("the same command is being worked on"),
        )  # fmt: skip
