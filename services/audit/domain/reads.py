"""The log of reads: who looked at what that is sensitive, and why (R344)."""

from datetime import datetime

from shared.contracts.audit import ReadRecorded, ReadSubject
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.actor import Actor
from shared.kernel.errors import InvalidValueError


class ReadLog(Aggregate):
    """All reads of one thing: stream `read/<subject>.<number>`."""

    KIND = "read"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.count = 0

    @staticmethod
    def key_of(subject: ReadSubject, number: str) -> str:
        """Return the key under which the reads of this thing are kept."""
        return f"{subject.value.lower().replace('_', '-')}.{number}"

    def note(
        self,
        subject: ReadSubject,
        number: str,
        reader: Actor,
        purpose: str,
        *,
        as_of: datetime | None = None,
        digest: str | None = None,
    ) -> None:
        """Note one read. Raises InvalidValueError when no purpose is stated."""
        if not purpose.strip():
            raise InvalidValueError("state the purpose of reading", number=number)
        self.record(
            ReadRecorded(
                subject=subject,
                number=number,
                reader=reader.person_ref,
                reader_org=reader.org,
                purpose=purpose,
                as_of=as_of,
                digest=digest,
            )
        )

    @applies(ReadRecorded)
    def _read(self, _: ReadRecorded) -> None:
        self.count += 1
