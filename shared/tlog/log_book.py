"""What a service records about its own sealed log: the stream `log/<service>`."""

from shared.contracts.log import (
    ReducerIdentity,
    SealedValuesRead,
    SiblingCheckpoint,
    SiblingsAnchored,
    StateRecorded,
    SubjectKeyDestroyed,
    TrustChanged,
)
from shared.eventstore.aggregate import Aggregate, applies
from shared.kernel.errors import RefusedError


class LogBook(Aggregate):
    """The log book of one service."""

    KIND = "log"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.state_size = 0
        self.trust_version = 0
        self.trust_digest = ""
        self.anchored: dict[str, SiblingCheckpoint] = {}

    def record_state(
        self, size: int, state_root: bytes, heads: int, reducer: ReducerIdentity
    ) -> None:
        """Record the state of the first `size` records."""
        if size < self.state_size:
            raise RefusedError(f"the state of {self.state_size} records is recorded already")
        self.record(
            StateRecorded(size=size, state_root=state_root.hex(), heads=heads, reducer=reducer)
        )

    def change_trust(self, version: int, digest: str) -> None:
        """Record that another trust note counts from now on."""
        if version <= self.trust_version:
            raise RefusedError(f"trust note {self.trust_version} counts already")
        self.record(TrustChanged(version=version, digest=digest))

    def anchor_siblings(self, checkpoints: list[SiblingCheckpoint]) -> None:
        """Record checkpoints of the sibling logs; none may be older than the one before."""
        for one in checkpoints:
            before = self.anchored.get(one.origin)
            if before is not None and one.size <= before.size:
                raise RefusedError(f"{one.origin} is anchored at {before.size} records already")
        self.record(SiblingsAnchored(checkpoints=checkpoints))

    def destroy_subject_key(
        self, subject: str, legal_ground: str, method: str, approved_by: str
    ) -> None:
        """Record that a data subject's key was destroyed."""
        self.record(
            SubjectKeyDestroyed(
                subject=subject, legal_ground=legal_ground, method=method, approved_by=approved_by
            )
        )

    def note_values_read(self, subjects: list[str], values: int, purpose: str) -> None:
        """Note that sealed values of these data subjects were read."""
        self.record(SealedValuesRead(subjects=subjects, values=values, purpose=purpose))

    @applies(StateRecorded)
    def _state_recorded(self, event: StateRecorded) -> None:
        self.state_size = event.size

    @applies(TrustChanged)
    def _trust_changed(self, event: TrustChanged) -> None:
        self.trust_version, self.trust_digest = event.version, event.digest

    @applies(SiblingsAnchored)
    def _siblings_anchored(self, event: SiblingsAnchored) -> None:
        self.anchored = {**self.anchored, **{one.origin: one for one in event.checkpoints}}

    @applies(SubjectKeyDestroyed, SealedValuesRead)
    def _noted(self, event: SubjectKeyDestroyed | SealedValuesRead) -> None:
        """Nothing is decided from these."""
