"""The unit of work: what one command or reaction loads, decides and stores, all or nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar, cast

from shared.eventstore.aggregate import Aggregate
from shared.eventstore.record import RecordedEvent, compose
from shared.eventstore.recorder import Participant
from shared.kernel.actor import Actor
from shared.kernel.context import Context
from shared.kernel.errors import ConflictError, NotFoundError, StaleVersionError

if TYPE_CHECKING:
    from shared.eventstore.store import EventStore

__all__ = ["Participant", "Receipt", "UnitOfWork"]

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True)
class Receipt:
    """What was stored: the first saved aggregate's place, and everything with its position.

    `position` is the highest, 0 when no event was stored.
    """

    stream: str
    version: int
    position: int
    events: tuple[RecordedEvent, ...]


class UnitOfWork:
    """The identity map of one command or reaction: a thing loaded twice is the same object."""

    def __init__(
        self,
        store: "EventStore",
        context: Context,
        *,
        expected: Mapping[str, int],
        participants: Sequence[Participant] = (),
        known: dict[str, Aggregate] | None = None,
    ) -> None:
        self._store = store
        self.context = context
        self._expected = dict(expected)
        self._participants = tuple(participants)
        self._known: dict[str, Aggregate] = {} if known is None else known
        self._saved: dict[str, Aggregate] = {}

    @property
    def now(self) -> datetime:
        """When the command was accepted, UTC."""
        return self.context.time

    @property
    def actor(self) -> Actor:
        return self.context.actor

    def load(self, cls: type[A], key: str) -> A:
        """Return the thing; raises NotFoundError, StaleVersionError when it has moved on."""
        found = self.find(cls, key)
        if found is None:
            raise NotFoundError(f"there is no {cls.stream_of(key)}", stream=cls.stream_of(key))
        return found

    def find(self, cls: type[A], key: str) -> A | None:
        """Return the thing if it exists; raises StaleVersionError when it has moved on."""
        stream = cls.stream_of(key)
        if stream not in self._known:
            self._known[stream] = self._store.reconstruct(cls, key) or cls(key)
            self._require_expected(stream, self._known[stream].version)
        found = cast(A, self._known[stream])
        return found if found.exists else None

    def fetch(self, cls: type[A], keys: Sequence[str]) -> None:
        """Read these things together, so that `load`, `find` and `create` need not ask for each.

        Raises StaleVersionError when one has moved on.
        """
        missing = [key for key in keys if cls.stream_of(key) not in self._known]
        found = self._store.reconstruct_all(cls, missing)
        for key in missing:
            stream = cls.stream_of(key)
            self._known[stream] = found.get(key) or cls(key)
            self._require_expected(stream, self._known[stream].version)

    def create(self, cls: type[A], key: str) -> A:
        """Return a thing with no events yet; raises ConflictError when it exists."""
        if self.find(cls, key) is not None:
            raise ConflictError(f"{cls.stream_of(key)} exists already", stream=cls.stream_of(key))
        return cast(A, self._known[cls.stream_of(key)])

    def under(self, policy_edition: str) -> None:
        """Say which edition of the policy parameters this decision consulted."""
        self.context = replace(self.context, policy=policy_edition)

    def about(self, correlation: str) -> None:
        """Say which number this decision is about, when its cause names one that must not travel.

        What follows from a lead is about its problem: the lead's number stays where it is (3.4).
        """
        self.context = replace(self.context, correlation=correlation)

    def save(self, *aggregates: Aggregate) -> None:
        """Have these stored at the commit, in this order."""
        for aggregate in aggregates:
            known = self._known.setdefault(aggregate.stream, aggregate)
            if known is not aggregate:
                raise ConflictError(f"{aggregate.stream} stands twice in one unit of work")
            self._saved.setdefault(aggregate.stream, aggregate)

    def join(self, participant: Participant) -> None:
        """Let a table of the service's own take part in the transaction of this commit."""
        self._participants = (*self._participants, participant)

    def commit(
        self,
        participants: Sequence[Participant] = (),
        *,
        answered: Callable[[Receipt], Participant] | None = None,
    ) -> Receipt:
        """Store all events of the saved things and run the participants, in one transaction.

        `answered` makes one more participant out of the receipt, still without positions: it
        stores the answer together with the events.

        Raises ConflictError (somebody else wrote first), StaleVersionError,
        CommandInProgressError, NotCanonicalError or what a participant raises; then nothing was
        stored, and this unit of work is of no more use.
        """
        self._require_all_expected()
        composed = self._composed()
        joined = [*self._participants, *participants]
        if answered is not None:
            joined.append(answered(self._receipt(composed)))
        events = self._store.append(composed, joined)
        receipt = self._receipt(events)
        self._take_over(events)
        return receipt

    def handed_over(self) -> tuple[list[RecordedEvent], Sequence[Participant]]:
        """Return what `commit` would store, for somebody who commits it together with more.

        What was decided but not saved is forgotten, as it would be with this unit of work.
        """
        self._require_all_expected()
        events = self._composed()
        self._take_over(events)
        for stream in [stream for stream, known in self._known.items() if known.pending]:
            del self._known[stream]
        return events, self._participants

    def _composed(self) -> list[RecordedEvent]:
        saved = self._saved.values()
        return [recorded for aggregate in saved for recorded in self._records_of(aggregate)]

    def _records_of(self, aggregate: Aggregate) -> list[RecordedEvent]:
        version, head, records = aggregate.version, aggregate.head, []
        for event in aggregate.pending:
            version += 1
            recorded = compose(
                self._store.service, aggregate.stream, version, head, event, self.context
            )
            head = recorded.digest
            records.append(recorded)
        return records

    def _receipt(self, events: Sequence[RecordedEvent]) -> Receipt:
        position = max((recorded.position for recorded in events), default=0)
        if not self._saved:
            return Receipt("", 0, position, tuple(events))
        first = next(iter(self._saved.values()))
        version = first.version + len(first.pending)
        return Receipt(first.stream, version, position, tuple(events))

    def _take_over(self, events: Sequence[RecordedEvent]) -> None:
        last = {recorded.originator_id: recorded for recorded in events}
        for stream, recorded in last.items():
            aggregate = self._known[stream]
            aggregate.version, aggregate.head = recorded.originator_version, recorded.digest
            aggregate.pending.clear()
        self._saved.clear()

    def _require_expected(self, stream: str, version: int) -> None:
        expected = self._expected.pop(stream, version)
        if expected != version:
            raise StaleVersionError(
                f"{stream} has version {version}, not {expected}", stream=stream, version=version
            )

    def _require_all_expected(self) -> None:
        for stream in list(self._expected):  # named in If-Match, but never loaded
            self._require_expected(stream, self._store.version_of(stream))
