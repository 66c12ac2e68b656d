"""Two services of one town, each with a log of its own on the real store, and their trust note."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shared.contracts.log import SiblingCheckpoint, SiblingsAnchored
from shared.embedded import log_keys
from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore
from shared.http.app import create_app
from shared.http.commands import Commands
from shared.http.identity import LocalIssuer, TokenVerifier
from shared.kernel.actor import Role
from shared.kernel.clock import SettableClock
from shared.kernel.errors import NotFoundError, UnavailableError
from shared.kernel.ids import RandomIds
from shared.service.sealing import SealedLog
from shared.settings import ServiceSettings
from shared.tlog.sealer import Sealer
from shared.tlog.siblings import SiblingAnchoring
from shared.tlog.tiles import Tile
from tests.integration.eventstore.drafts import send_back
from tests.integration.http.small_service import served
from tests.integration.tlog.archive import TENANT


@dataclass
class Hall:
    """One service: its store, its sealed log, and what anchors the others."""

    settings: ServiceSettings
    service: str
    clock: SettableClock

    def __post_init__(self) -> None:
        migrate(self.settings.database_url)
        self.store = EventStore(self.service, self.settings.database_url)
        self.log = SealedLog(self.store, self.settings, self.clock, RandomIds())
        sealer = self.log.sealer()
        assert sealer is not None
        self.sealer: Sealer = sealer
        self.since = self.clock.now()

    @property
    def anchoring(self) -> SiblingAnchoring:
        found = self.log.anchoring
        assert found is not None
        return found

    def send_back(self, draft: str, count: int = 1) -> None:
        """Record so much business, and seal it."""
        number = f"{draft}-{self.store.version_of(f'draft/{draft}')}"
        send_back(self.store, draft, *["再改"] * count, number=number)
        self.sealer.seal_all()

    def draw_positions(self, count: int) -> None:
        """Have so many positions drawn by transactions that are undone."""
        with self.store.connection() as connection:
            connection.execute(
                "SELECT nextval('stored_events_notification_id_seq') FROM generate_series(1, %s)",
                (count,),
            )

    def work(self, now: datetime) -> None:
        """Do what the worker does by the clock: anchor, record the state, seal."""
        self.anchoring.look(now)
        size = self.sealer.seal_all().size
        if self.log.states.is_due(size, now, self.since):
            self.sealer.record_state()

    @property
    def anchors(self) -> list[list[SiblingCheckpoint]]:
        found = [one.event for one in self.store.read_stream(f"log/{self.service}")]
        return [event.checkpoints for event in found if isinstance(event, SiblingsAnchored)]

    @property
    def size(self) -> int:
        return self.log.tlog.tree().size


@dataclass
class Neighbours:
    """The other logs, read from their stores; some may be away, one may show something else."""

    halls: Mapping[str, Hall]
    away: set[str] = field(default_factory=set)
    shown: dict[str, bytes] = field(default_factory=dict)
    read: list[Tile] = field(default_factory=list)

    @property
    def services(self) -> Sequence[str]:
        return sorted(self.halls)

    def checkpoint(self, service: str) -> bytes | None:
        if service in self.away:
            raise UnavailableError("nobody is in")
        try:
            return self.shown.get(service) or self.halls[service].log.tlog.checkpoint().encode()
        except NotFoundError:
            return None

    def entries(self, service: str, tile: Tile) -> bytes:
        self.read.append(tile)
        return self.halls[service].log.tlog.tile(tile)


@dataclass
class Town:
    """Several services under one trust note."""

    halls: dict[str, Hall]
    folder: Path
    clock: SettableClock

    @classmethod
    def founded(cls, databases: Mapping[str, str], folder: Path, clock: SettableClock) -> "Town":
        keys = folder / "keys"
        log_keys.prepare(keys, TENANT, list(databases))
        halls = {
            name: Hall(_settings(name, url, folder), name, clock) for name, url in databases.items()
        }
        for name, hall in halls.items():
            others = {other: halls[other] for other in halls if other != name}
            hall.anchoring.siblings = Neighbours(others)
        return cls(halls, folder, clock)

    def neighbours_of(self, name: str) -> Neighbours:
        found = self.halls[name].anchoring.siblings
        assert isinstance(found, Neighbours)
        return found

    @contextmanager
    def open(self, name: str) -> Iterator[str]:
        """Serve one log over HTTP, its sealer at work; yield its address."""
        hall, stop = self.halls[name], threading.Event()
        issuer = LocalIssuer(self.folder / "issuer", clock=self.clock)
        app = create_app(
            name,
            store=hall.store,
            commands=Commands(hall.store, TENANT, self.clock, RandomIds()),
            routers=[hall.log.routes()],
            tokens=TokenVerifier(
                str(issuer.jwks), issuer=issuer.issuer, audience=issuer.audience, clock=self.clock
            ),
            ready=dict,
        )
        thread = threading.Thread(target=hall.sealer.run, args=(stop,))
        thread.start()
        try:
            with served(app) as base:
                yield base
        finally:
            stop.set()
            thread.join(timeout=20)

    def token(self, role: Role) -> str:
        """Return the token of a service or an auditor."""
        issuer = LocalIssuer(self.folder / "issuer", clock=self.clock)
        return issuer.issue("p-somebody", "o-somewhere", role)

    def close(self) -> None:
        for hall in self.halls.values():
            hall.store.close()


def _settings(service: str, database_url: str, folder: Path) -> ServiceSettings:
    return ServiceSettings(
        tenant=TENANT,
        database_url=database_url,
        kafka_bootstrap="127.0.0.1:9",
        jwks="none",
        issuer="none",
        log_key_dir=str(log_keys.log_directory(folder / "keys", service)),
        trust_dir=str(folder / "keys" / "trust"),
    )
