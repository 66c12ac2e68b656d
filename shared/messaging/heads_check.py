"""Finds what nobody would notice: the last event of a quiet stream that Kafka never brought.

Each check compares the inbox marks with the heads of the source's own log. A stream that stands
behind at the same mark in two checks running is told to be healed from the feed.
"""

from collections.abc import Sequence

from shared.messaging.dead_letters import DeadLetters
from shared.messaging.inbox import Inbox
from shared.messaging.source_feed import Head, SourceFeed

PAGE = 500
HEALED_AT_ONCE = 100


class HeadsCheck:
    """Remembers, for each source, which streams stood behind at the last check."""

    def __init__(self, inbox: Inbox, dead_letters: DeadLetters, feed: SourceFeed) -> None:
        self._inbox = inbox
        self._dead_letters = dead_letters
        self._feed = feed
        self._behind: dict[str, dict[str, int]] = {}

    def streams_left_behind(self, source: str) -> list[Head]:
        """Return the heads of streams that stand behind for the second time, oldest first.

        Raises UnavailableError when the source does not answer.
        """
        behind: dict[str, int] = {}
        stuck: list[Head] = []
        before = self._behind.get(source, {})
        checked = after = self._inbox.checked(source)
        while heads := self._feed.heads(source, after, PAGE):
            reached = self._reached(source, heads)
            for head in heads:
                mark = reached.get(head.stream, 0)
                if mark >= head.version:
                    continue
                behind[head.stream] = mark
                if before.get(head.stream) == mark:
                    stuck.append(head)
            after = heads[-1].position
            checked = checked if behind else after
            if len(behind) >= PAGE:
                break
        self._behind[source] = behind
        self._inbox.remember_checked(source, checked)
        return stuck[:HEALED_AT_ONCE]

    def _reached(self, source: str, heads: Sequence[Head]) -> dict[str, int]:
        """Return how far each stream is known here: consumed, or parked and so visible."""
        streams = [head.stream for head in heads]
        marks = self._inbox.marks(source, streams)
        for stream, version in self._dead_letters.parked_streams(source, streams).items():
            marks[stream] = max(marks.get(stream, 0), version)
        return marks
