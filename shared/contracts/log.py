"""日志: what each service records about its own sealed log, in its stream `log/<service>`.

These events belong to whichever service records them: their type begins with `log`, the record's
`service` names the owner.
"""

from pydantic import Field

from shared.contracts.base import Code, DocumentHash, Event, Facts, Text


class ReducerIdentity(Facts):
    """Which reducers computed a state: `digest` is SHA-256 over their source files."""

    name: Code
    version: Code
    digest: DocumentHash


class SiblingCheckpoint(Facts):
    """The checkpoint of another log, as it was seen."""

    origin: Text
    size: int = Field(ge=0)
    root: DocumentHash


class LogStateRecorded(Event, type="log.state-recorded"):
    """The state of all streams that follows from the first `size` records of this log.

    `state_root` is the Merkle root over the `heads` streams in the order of their ids.
    """

    size: int = Field(ge=0)
    state_root: DocumentHash
    heads: int = Field(ge=0)
    reducer: ReducerIdentity


class LogTrustChanged(Event, type="log.trust-changed"):
    """Another trust note counts from now on; `digest` is that of the whole signed note."""

    version: int = Field(ge=1)
    digest: DocumentHash


class LogSiblingsAnchored(Event, type="log.siblings-anchored"):
    """Checkpoints of the sibling logs, which thereby are older than this record."""

    checkpoints: list[SiblingCheckpoint] = Field(min_length=1)


class LogSubjectKeyDestroyed(Event, type="log.subject-key-destroyed"):
    """The key of one data subject is gone: its sealed values can never be read again."""

    subject: Code
    legal_ground: Text
    method: Code
    approved_by: Code
