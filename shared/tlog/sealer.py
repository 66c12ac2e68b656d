"""The sealer: takes a service's settled records into its log and has every checkpoint signed.

    settled records ── one transaction ──► leaves, tiles, frontier, checkpoint (stored, unsigned)
                       high-water mark ──► signature ──► the note, stored

A sealer that dies between two steps leaves a whole tree and at most unsigned checkpoints; the
next one signs them first. The order is that of positions, and what is settled never changes, so
every sealer seals the same.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.eventstore.store import EventStore
from shared.kernel.clock import Clock
from shared.kernel.errors import ConflictError, NotFoundError, UnavailableError
from shared.messaging.crash_points import CrashPoint, no_crash
from shared.messaging.supervision import Patience
from shared.telemetry.logs import logger
from shared.telemetry.metrics import (
    CHECKPOINTS_SIGNED,
    SEALED_RECORDS,
    SEALING_LAG,
    SEALING_SECONDS,
)
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.lead import Lead
from shared.tlog.notes import NoteError
from shared.tlog.requests import StateRequests
from shared.tlog.signer import CheckpointSigner, StaleTreeError
from shared.tlog.states import StateRecorder
from shared.tlog.store import TlogStore
from shared.tlog.trust_changes import TrustChanges

BATCH = 1_000
AT_LATEST_S = 5.0
LOOKS_EVERY_S = 0.5
STATE_LOOKED_AT_EVERY_S = 30.0
TRUST_LOOKED_AT_EVERY_S = 30.0

_log = logger(__name__)


@dataclass
class Sealer:
    """The one sealer of a service's log; of several processes, the one that leads."""

    store: EventStore
    tlog: TlogStore
    signer: CheckpointSigner
    states: StateRecorder
    clock: Clock
    at: CrashPoint = no_crash
    monotonic: Callable[[], float] = time.monotonic
    batch: int = BATCH
    at_latest: float = AT_LATEST_S
    trust: TrustChanges | None = None

    def __post_init__(self) -> None:
        self._requests = StateRequests(self.tlog)
        self._patience = Patience()
        self._waiting_since: float | None = None
        self._look_at_state = 0.0
        self._look_at_trust = 0.0

    def seal(self) -> Checkpoint | None:
        """Seal the next records and sign; return the checkpoint, None when there is no news.

        Raises StaleTreeError, before anything is sealed, when the database does not hold what
        was signed.
        """
        self._require_whole()
        return self._seal_next()

    def seal_all(self) -> Checkpoint:
        """Seal everything that is settled; return where the log stands then."""
        self._require_whole()
        while self._seal_next() is not None:
            pass
        return self.tlog.present()

    def record_state(self) -> Checkpoint:
        """Seal everything, record the state that follows from it, and seal that record too."""
        size = self.seal_all().size
        position = self.states.record(size, self.clock.now())
        self.at("state")
        sealed = self.seal_all()
        _log.info("state-recorded", service=self.store.service, size=size, position=position)
        return sealed

    def run(self, stop: threading.Event) -> None:
        """Lead and seal until told to stop; raises StaleTreeError and what does not pass."""
        self._patience.reset()
        while not stop.is_set():
            try:
                self._lead(stop)
            except StaleTreeError as error:
                _log.error("sealer-refuses", service=self.store.service, reason=error.detail)
                raise
            except (UnavailableError, ConflictError) as error:
                pause = self._patience.after_failure(error)
                _log.warning("sealer-begins-again", error=error.code, pause=pause)
                stop.wait(pause)

    def _lead(self, stop: threading.Event) -> None:
        with Lead(self.store.database_url, f"sealer/{self.store.service}") as lead:
            if not lead.gained(stop):
                return
            since = self.clock.now()
            _log.info("sealer-leads", origin=self.tlog.origin)
            self.signer.require_not_behind(self.tlog.present())
            self._end_replacing()
            self._sign()
            while not stop.is_set():
                lead.require()
                self._work(since)
                self._patience.reset()
                stop.wait(LOOKS_EVERY_S)

    def _work(self, since: datetime) -> None:
        if self.monotonic() >= self._look_at_trust:
            self._record_trust()
        if self._requests.are_open():
            self._requests.answer(self.record_state)
        elif self._is_due():
            # One batch at a look: a backlog leaves the relay its core (2,000 records a second).
            sealed = self.seal() or self.tlog.present()
            self._record_state_if_due(sealed.size, since)

    def _is_due(self) -> bool:
        """Whether a batch is full or the first unsealed record has waited long enough."""
        waiting = self.store.settled_position() - self.tlog.tree().position
        SEALING_LAG.labels(self.store.service).set(max(0, waiting))
        if waiting <= 0:
            self._waiting_since = None
            return False
        if self._waiting_since is None:
            self._waiting_since = self.monotonic()
        return waiting >= self.batch or self.monotonic() >= self._waiting_since + self.at_latest

    def _record_state_if_due(self, size: int, since: datetime) -> None:
        self._waiting_since = None
        if self.monotonic() < self._look_at_state:
            return
        self._look_at_state = self.monotonic() + STATE_LOOKED_AT_EVERY_S
        if self.states.is_due(size, self.clock.now(), since):
            self.record_state()

    def _require_whole(self) -> None:
        """Require that the database holds what was signed, and have signed what is not yet."""
        self.signer.require_not_behind(self.tlog.present())
        self._sign()

    def _seal_next(self) -> Checkpoint | None:
        settled = self.store.settled_position()
        with SEALING_SECONDS.labels(self.store.service).time():
            sealed = self.tlog.seal(settled, self.batch, self.clock.now())
            self.at("seal")
            self._sign()
        if sealed is not None:
            self._end_replacing()
        self._tell(settled)
        return sealed

    def _record_trust(self) -> None:
        """Record new trust notes; without good ones the log is sealed all the same."""
        self._look_at_trust = self.monotonic() + TRUST_LOOKED_AT_EVERY_S
        if self.trust is None:
            return
        try:
            added = self.trust.record(self.clock.now())
        except (NoteError, NotFoundError) as error:
            _log.error("trust-notes-do-not-count", reason=error.detail)
        else:
            if added:
                _log.info("trust-changed", service=self.store.service, notes=added)

    def _end_replacing(self) -> None:
        if self.signer.is_replacing:
            with suppress(NotFoundError):  # nothing is signed yet
                self.signer.end_replacing(self.tlog.checkpoint())

    def _sign(self) -> None:
        signed = self.tlog.sign(self.signer.sign)
        CHECKPOINTS_SIGNED.labels(self.store.service).inc(len(signed))

    def _tell(self, settled: int) -> None:
        tree = self.tlog.tree()
        SEALED_RECORDS.labels(self.store.service).set(tree.size)
        SEALING_LAG.labels(self.store.service).set(max(0, settled - tree.position))
