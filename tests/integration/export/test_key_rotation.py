"""A log's key is replaced: the log records the new trust note, both keys meet in one checkpoint."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.contracts.log import TrustChanged
from shared.embedded import log_keys
from shared.eventstore.migrations import migrate
from shared.export.exporter import Wanted, export
from shared.export.sources import SealedValue
from shared.export.trust_folder import TrustFolder
from shared.kernel.ids import RandomIds
from shared.service.sealing import SealedLog
from shared.settings import ServiceSettings
from shared.tlog import checkpoints, trust
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.notes import Note, Signer, VerifierKey
from shared.tlog.signer import FileSigner
from shared.tlog.tiles import Tile
from tests.integration.eventstore.drafts import SERVICE
from tests.integration.export.conftest import Judge
from tests.integration.tlog.archive import TENANT, Archive
from tests.support.eventually import eventually


@dataclass
class Registry:
    """A service's log on the real store; its keys and trust notes lie where `duban up` keeps them.

    It is also what an export asks; `forger` signs the last checkpoint in place of the log.
    """

    database_url: str
    folder: Path
    forger: Signer | None = None
    services: Sequence[str] = field(default=(SERVICE,))

    def __post_init__(self) -> None:
        migrate(self.database_url)
        log_keys.prepare(self.folder, TENANT, self.services)
        self.archive = Archive(self.database_url, log_keys.log_directory(self.folder, SERVICE))

    @property
    def trust(self) -> TrustFolder:
        return TrustFolder.read(self.folder / "trust")

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let the sealer run, made from settings as the worker makes it."""
        settings = ServiceSettings(
            tenant=TENANT, database_url=self.database_url, kafka_bootstrap="127.0.0.1:9",
            jwks="none", issuer="none", log_key_dir=str(self.archive.keys),
            trust_dir=str(self.folder / "trust"),
        )  # fmt: skip
        log = SealedLog(self.archive.store, settings, self.archive.clock, RandomIds())
        sealer = log.sealer()
        assert sealer is not None
        sealer.at_latest = 0.0
        stop = threading.Event()
        thread = threading.Thread(target=sealer.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=20)

    def send_back(self, draft: str, count: int) -> Checkpoint:
        """Record so much and return the checkpoint that covers all of it."""
        self.archive.send_back(draft, count)
        eventually(self._is_all_sealed, within=30)
        return self.last

    def replace_key(self) -> None:
        """Put the key aside; the next start draws a new one and publishes the next trust note."""
        keys = self.archive.keys
        (keys / "log.key").rename(keys / "log.previous.key")
        log_keys.prepare(self.folder, TENANT, self.services)

    def key(self, name: str = "log.key") -> VerifierKey:
        return FileSigner(self.archive.keys / name).vkey

    @property
    def last(self) -> Checkpoint:
        return Checkpoint.parse(self.archive.note().text)

    @property
    def changes(self) -> list[TrustChanged]:
        found = [one.event for one in self.archive.store.read_stream(f"log/{SERVICE}")]
        return [event for event in found if isinstance(event, TrustChanged)]

    def signers(self, keys: Sequence[VerifierKey]) -> list[list[VerifierKey]]:
        """Return which of these keys signed each checkpoint, the first first."""
        with self.archive.store.connection() as connection:
            rows = connection.execute("SELECT note FROM tlog_checkpoints ORDER BY size").fetchall()
        return [Note.parse(bytes(row["note"])).signers(keys) for row in rows]

    def _is_all_sealed(self) -> bool:
        """Whether what is settled is sealed, and every checkpoint signed."""
        with self.archive.store.connection() as connection:
            unsigned = connection.execute("SELECT FROM tlog_checkpoints WHERE note IS NULL")
            is_signed = unsigned.fetchone() is None
        tree = self.archive.tlog.tree()
        return is_signed and 0 < tree.position == self.archive.store.settled_position()

    # what an export asks

    def record_state(self, service: str) -> int:
        return self.archive.sealer.record_state().size

    def checkpoint(self, service: str, size: int | None = None) -> bytes:
        note = self.archive.note(size)
        if self.forger is not None:
            return checkpoints.signed(Checkpoint.parse(note.text), self.forger).encode()
        return note.encode()

    def tile(self, service: str, tile: Tile) -> bytes:
        return self.archive.tlog.tile(tile)

    def disclosures(
        self, service: str, sealed: Sequence[SealedValue], purpose: str
    ) -> dict[str, list[str]]:
        return {}

    def exported(self, target: Path, until: Checkpoint) -> Path:
        return export(self, self.trust, target, Wanted(until={until.origin: until})).path


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    founded = Registry(database_url, tmp_path / "keys")
    yield founded
    founded.archive.close()


class TestTrustNotes:
    def test_the_first_is_recorded_before_anything_is_sealed(self, registry: Registry) -> None:
        with registry.at_work():
            eventually(lambda: registry.changes, within=20)
        (first,) = registry.changes
        assert (first.version, first.digest) == (1, trust.digest(registry.trust.notes[0]))

    def test_none_is_recorded_twice(self, registry: Registry) -> None:
        for draft in ("D1", "D2"):
            with registry.at_work():
                registry.send_back(draft, 1)
        assert [one.version for one in registry.changes] == [1]

    def test_every_one_that_was_published_meanwhile_is_recorded(self, registry: Registry) -> None:
        with registry.at_work():
            registry.send_back("D1", 1)
        registry.replace_key()
        registry.replace_key()
        with registry.at_work():
            registry.send_back("D2", 1)
        told = [(one.version, one.digest) for one in registry.changes]
        assert told == list(enumerate(map(trust.digest, registry.trust.notes), start=1))

    def test_a_swapped_one_is_not_recorded_and_nobody_is_kept_from_sealing(
        self, registry: Registry
    ) -> None:
        with registry.at_work():
            registry.send_back("D1", 1)
        for path in (registry.folder / "trust").glob("*.note"):
            path.unlink()
        registry.replace_key()  # another first note, signed by the same root
        with registry.at_work():
            registry.send_back("D2", 1)
        assert [one.version for one in registry.changes] == [1]
        assert registry.changes[0].digest != trust.digest(registry.trust.notes[0])


class TestReplacedKey:
    @pytest.fixture
    def ends(self, registry: Registry) -> list[Checkpoint]:
        """Three checkpoints: the old key's last, the one where both meet, and a later one."""
        with registry.at_work():
            before = registry.send_back("D1", 3)
        registry.replace_key()
        with registry.at_work():
            overlap = registry.send_back("D2", 2)
            after = registry.send_back("D3", 2)
        return [before, overlap, after]

    def test_both_keys_meet_in_one_checkpoint(
        self, registry: Registry, ends: list[Checkpoint]
    ) -> None:
        old, new = registry.key("log.previous.key"), registry.key()
        signers = registry.signers([old, new])
        assert signers.count([old, new]) == 1
        meeting = signers.index([old, new])
        assert set(map(tuple, signers[:meeting])) == {(old,)}
        assert set(map(tuple, signers[meeting + 1 :])) == {(new,)}

    def test_the_checkpoint_where_they_meet_covers_the_change_of_trust(
        self, registry: Registry, ends: list[Checkpoint]
    ) -> None:
        old, new = registry.key("log.previous.key"), registry.key()
        meeting = registry.signers([old, new]).index([old, new])
        with registry.archive.store.connection() as connection:
            rows = connection.execute("SELECT size FROM tlog_checkpoints ORDER BY size").fetchall()
        records = registry.archive.tlog.records(0, rows[meeting]["size"])
        assert [raw for raw in records if b'"log.trust-changed"' in raw and b'"version":2' in raw]
        assert [one.version for one in registry.changes] == [1, 2]

    def test_is_not_used_again_after_a_restart(
        self, registry: Registry, ends: list[Checkpoint]
    ) -> None:
        with registry.at_work():
            registry.send_back("D4", 1)
        old, new = registry.key("log.previous.key"), registry.key()
        assert registry.signers([old, new])[-1] == [new]

    def test_both_verifiers_accept_the_sizes_of_either_key(
        self, registry: Registry, ends: list[Checkpoint], judged: Judge, tmp_path: Path
    ) -> None:
        seen = [registry.checkpoint(SERVICE, ends[0].size)]
        for end in ends:
            bundle = registry.exported(tmp_path / f"{end.size}.zip", end)
            answers = judged(bundle, seen=seen, root=str(registry.trust.root))
            told = [answers[name] for name in ("INTACT", "AUTHENTIC", "CONSISTENT-WITH-SEEN")]
            assert told == ["yes", "yes", "yes"], (end.size, answers)

    def test_both_verifiers_refuse_the_retired_key_on_a_later_size(
        self, registry: Registry, ends: list[Checkpoint], judged: Judge, tmp_path: Path
    ) -> None:
        registry.forger = FileSigner(registry.archive.keys / "log.previous.key")
        for end, answer in zip(ends, ("yes", "no", "no"), strict=True):
            bundle = registry.exported(tmp_path / f"{end.size}.zip", end)
            answers = judged(bundle, root=str(registry.trust.root))
            assert (answers["AUTHENTIC"], answers["INTACT"]) == (answer, "yes")
