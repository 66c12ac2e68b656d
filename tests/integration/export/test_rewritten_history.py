"""The owner of the key rewrites everything and signs anew: no file shows it, the witness does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from services.audit.application.witnessing import GRACE, Witnessing
from shared.embedded.postgres import EmbeddedPostgres
from shared.tlog.cosignatures import cosignatures
from shared.tlog.notes import Signature
from shared.tlog.trust import LogKey, Trust
from shared.tlog.witness import FileMemory, Witness
from tests.integration.eventstore.drafts import SERVICE
from tests.integration.export.feedback_office import WITNESS
from tests.integration.tlog.archive import TENANT, Archive

PLACE = "position(convert_to('再改', 'UTF8') IN state)"
SET = f"state = overlay(state PLACING convert_to('通过', 'UTF8') FROM {PLACE})"
ALTER = (f"UPDATE stored_events SET {SET} WHERE notification_id = 3",)  # noqa: S608  # constants
REMOVE = ("DELETE FROM stored_events WHERE notification_id = 7",)
SWAP = (
    "UPDATE stored_events SET notification_id = -notification_id WHERE notification_id IN (3, 4)",
    "UPDATE stored_events SET notification_id = 7 + notification_id WHERE notification_id < 0",
)


@dataclass
class Auditor:
    """Audit, as far as it is a witness: it received every record when it was new."""

    archive: Archive
    memory: Path
    received: list[tuple[int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        trust = Trust(TENANT, 1, "-", (LogKey(SERVICE, self.archive.signer.vkey),))
        memory, clock = FileMemory(self.memory), self.archive.clock
        self.witnessing = Witnessing(
            logs=self,
            received=self.after,
            count_received=lambda _, to: sum(1 for at, _ in self.received if at <= to),
            witness=Witness(WITNESS, memory, lambda _: (), clock),
            trust=lambda: trust,
        )

    @property
    def services(self) -> list[str]:
        return [SERVICE]

    def checkpoint(self, service: str) -> bytes:
        return self.archive.note().encode()

    def add_cosignature(self, service: str, size: int, line: str) -> None:
        self.archive.tlog.add_cosignatures(size, [Signature.parse(line)])

    def after(self, service: str, position: int, limit: int) -> Sequence[tuple[int, bytes]]:
        return [one for one in self.received if one[0] > position][:limit]

    def receive(self) -> None:
        """Receive what is new, as over Kafka."""
        last = self.received[-1][0] if self.received else 0
        self.received += [(one.position, one.raw) for one in self.archive.store.read(last, 1000)]

    def cosigns(self) -> bool:
        """Look now and again when the grace is over; tell whether the last one is cosigned."""
        now = self.archive.clock.now()
        for at in (now, now + GRACE):
            self.witnessing.look(at)
        return bool(cosignatures(self.archive.note(), [WITNESS.vkey]))


@pytest.fixture
def archive(database_url: str, tmp_path: Path) -> Iterator[Archive]:
    founded = Archive.founded(database_url, tmp_path / "keys")
    yield founded
    founded.close()


def rewrite(archive: Archive, postgres: EmbeddedPostgres, *statements: str) -> None:
    """Do this as a superuser, then forget the sealed log and what was signed of it."""
    database = str(conninfo_to_dict(archive.database_url)["dbname"])
    forget = (
        "DELETE FROM tlog_leaves; DELETE FROM tlog_tiles; DELETE FROM tlog_cosignatures;"
        "DELETE FROM tlog_checkpoints; UPDATE tlog_tree SET size = 0, position = 0, frontier = ''"
    )
    with psycopg.connect(postgres.administrator_uri(database), autocommit=True) as connection:
        connection.execute("ALTER TABLE stored_events DISABLE TRIGGER ALL")
        for statement in (*statements, *forget.split(";")):
            connection.execute(statement.encode())
    (archive.keys / "log.mark").unlink()


@pytest.mark.parametrize("statements", [ALTER, REMOVE, SWAP], ids=["altered", "removed", "swapped"])
def test_a_rewritten_and_newly_signed_log_is_never_cosigned(
    archive: Archive, postgres: EmbeddedPostgres, tmp_path: Path, statements: Sequence[str]
) -> None:
    auditor = Auditor(archive, tmp_path / "witness.sqlite")
    archive.send_back("D1", 10)
    archive.sealer.seal_all()
    auditor.receive()
    assert auditor.cosigns()

    rewrite(archive, postgres, *statements)
    archive.send_back("D2", 5)
    archive.sealer.seal_all()
    assert archive.is_whole()  # by itself it looks perfect
    auditor.receive()
    assert not auditor.cosigns()
