"""A small archive on the real PostgreSQL: drafts are sent back, and the log of it is sealed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from shared.embedded.postgres import EmbeddedPostgres
from shared.eventstore.migrations import migrate
from shared.eventstore.store import EventStore
from shared.kernel.clock import SettableClock
from shared.kernel.ids import RandomIds
from shared.messaging.crash_points import CrashPoint, no_crash
from shared.tlog import merkle
from shared.tlog.checkpoints import Checkpoint, opened, origin_of
from shared.tlog.notes import Note
from shared.tlog.sealer import Sealer
from shared.tlog.signer import CheckpointSigner, FileSigner
from shared.tlog.states import StateRecorder
from shared.tlog.store import TlogStore
from tests.integration.eventstore.drafts import SERVICE, send_back

TENANT = "city:yunlan"
ORIGIN = origin_of("duban.invalid", TENANT, SERVICE)
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass
class Archive:
    """One database, one directory of keys, one sealer."""

    database_url: str
    keys: Path
    at: CrashPoint = no_crash
    batch: int = 1_000

    @classmethod
    def founded(cls, database_url: str, keys: Path) -> "Archive":
        migrate(database_url)
        FileSigner.create(keys / "log.key", ORIGIN)
        return cls(database_url, keys)

    def __post_init__(self) -> None:
        self.clock = SettableClock(MONDAY)

    @cached_property
    def store(self) -> EventStore:
        return EventStore(SERVICE, self.database_url)

    @cached_property
    def tlog(self) -> TlogStore:
        return TlogStore(self.store, ORIGIN)

    @cached_property
    def states(self) -> StateRecorder:
        return StateRecorder(self.store, self.tlog, TENANT, RandomIds())

    @cached_property
    def signer(self) -> CheckpointSigner:
        return CheckpointSigner.in_directory(self.keys, self.at)

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(
            self.store, self.tlog, self.signer, self.states, self.clock, self.at, batch=self.batch
        )

    def send_back(self, key: str, count: int = 1) -> None:
        """Send a draft back so many times, in one command."""
        done = self.store.version_of(f"draft/{key}")
        send_back(self.store, key, *["再改"] * count, number=f"{key}-{done}")

    def records(self) -> list[bytes]:
        """Return the stored records in the order of their positions."""
        return [recorded.raw for recorded in self.store.read(0, 100_000)]

    def note(self, size: int | None = None) -> Note:
        return self.tlog.checkpoint(size)

    def signed_checkpoint(self) -> Checkpoint:
        """Return the last checkpoint, its signature verified."""
        found, _ = opened(self.note().encode(), ORIGIN, [self.signer.vkey])
        return found

    def is_whole(self) -> bool:
        """Whether records, leaves, tiles, frontier and signed checkpoint all say the same."""
        leaves = [merkle.leaf_hash(record) for record in self.records()]
        size, root = len(leaves), merkle.root_of(leaves)
        present = Checkpoint(ORIGIN, size, root)
        told = [self.tlog.present(), self.signed_checkpoint()]
        return (
            told == [present, present]
            and merkle.tree_root(self.tlog.hashes(size), size) == root
            and self.tlog.records(0, size + 1) == self.records()
        )

    def close(self) -> None:
        self.store.close()


def copied(postgres: EmbeddedPostgres, database_url: str, name: str) -> str:
    """Return the address of a copy of this database, as a backup would give it back."""
    source = str(conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(postgres.administrator_uri(), autocommit=True) as connection:
        connection.execute(
            SQL("CREATE DATABASE {0} TEMPLATE {1} OWNER {2}").format(
                Identifier(name), Identifier(source), Identifier(postgres.user)
            )
        )
    return postgres.uri(name)
