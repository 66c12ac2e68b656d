"""日志: what each service records about its own sealed log, in its stream `log/<service>`.

These events belong to whichever service records them: their type begins with `log`, the record's
`service` names the owner.
"""

from pydantic import Field

from shared.contracts.base import Code, DataClass, DocumentHash, Event, Facts, Text


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


class StateRecorded(Event, type="log.state-recorded"):
    """The state of all streams that follows from the first `size` records of this log.

    `state_root` is the Merkle root over the `heads` streams in the order of their ids.
    """

    size: int = Field(ge=0)
    state_root: DocumentHash
    heads: int = Field(ge=0)
    reducer: ReducerIdentity


class TrustChanged(Event, type="log.trust-changed"):
    """Another trust note counts from now on; `digest` is that of the whole signed note."""

    version: int = Field(ge=1)
    digest: DocumentHash


class SiblingsAnchored(Event, type="log.siblings-anchored"):
    """Checkpoints of the sibling logs, which thereby are older than this record."""

    checkpoints: list[SiblingCheckpoint] = Field(min_length=1)


class SubjectKeyDestroyed(Event, type="log.subject-key-destroyed"):
    """The key of one data subject is gone: its sealed values can never be read again."""

    subject: Code
    legal_ground: Text
    method: Code
    approved_by: Code


class SealedValuesRead(Event, type="log.sealed-values-read", data_class=DataClass.C4):
    """Somebody read sealed values of these data subjects, for a stated purpose."""

    subjects: list[Code] = Field(min_length=1)
    values: int = Field(ge=1)
    purpose: Text = Field(min_length=1)
