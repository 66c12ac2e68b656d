"""The library's mapper, made to keep a record's bytes exactly as they are."""

from typing import TYPE_CHECKING, Any

from eventsourcing.persistence import Mapper, Notification, StoredEvent

from shared.contracts.base import Event
from shared.eventstore.record import Place, RecordedEvent, read_back, told_in
from shared.kernel.errors import ContractError

if TYPE_CHECKING:
    from eventsourcing.domain import DomainEventProtocol


class RecordMapper(Mapper[str]):
    """Stored topic = the declared event type; stored state = the record's own bytes.

    A compressor or a cipher would store other bytes than those hashed and published: refused.
    """

    def __init__(self, transcoder: Any = None, compressor: Any = None, cipher: Any = None) -> None:
        if compressor is not None or cipher is not None:
            raise ValueError("records are stored as they are: no compressor, no cipher")
        super().__init__(transcoder=transcoder)

    def to_stored_event(self, domain_event: "DomainEventProtocol[str]") -> StoredEvent:
        """Return the row of a record; raises ContractError for anything that is not one."""
        if not isinstance(domain_event, RecordedEvent):
            raise ContractError(f"{type(domain_event).__name__} is not a record")
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.record.type,
            state=domain_event.raw,
        )

    def to_event(self, stored_event: StoredEvent) -> Event:
        """Return the event in this row; of its envelope only its place is looked at.

        For who replays a stream: half the work of `to_domain_event`, and the same errors.
        """
        place, event = told_in(stored_event.state)
        _require_place(place, stored_event)
        return event

    def to_domain_event(self, stored_event: StoredEvent) -> RecordedEvent:
        """Return the record in this row, with its position when the row tells it.

        Raises ContractError when the bytes break the contract or stand in another's place.
        """
        position = stored_event.id if isinstance(stored_event, Notification) else 0
        recorded = read_back(stored_event.state, position)
        place = (recorded.originator_id, recorded.originator_version, recorded.record.type)
        _require_place(place, stored_event)
        return recorded


def _require_place(place: Place, row: StoredEvent) -> None:
    if place != (row.originator_id, row.originator_version, row.topic):
        raise ContractError(
            "a record stands in the place of another",
            stream=str(row.originator_id),
            version=row.originator_version,
        )
