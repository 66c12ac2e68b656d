"""Which trust note counts stands in the log itself: each new one is recorded once it is published.

So an auditor who has the log knows which notes there were, and none can be swapped afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.telemetry.spans import work_span
from shared.tlog import trust
from shared.tlog.log_book import LogBook
from shared.tlog.log_writer import LogWriter
from shared.tlog.notes import NoteError

TrustNotes = Callable[[], Sequence[bytes]]
"""Returns the published notes, their chain verified; raises NotFoundError, NoteError."""


@dataclass
class TrustChanges:
    """Records the published trust notes in one service's log."""

    writer: LogWriter
    notes: TrustNotes
    _recorded: Sequence[bytes] = ()

    def record(self, now: datetime) -> int:
        """Record every note that is not yet recorded, the oldest first; return how many.

        Raises NoteError when the notes are not the ones that the log knows, NotFoundError.
        """
        notes = self.notes()
        if notes == self._recorded:
            return 0
        with work_span("change-trust"):
            news = self._record(notes, now)
        self._recorded = notes
        return news

    def _record(self, notes: Sequence[bytes], now: datetime) -> int:
        unit, book = self.writer.begin("ChangeTrust", now)
        _require_known(book, notes)
        news = notes[book.trust_version :]
        for version, raw in enumerate(news, start=book.trust_version + 1):
            book.change_trust(version, trust.digest(raw))
        if news:
            unit.save(book)
            unit.commit()
        return len(news)


def _require_known(book: LogBook, notes: Sequence[bytes]) -> None:
    version = book.trust_version
    if version > len(notes):
        raise NoteError(f"trust note {version} is in the log and not in the folder")
    if version and trust.digest(notes[version - 1]) != book.trust_digest:
        raise NoteError(f"the log knows another trust note {version}")
