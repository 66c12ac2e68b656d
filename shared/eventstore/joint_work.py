"""Joint work: several units of work, one after the other, that commit in one transaction.

Each has its own context, so each event says which cause it has. They share what they load: the
second one finds the thing as the first one left it.
"""

from typing import TYPE_CHECKING

from shared.eventstore.aggregate import Aggregate
from shared.eventstore.record import RecordedEvent
from shared.eventstore.recorder import Participant
from shared.eventstore.unit_of_work import UnitOfWork
from shared.kernel.context import Context

if TYPE_CHECKING:
    from shared.eventstore.store import EventStore


class JointWork:
    """The identity map and the events of many units of work.

    A unit of work that fails may have changed what they share: take none after it, only commit
    those taken before, or nothing.
    """

    def __init__(self, store: "EventStore") -> None:
        self._store = store
        self._known: dict[str, Aggregate] = {}
        self._events: list[RecordedEvent] = []
        self._participants: list[Participant] = []

    def begin(self, context: Context) -> UnitOfWork:
        """Begin the next unit of work; it is given back by `take`."""
        return UnitOfWork(self._store, context, expected={}, known=self._known)

    def take(self, done: UnitOfWork) -> None:
        """Have what this unit of work saved stored at the commit, behind what was taken before."""
        events, participants = done.handed_over()
        self._events += events
        self._participants += participants

    def commit(self, *participants: Participant) -> None:
        """Store everything taken and run the participants, all or nothing; raises as `append`."""
        self._store.append(self._events, (*self._participants, *participants))
