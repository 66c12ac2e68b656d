"""Anchoring: the last checkpoints of the sibling logs become a record of this log.

Each log thereby says that its siblings were so far when it came here; one log with a witness
fixes the age of all of them. An anchor makes a log grow, which is no news for the others: two
logs in which nothing else happens do not anchor each other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.contracts.log import SiblingCheckpoint, SiblingsAnchored, StateRecorded
from shared.eventstore import canonical
from shared.kernel.errors import ConflictError, ContractError, DubanError
from shared.kernel.periods import civil_date
from shared.telemetry.logs import logger
from shared.telemetry.spans import work_span
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.log_book import LogBook
from shared.tlog.log_writer import LogWriter
from shared.tlog.notes import Note, NoteError
from shared.tlog.tiles import ENTRIES, WIDTH, Tile, decode_bundle, width_at
from shared.tlog.trust import Trust

EVERY_POSITIONS = 10_000
TRIES = 3
LOOKED_THROUGH = WIDTH
"""Records of a sibling that are read to see whether they are news; more of them always are."""

NO_NEWS = frozenset({SiblingsAnchored.TYPE, StateRecorded.TYPE})
"""What a log records of itself by the clock: it follows from nothing that happened."""

_log = logger(__name__)


class SiblingLogs(Protocol):
    """Where the sibling logs are. Both raise UnavailableError when one does not answer."""

    @property
    def services(self) -> Sequence[str]: ...

    def checkpoint(self, service: str) -> bytes | None:
        """Return its last signed checkpoint, None before the first."""
        ...

    def entries(self, service: str, tile: Tile) -> bytes:
        """Return a bundle of its records."""
        ...


class Look(NamedTuple):
    """A look at the siblings: when, and how far our own log was settled then."""

    at: datetime
    position: int


@dataclass
class SiblingAnchoring:
    """Anchors the siblings of one log: daily, after many records of our own, and when asked."""

    writer: LogWriter
    siblings: SiblingLogs
    trust: Callable[[], Trust]
    _looked: Look | None = None

    def look(self, now: datetime) -> int:
        """Anchor when it is time; return how many checkpoints were recorded.

        It is time on another day (Beijing) than that of the last look, and 10,000 positions after
        it. A sibling that did not answer makes the next call look again.
        """
        looked = self._looked = self._looked or self._anchored_last() or Look(now, 0)
        settled = self.writer.events.settled_position()
        is_another_day = civil_date(now) > civil_date(looked.at)
        if not is_another_day and settled < looked.position + EVERY_POSITIONS:
            return 0
        return self.anchor(now)

    def anchor(self, now: datetime) -> int:
        """Record the checkpoints of all siblings that have news; return how many.

        Raises ConflictError when others keep writing the log book at the same time.
        """
        with work_span("anchor-siblings"):
            for _ in range(TRIES - 1):
                try:
                    return self._anchor(now)
                except ConflictError:
                    _log.info("siblings-are-anchored-again", service=self.writer.events.service)
            return self._anchor(now)

    def _anchor(self, now: datetime) -> int:
        settled = self.writer.events.settled_position()
        unit, book = self.writer.begin("AnchorSiblings", now)
        looking = _Looking(self.siblings, self.trust, book)
        found = looking.news()
        if found:
            book.anchor_siblings(found)
            unit.save(book)
            unit.commit()
        if not looking.unanswered:
            self._looked = Look(now, settled)
        return len(found)

    def _anchored_last(self) -> Look | None:
        """Return when siblings were anchored last, by whichever process; None = never."""
        events = self.writer.events
        with events.connection() as connection:
            row = connection.execute(
                "SELECT convert_from(state, 'UTF8')::json ->> 'time' AS time,"
                " notification_id AS position FROM stored_events"
                " WHERE originator_id = %s AND topic = %s ORDER BY originator_version DESC LIMIT 1",
                (LogBook.stream_of(events.service), SiblingsAnchored.TYPE),
            ).fetchone()
        return Look(datetime.fromisoformat(row["time"]), row["position"]) if row else None


@dataclass
class _Looking:
    """One look at all siblings; a sibling with which something is wrong hides no other one."""

    siblings: SiblingLogs
    trust: Callable[[], Trust]
    book: LogBook
    unanswered: int = 0

    def news(self) -> list[SiblingCheckpoint]:
        return [one for service in self.siblings.services for one in self._news_of(service)]

    def _news_of(self, service: str) -> Iterator[SiblingCheckpoint]:
        try:
            at = self._signed(service)
            if at is not None and self._has_news(service, at):
                yield SiblingCheckpoint(origin=at.origin, size=at.size, root=at.root.hex())
        except ContractError as error:
            _log.error("sibling-is-not-anchored", source=service, reason=error.detail)
        except DubanError as error:
            self.unanswered += 1
            _log.warning("sibling-does-not-answer", source=service, error=error.code)

    def _signed(self, service: str) -> Checkpoint | None:
        """Return its checkpoint, signed by a key that counts; raises NoteError."""
        raw = self.siblings.checkpoint(service)
        if raw is None:
            return None
        note = Note.parse(raw)
        at = Checkpoint.parse(note.text)
        keys = [key for key in self.trust().keys_for(service, at.size) if key.name == at.origin]
        if not keys or not note.signers(keys):
            raise NoteError("no key that counts signed the checkpoint")
        return at

    def _has_news(self, service: str, at: Checkpoint) -> bool:
        """Whether more was recorded there than anchors and states; raises NoteError."""
        before = self.book.anchored.get(at.origin)
        known = before.size if before else 0
        if at.size < known:
            raise NoteError(f"it has {at.size} records, {known} were anchored here")
        if at.size - known > LOOKED_THROUGH:
            return True
        return any(_type_of(raw) not in NO_NEWS for raw in self._records(service, known, at.size))

    def _records(self, service: str, first: int, end: int) -> Iterator[bytes]:
        for number in range(first // WIDTH, -(-end // WIDTH)):
            tile = Tile(ENTRIES, number, width_at(ENTRIES, number, end))
            start = number * WIDTH
            records = decode_bundle(self.siblings.entries(service, tile))
            yield from records[max(first - start, 0) :]


def _type_of(raw: bytes) -> str:
    return str(canonical.decode(raw).get("type"))
