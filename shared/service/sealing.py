"""A service's sealed log, put together from its settings."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fastapi import APIRouter

from shared.eventstore.store import EventStore
from shared.kernel.clock import Clock
from shared.kernel.errors import UnavailableError
from shared.kernel.ids import Ids
from shared.settings import ServiceSettings
from shared.telemetry.logs import logger
from shared.tlog.api import log_routes
from shared.tlog.checkpoints import origin_of
from shared.tlog.sealer import Sealer
from shared.tlog.signer import CheckpointSigner
from shared.tlog.states import StateRecorder
from shared.tlog.store import TlogStore


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

    def routes(self) -> APIRouter:
        """Return the routes over the log. They need no signing key."""
        settings = self.settings
        seals = bool(settings.log_key_dir)
        return log_routes(self.tlog, self.states, settings.witness_vkeys, seals=seals)

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
        return Sealer(self.store, self.tlog, signer, self.states, self.clock)
