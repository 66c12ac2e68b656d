"""Dead letters: messages that could not be handled, parked with all later ones of their stream.

Nothing is skipped: a parked message is handled again (`redrive`, which decodes it again, so that
upcasters run again) or set aside with a reason (`discard`), always in the order of its stream.
"""

import contextlib
import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from psycopg import Cursor
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import Participant
from shared.kernel.clock import Clock
from shared.kernel.errors import (
    ConflictError,
    DubanError,
    NotFoundError,
    NotYetSeenError,
    RefusedError,
    UnavailableError,
)
from shared.messaging.headers import Message, from_feed
from shared.messaging.inbox import AlreadyConsumedError, Inbox, InboxMark, lock_stream

UNREADABLE = "?"


class DeadLetterSettledError(RefusedError):
    code = "dead-letter-settled"
    title = "The message was redriven or discarded before"


class DeadLetterNotFirstError(RefusedError):
    code = "dead-letter-not-first"
    title = "An earlier message of the stream comes first"


class ReasonMissingError(RefusedError):
    code = "reason-missing"
    title = "A message is discarded only with a reason"


_COLUMNS = (
    "id, source, stream, version, position, headers, record, error_code, error_detail,"
    " attempts, status, reason, parked_at, settled_at"
)


@dataclass(frozen=True)
class Failure:
    """Why a message could not be handled; never holds the text of an unexpected error."""

    code: str
    detail: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        if isinstance(error, DubanError):
            return cls(error.code, error.detail)
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        return cls("unexpected-error", f"{type(error).__name__} at {place}")


WAITING = (NotYetSeenError.code, UnavailableError.code, ConflictError.code)
"""What passes by itself: first the cause was missing, at a later try perhaps something else."""

BEHIND = Failure("parked-behind", "an earlier message of the stream is parked")


@dataclass(frozen=True)
class DeadLetter:
    """One row. Its `status` is parked, redriven or discarded."""

    id: int
    source: str
    stream: str
    version: int
    position: int
    headers: dict[str, Any]
    record: bytes
    error_code: str
    error_detail: str
    attempts: int
    status: str
    reason: str | None
    parked_at: datetime
    settled_at: datetime | None

    @property
    def is_readable(self) -> bool:
        return not self.stream.startswith(UNREADABLE)


@dataclass(frozen=True)
class Unreadable:
    """A message in which no record could be read: its place in Kafka is its only name."""

    source: str
    topic: str
    partition: int
    offset: int
    headers: dict[str, str]
    value: bytes

    @property
    def stream(self) -> str:
        return f"{UNREADABLE}{self.topic}/{self.partition}/{self.offset}"


class Redriver(Protocol):
    """Handles one message again."""

    def redrive(self, message: Message, settled: Participant) -> None:
        """Commit the effects of the message, after what is missing before it, with `settled`."""
        ...


@dataclass(frozen=True)
class Settled:
    """Takes part in a transaction: the dead letter is settled, once."""

    letter: DeadLetter
    status: str
    at: datetime
    reason: str | None = None

    def __call__(self, cursor: Cursor[DictRow]) -> None:
        lock_stream(cursor, self.letter.source, self.letter.stream)
        cursor.execute(
            "UPDATE dead_letters SET status = %s, reason = %s, settled_at = %s,"
            " attempts = attempts + %s WHERE id = %s AND status = 'parked'",
            (self.status, self.reason, self.at, int(self.status == "redriven"), self.letter.id),
        )
        if cursor.rowcount != 1:
            raise AlreadyConsumedError(f"dead letter {self.letter.id} is settled")


class DeadLetters:
    """The dead letters of this service; `redriver` is only needed to redrive."""

    def __init__(self, store: EventStore, clock: Clock, redriver: Redriver | None = None) -> None:
        self._store = store
        self._clock = clock
        self._redriver = redriver
        self._inbox = Inbox(store)

    def list(
        self, status: str = "parked", after: int = 0, limit: int = 100
    ) -> Sequence[DeadLetter]:
        """Return the dead letters of this status with an id beyond `after`, in order of ids."""
        return self._select(
            "WHERE status = %s AND id > %s ORDER BY id LIMIT %s", (status, after, limit)
        )

    def show(self, letter_id: int) -> DeadLetter:
        """Return one dead letter; raises NotFoundError."""
        found = self._select("WHERE id = %s", (letter_id,))
        if not found:
            raise NotFoundError(f"there is no dead letter {letter_id}", id=letter_id)
        return found[0]

    def parked_counts(self) -> dict[str, int]:
        """Return how many messages of each source are parked now."""
        with self._store.single_statements() as connection:
            rows = connection.execute(
                "SELECT source, count(*) AS parked FROM dead_letters"
                " WHERE status = 'parked' GROUP BY source"
            )
            return {row["source"]: row["parked"] for row in rows}

    def parked_streams(self, source: str, streams: Collection[str]) -> dict[str, int]:
        """Return the highest parked version of those of the streams that are parked."""
        with self._store.single_statements() as connection:
            rows = connection.execute(
                "SELECT stream, max(version) AS version FROM dead_letters"
                " WHERE status = 'parked' AND source = %s AND stream = ANY(%s) GROUP BY stream",
                (source, list(streams)),
            )
            return {row["stream"]: row["version"] for row in rows}

    def park(self, messages: Sequence[Message], failure: Failure) -> None:
        """Park the first message with its failure, and the later ones of its stream behind it."""
        source, stream = messages[0].source, messages[0].stream
        with self._store.connection() as connection, connection.cursor() as cursor:
            lock_stream(cursor, source, stream)
            for message in messages:
                self._insert(cursor, message, failure)
                failure = BEHIND

    def park_behind(self, messages: Sequence[Message]) -> bool:
        """Park the messages if their stream still is parked; return whether it is."""
        source, stream = messages[0].source, messages[0].stream
        with self._store.connection() as connection, connection.cursor() as cursor:
            lock_stream(cursor, source, stream)
            if not _is_parked(cursor, source, stream):
                return False
            for message in messages:
                self._insert(cursor, message, BEHIND)
        return True

    def park_unreadable(self, unreadable: Unreadable, failure: Failure) -> None:
        """Park a message alone: of which stream it is cannot be known.

        The same bytes at the same place are the same message, read again. In a broker that was
        filled anew another message may lie there: it is the next version of that place.
        """
        source, place = unreadable.source, unreadable.stream
        with self._store.connection() as connection, connection.cursor() as cursor:
            lock_stream(cursor, source, place)
            cursor.execute(
                "SELECT record FROM dead_letters WHERE source = %s AND stream = %s",
                (source, place),
            )
            known = [bytes(row["record"]) for row in cursor.fetchall()]
            if unreadable.value not in known:
                row = (source, place, len(known), 0, Jsonb(unreadable.headers), unreadable.value)
                self._insert_row(cursor, row, failure)

    def redrive(self, letter_id: int) -> DeadLetter:
        """Handle one dead letter again and return it as it stands then.

        Raises RefusedError when it is settled or not the first of its stream.
        """
        letter = self._first_of_its_stream(letter_id)
        self._redrive(letter)
        return self.show(letter.id)

    def redrive_stream(self, source: str, stream: str) -> int:
        """Handle what is parked of a stream in order, until one fails; return how many went."""
        handled = 0
        while (letter := self._first_parked(source, stream)) and self._redrive(letter):
            handled += 1
        return handled

    def redrive_waiting(self, source: str) -> int:
        """Handle again what is parked only because its cause had not come; return how many went."""
        waiting = self._select(
            "WHERE status = 'parked' AND source = %s AND error_code = ANY(%s)"
            " ORDER BY id LIMIT 100",
            (source, list(WAITING)),
        )
        return sum(self.redrive_stream(source, letter.stream) for letter in waiting)

    def discard(self, letter_id: int, reason: str) -> DeadLetter:
        """Mark a dead letter as consumed without effect; later ones can then be redriven.

        Raises RefusedError without a reason, or when it is settled or not the first, and
        ConflictError when somebody else settles it at the same moment.
        """
        if not reason.strip():
            raise ReasonMissingError("a dead letter is discarded only with a reason")
        letter = self._first_of_its_stream(letter_id)
        settled = Settled(letter, "discarded", self._clock.now(), reason)
        is_consumed = self._inbox.mark(letter.source, letter.stream) >= letter.version
        try:
            with self._store.connection() as connection, connection.cursor() as cursor:
                if not is_consumed:
                    InboxMark(letter.source, letter.stream, letter.version)(cursor)
                settled(cursor)
        except AlreadyConsumedError as error:
            raise ConflictError(f"somebody else settles dead letter {letter_id}") from error
        return self.show(letter.id)

    def _redrive(self, letter: DeadLetter) -> bool:
        if self._redriver is None:
            raise RefusedError("this process cannot redrive dead letters")
        settled = Settled(letter, "redriven", self._clock.now())
        try:
            self._redriver.redrive(
                from_feed(letter.source, letter.record, letter.position), settled
            )
        except AlreadyConsumedError:
            with contextlib.suppress(AlreadyConsumedError):
                self._settle_consumed(settled)
        except Exception as error:  # noqa: BLE001  # whatever a reaction raises, the letter stays
            self._failed_again(letter, Failure.of(error))
            return False
        return True

    def _settle_consumed(self, settled: Settled) -> None:
        """Settle a letter whose event is consumed; AlreadyConsumedError if it is settled too."""
        with self._store.connection() as connection, connection.cursor() as cursor:
            settled(cursor)

    def _failed_again(self, letter: DeadLetter, failure: Failure) -> None:
        with self._store.connection() as connection:
            connection.execute(
                "UPDATE dead_letters SET attempts = attempts + 1, error_code = %s,"
                " error_detail = %s WHERE id = %s",
                (failure.code, failure.detail, letter.id),
            )

    def _first_of_its_stream(self, letter_id: int) -> DeadLetter:
        letter = self.show(letter_id)
        if letter.status != "parked":
            raise DeadLetterSettledError(
                f"dead letter {letter_id} is {letter.status}", id=letter_id
            )
        first = self._first_parked(letter.source, letter.stream)
        if first is None or first.id != letter_id:
            raise DeadLetterNotFirstError(
                "an earlier message of the stream is parked", id=letter_id
            )
        return letter

    def _first_parked(self, source: str, stream: str) -> DeadLetter | None:
        found = self._select(
            "WHERE status = 'parked' AND source = %s AND stream = %s ORDER BY version LIMIT 1",
            (source, stream),
        )
        return found[0] if found else None

    def _select(self, condition: str, values: tuple[Any, ...]) -> Sequence[DeadLetter]:
        with self._store.single_statements() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM dead_letters {condition}".encode(),  # noqa: S608  # ours
                values,
            )
            return [DeadLetter(**{**row, "record": bytes(row["record"])}) for row in rows]

    def _insert(self, cursor: Cursor[DictRow], message: Message, failure: Failure) -> None:
        row = (message.source, message.stream, message.version, message.position)
        self._insert_row(cursor, (*row, Jsonb(message.headers()), message.raw), failure)

    def _insert_row(self, cursor: Cursor[DictRow], row: tuple[Any, ...], failure: Failure) -> None:
        attempts = int(failure is not BEHIND)
        cursor.execute(
            "INSERT INTO dead_letters (source, stream, version, position, headers, record,"
            " error_code, error_detail, attempts, status, parked_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'parked', %s)"
            " ON CONFLICT (source, stream, version) DO NOTHING",
            (*row, failure.code, failure.detail, attempts, self._clock.now()),
        )


def _is_parked(cursor: Cursor[DictRow], source: str, stream: str) -> bool:
    cursor.execute(
        "SELECT FROM dead_letters WHERE status = 'parked' AND source = %s AND stream = %s LIMIT 1",
        (source, stream),
    )
    return cursor.fetchone() is not None
