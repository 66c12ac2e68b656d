"""Handles messages of many streams in one transaction: a commit costs more than most reactions.

Only what goes well is handled here. A message that is refused, raced or fails takes no other one
with it: what was taken before it commits, its stream is left to be handled alone, message by
message, and the others go on. So exactly-once, order and parking are as they are alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.eventstore.joint_work import JointWork
from shared.kernel.errors import NotYetSeenError
from shared.messaging.handling import TRANSIENT, Handler, StreamWork
from shared.messaging.headers import Message
from shared.messaging.inbox import InboxRuns
from shared.telemetry.logs import logger
from shared.telemetry.spans import commit_span

_log = logger(__name__)


def handle_together(
    handler: Handler, source: str, planned: Sequence[StreamWork], batch: str = ""
) -> list[StreamWork]:
    """Handle what these streams of one source bring, in the order of positions.

    Returns what is left to be handled alone. Raises nothing of its own: whatever fails is tried
    again alone, and is told there.
    """
    together = _Together(handler, source, batch, {work.stream: work.mark for work in planned})
    runs = [message for work in planned if not work.is_parked for message in _run(work)]
    runs.sort(key=lambda message: message.position)
    if len(runs) > 1:
        together.handle(runs)
    return [left for work in planned if (left := together.left_of(work)) is not None]


def _run(work: StreamWork) -> list[Message]:
    """Return the messages that follow the mark without a gap."""
    reached, run = work.mark, []
    for message in work.messages:
        if message.version == reached + 1:
            run.append(message)
            reached += 1
    return run


@dataclass
class _Together:
    """How far each stream has come, and which ones are left to be handled alone."""

    handler: Handler
    source: str
    batch: str
    marks: dict[str, int]
    alone: set[str] = field(default_factory=set)

    def handle(self, messages: Sequence[Message]) -> None:
        waiting = list(messages)
        while waiting:
            chunk, waiting = waiting[: self.handler.together], waiting[self.handler.together :]
            taken = self._commit_some(chunk)
            waiting = [
                message
                for message in (*chunk[taken:], *waiting)
                if message.stream not in self.alone
            ]

    def left_of(self, work: StreamWork) -> StreamWork | None:
        mark = self.marks[work.stream]
        left = [message for message in work.messages if message.version > mark]
        is_done = not left and mark >= work.needed
        return None if is_done else replace(work, mark=mark, messages=left)

    def _commit_some(self, chunk: Sequence[Message]) -> int:
        """Take messages until one fails, commit these, and return how many are settled."""
        work = JointWork(self.handler.store)
        taken: list[Message] = []
        for message in chunk:
            if not self._take(work, message):
                break
            taken.append(message)
        if taken:
            self._commit(work, taken)
        return len(taken)

    def _take(self, work: JointWork, message: Message) -> bool:
        try:
            self.handler.react_in(work, message, self.batch)
        except Exception as error:  # noqa: BLE001  # tried again alone, where it is judged
            self._leave({message.stream}, error)
            return False
        return True

    def _commit(self, work: JointWork, taken: Sequence[Message]) -> None:
        reached = {message.stream: message.version for message in taken}
        runs = {stream: (self.marks[stream], version) for stream, version in reached.items()}
        try:
            with commit_span(self.handler.store.service, len(taken), self.batch):
                work.commit(InboxRuns(self.source, runs))
        except Exception as error:  # noqa: BLE001  # nothing was stored; tried again alone
            self._leave(set(reached), error)
            return
        self.marks |= reached
        self.handler.committed(taken)

    def _leave(self, streams: set[str], error: Exception) -> None:
        is_of_all = isinstance(error, TRANSIENT) and not isinstance(error, NotYetSeenError)
        self.alone |= set(self.marks) if is_of_all else streams
        _log.info("handled-alone", streams=len(streams), error=type(error).__name__)
