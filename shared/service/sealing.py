"""A service's sealed log, put together from its settings."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fastapi import APIRouter

from shared.eventstore.store import EventStore
from shared.export.trust_folder import TrustFolder
from shared.kernel.clock import Clock
from shared.kernel.errors import UnavailableError
from shared.kernel.ids import Ids
from shared.settings import ServiceSettings
from shared.telemetry.logs import logger
from shared.tlog.api import log_routes
from shared.tlog.checkpoints import origin_of
from shared.tlog.log_writer import LogWriter
from shared.tlog.sealer import Sealer
from shared.tlog.sibling_logs import HttpSiblingLogs
from shared.tlog.siblings import SiblingAnchoring
from shared.tlog.signer import CheckpointSigner
from shared.tlog.states import StateRecorder
from shared.tlog.store import TlogStore
from shared.tlog.trust_changes import TrustChanges


@dataclass(frozen=True)
class SealedLog:
    """The log over one store; without a directory of keys it is not sealed."""

    store: EventStore
    settings: ServiceSettings
    clock: Clock
    ids: Ids

    @cached_property
    def tlog(self) -> TlogStore:
        """The log in the database."""
        settings = self.settings
        origin = origin_of(settings.log_origin, settings.tenant, self.store.service)
        return TlogStore(self.store, origin)

    @cached_property
    def states(self) -> StateRecorder:
        """What records the state in the log."""
        return StateRecorder(self.store, self.tlog, self.settings.tenant, self.ids)

    @cached_property
    def anchoring(self) -> SiblingAnchoring | None:
        """What anchors the sibling logs, None when the log is not sealed or no trust is named."""
        settings, service = self.settings, self.store.service
        if not settings.log_key_dir or not settings.trust_dir:
            return None
        siblings = HttpSiblingLogs.of(settings.sources, service, settings.service_token)
        writer = LogWriter(self.store, settings.tenant, self.ids, via="timer")
        return SiblingAnchoring(writer, siblings, lambda: self._trust_folder().newest)

    def routes(self) -> APIRouter:
        """Return the routes over the log. They need no signing key."""
        settings = self.settings
        return log_routes(
            self.tlog,
            self.states,
            settings.witness_vkeys,
            seals=bool(settings.log_key_dir),
            anchor=lambda: self.anchoring and self.anchoring.anchor(self.clock.now()),
        )

    def sealer(self) -> Sealer | None:
        """Return what seals the log, None when no directory of keys is set.

        Raises UnavailableError when the key is missing or that of another log.
        """
        if not self.settings.log_key_dir:
            logger(__name__).warning("log-is-not-sealed", reason="DUBAN_LOG_KEY_DIR is not set")
            return None
        signer = CheckpointSigner.in_directory(Path(self.settings.log_key_dir))
        if signer.origin != self.tlog.origin:
            raise UnavailableError(
                f"the key signs for {signer.origin}, this log is {self.tlog.origin}"
            )
        trust = self._trust_changes()
        return Sealer(self.store, self.tlog, signer, self.states, self.clock, trust=trust)

    def _trust_changes(self) -> TrustChanges | None:
        if not self.settings.trust_dir:
            logger(__name__).warning("trust-is-not-recorded", reason="DUBAN_TRUST_DIR is not set")
            return None
        writer = LogWriter(self.store, self.settings.tenant, self.ids)
        return TrustChanges(writer, lambda: self._trust_folder().verified_notes())

    def _trust_folder(self) -> TrustFolder:
        return TrustFolder.read(Path(self.settings.trust_dir))
