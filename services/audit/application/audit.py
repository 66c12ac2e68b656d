"""The use cases that write: keeping a record, noting a read."""

from dataclasses import dataclass
from datetime import datetime

from services.audit.application.followed_records import FollowedRecords
from services.audit.domain.reads import ReadLog
from shared.contracts.audit import ReadSubject
from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class AuditApplication:
    """Audit as its reactions and routes see it."""

    followed: FollowedRecords

    def keep(self, uow: UnitOfWork, recorded: RecordedEvent) -> None:
        """Keep the record byte for byte, in the transaction of its inbox mark."""
        uow.join(self.followed.keeping(recorded))

    def note_read(
        self,
        uow: UnitOfWork,
        subject: ReadSubject,
        number: str,
        purpose: str,
        *,
        as_of: datetime | None = None,
        digest: str | None = None,
    ) -> None:
        """Note that the actor reads this, and why (R344)."""
        key = ReadLog.key_of(subject, number)
        log = uow.find(ReadLog, key) or uow.create(ReadLog, key)
        log.note(subject, number, uow.actor, purpose, as_of=as_of, digest=digest)
        uow.save(log)
