"""审计: reading what is sensitive is itself recorded. The audit service decides nothing else."""

from enum import StrEnum

from pydantic import Field

from shared.contracts.base import Code, DataClass, DocumentHash, Event, Text, UtcTime


class ReadSubject(StrEnum):
    """What was looked at (R344)."""

    LEAD = "LEAD"
    ACCOUNTABILITY_FILE = "ACCOUNTABILITY_FILE"
    EXPORT = "EXPORT"


class ReadRecorded(Event, type="audit.read-recorded", data_class=DataClass.C4):
    """Somebody read a lead or an accountability file, or took an export, for a stated purpose.

    `as_of` is the instant that was looked at, absent for the present; `digest` that of an
    exported file.
    """

    subject: ReadSubject
    number: Code
    reader: Code
    reader_org: Code
    purpose: Text = Field(min_length=1)
    as_of: UtcTime | None = None
    digest: DocumentHash | None = None
