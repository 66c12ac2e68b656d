"""The witness: cosigns a service's checkpoint only when it holds what audit itself received.

    records over Kafka ──► tree, computed here ──┐
    checkpoint over HTTP ── signed, continues ───┴─► equal? ──► remembered, then cosigned
                                                     else: an alarm, never a cosignature

What is still on its way is waited for; what stays different is an alarm. The memory of the last
checkpoint of each log lies outside the database: no restore takes it back.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.kernel.errors import DubanError
from shared.telemetry.logs import logger
from shared.telemetry.metrics import WITNESS_ALARMS, WITNESSED_RECORDS
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import Frontier, leaf_hash
from shared.tlog.notes import Note, NoteError
from shared.tlog.trust import Trust
from shared.tlog.witness import Witness

GRACE = timedelta(seconds=30)
"""How long records may still be on their way before a difference becomes an alarm."""

PAGE = 2_000

_log = logger(__name__)

Received = Callable[[str, int, int], Sequence[tuple[int, bytes]]]
"""Returns positions and records of a service after a position, in order, at most so many."""

CountReceived = Callable[[str, int], int]
"""Returns how many records of a service were received up to a position."""


class SealedLogs(Protocol):
    """Where the services' checkpoints are."""

    @property
    def services(self) -> list[str]: ...

    def checkpoint(self, service: str) -> bytes | None: ...

    def add_cosignature(self, service: str, size: int, line: str) -> None: ...


@dataclass(frozen=True)
class Tree:
    """A service's tree as far as it was computed here, and the position of its last record."""

    frontier: Frontier = field(default_factory=Frontier)
    position: int = 0


class MismatchError(DubanError):
    """A log is not what was received of it, or not what it was; `reason` says in which way."""

    code = "witness-mismatch"
    title = "The witness does not cosign"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass
class Witnessing:
    """Watches all logs. One at a time: it is run by a timer of the service."""

    logs: SealedLogs
    received: Received
    count_received: CountReceived
    witness: Witness
    trust: Callable[[], Trust]
    grace: timedelta = GRACE
    _trees: dict[str, Tree] = field(default_factory=dict)
    _suspected: dict[str, datetime] = field(default_factory=dict)

    def look(self, now: datetime) -> int:
        """Look at every log once; return how many checkpoints were cosigned."""
        return sum(self._look_at(service, now) for service in self.logs.services)

    def _look_at(self, service: str, now: datetime) -> bool:
        """Look at one log; whatever is wrong with it must not keep us from the others."""
        try:
            raw = self.logs.checkpoint(service)
            if raw is None:
                return False
            return self._cosigned(service, raw, now)
        except MismatchError as mismatch:
            self._alarm(service, mismatch.reason, mismatch.detail)
        except NoteError as error:
            self._alarm(service, error.code, error.detail)
        except DubanError as error:
            _log.warning("witness-cannot-look", source=service, error=error.code)
        return False

    def _cosigned(self, service: str, raw: bytes, now: datetime) -> bool:
        note = Note.parse(raw)
        at = self._signed(service, note)
        last = self.witness.memory.last(at.origin)
        _require_later(last, at)
        if any(one.is_of(self.witness.signer.vkey) for one in note.signatures):
            return False
        if not self._is_as_received(service, last, at, now):
            return False
        if last != at and not self.witness.memory.advance(last, at):
            return False
        self.logs.add_cosignature(service, at.size, str(self.witness.cosign(at)))
        WITNESSED_RECORDS.labels(service).set(at.size)
        return True

    def _signed(self, service: str, note: Note) -> Checkpoint:
        at = Checkpoint.parse(note.text)
        keys = self.trust().keys_for(service, at.size)
        if at.origin not in [key.name for key in keys] or not note.signers(keys):
            raise MismatchError("untrusted-key", "no key that counts signed the checkpoint")
        return at

    def _is_as_received(
        self, service: str, last: Checkpoint, at: Checkpoint, now: datetime
    ) -> bool:
        """Whether the tree computed here has this root; raises MismatchError after the grace."""
        known = self._past(service, last)
        tree = self._grown(service, known, at.size) if known is not None else None
        if tree is None:
            return False
        if self.count_received(service, tree.position) != tree.frontier.size:
            return self._suspect(service, now, "unsealed-record", "a received record is not sealed")
        if tree.frontier.root() != at.root:
            detail = f"what was received gives another root at size {at.size}"
            return self._suspect(service, now, "root-differs", detail)
        self._trees[service] = tree
        self._suspected.pop(service, None)
        return True

    def _past(self, service: str, last: Checkpoint) -> Tree | None:
        """Return the tree at the size that was cosigned last; after a restart, computed anew."""
        known = self._trees.get(service, Tree())
        if known.frontier.size >= last.size:
            return known
        tree = self._grown(service, known, last.size)
        if tree is not None and tree.frontier.root() != last.root:
            detail = f"what was received is not what was cosigned at size {last.size}"
            raise MismatchError("own-records-differ", detail)
        return tree

    def _grown(self, service: str, known: Tree, size: int) -> Tree | None:
        """Return the tree grown to this size, None while records are still missing."""
        frontier, last = known.frontier.copy(), known.position
        for position, raw in self._records(service, last, size - frontier.size):
            frontier.append(leaf_hash(raw))
            last = position
        return Tree(frontier, last) if frontier.size == size else None

    def _records(self, service: str, after: int, count: int) -> Iterator[tuple[int, bytes]]:
        while count > 0:
            page = self.received(service, after, min(count, PAGE))
            yield from page
            if not page:
                return
            after, count = page[-1][0], count - len(page)

    def _suspect(self, service: str, now: datetime, reason: str, detail: str) -> bool:
        since = self._suspected.setdefault(service, now)
        if now - since >= self.grace:
            raise MismatchError(reason, detail)
        _log.info("witness-waits", source=service, reason=reason)
        return False

    def _alarm(self, service: str, reason: str, detail: str) -> None:
        """Count and tell every time: the alarm stands until the log is what it was."""
        WITNESS_ALARMS.labels(service, reason).inc()
        _log.error("witness-alarm", source=service, reason=reason, detail=detail)


def _require_later(last: Checkpoint, at: Checkpoint) -> None:
    if at.size < last.size:
        detail = f"the log has {at.size} records, {last.size} were cosigned"
        raise MismatchError("rollback", detail)
    if at.size == last.size and at.root != last.root:
        raise MismatchError("fork", f"another root was cosigned at size {at.size}")
