"""The witness of audit cosigns what it received itself, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.audit.application.witnessing import GRACE, Witnessing
from shared.kernel.clock import SettableClock
from shared.kernel.errors import UnavailableError
from shared.telemetry.metrics import REGISTRY
from shared.tlog.checkpoints import Checkpoint, signed
from shared.tlog.cosignatures import cosignatures
from shared.tlog.merkle import leaf_hash, root_of
from shared.tlog.notes import Note, Signature
from shared.tlog.trust import LogKey, Trust
from shared.tlog.witness import FileMemory, Witness
from tests.support.signers import WordSigner, witness_signer

ORIGIN = "duban.invalid/city.yunlan/feedback"
LOG, WITNESS = WordSigner(ORIGIN), witness_signer("duban.invalid/city.yunlan/witness/audit")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + GRACE
RECORDS = [(position, b"record %d" % position) for position in range(1, 60, 3)]


@dataclass
class Service:
    """A service's log as it shows it, and the cosignatures it was given."""

    records: list[bytes] = field(default_factory=list)
    signer: WordSigner = LOG
    note: Note | None = None
    is_up: bool = True

    @property
    def services(self) -> list[str]:
        return ["feedback"]

    def checkpoint(self, service: str) -> bytes | None:
        if not self.is_up:
            raise UnavailableError("no answer")
        return self.note.encode() if self.note else None

    def add_cosignature(self, service: str, size: int, line: str) -> None:
        assert self.note is not None
        self.note = self.note.adding(Signature.parse(line))

    def seals(self, records: Sequence[tuple[int, bytes]]) -> None:
        leaves = [leaf_hash(raw) for _, raw in records]
        at = Checkpoint(ORIGIN, len(leaves), root_of(leaves))
        self.note = signed(at, self.signer)

    @property
    def is_cosigned(self) -> bool:
        assert self.note is not None
        return bool(cosignatures(self.note, [WITNESS.vkey]))


@dataclass
class Archive:
    """What audit received."""

    records: list[tuple[int, bytes]] = field(default_factory=list)

    def after(self, service: str, position: int, limit: int) -> list[tuple[int, bytes]]:
        return [one for one in sorted(self.records) if one[0] > position][:limit]

    def count_to(self, service: str, position: int) -> int:
        return sum(1 for one in self.records if one[0] <= position)


@dataclass
class Watch:
    """The witness with its two sides."""

    memory: Path
    service: Service = field(default_factory=Service)
    archive: Archive = field(default_factory=Archive)

    def __post_init__(self) -> None:
        self.starts()

    def starts(self) -> None:
        """Begin anew, as after a restart: only the memory on disk is left."""
        trust = Trust("city:yunlan", 1, "-", (LogKey("feedback", LOG.vkey),))
        self.witnessing = Witnessing(
            logs=self.service,
            received=self.archive.after,
            count_received=self.archive.count_to,
            witness=Witness(WITNESS, FileMemory(self.memory), lambda _: (), SettableClock(NOON)),
            trust=lambda: trust,
        )

    def looks(self, at: datetime = NOON) -> bool:
        self.witnessing.look(at)
        return self.service.is_cosigned


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "witness.sqlite")


def alarms(reason: str) -> float:
    labels = {"source": "feedback", "reason": reason}
    return REGISTRY.get_sample_value("duban_witness_alarms_total", labels) or 0.0


def received(watch: Watch, *records: tuple[int, bytes]) -> None:
    watch.archive.records.extend(records)


def test_cosigns_what_it_received_again_and_again(watch: Watch) -> None:
    received(watch, *RECORDS)
    for size in (1, 5, 20):
        watch.service.seals(RECORDS[:size])
        assert watch.looks()
    assert not watch.witnessing.look(NOON)


def test_waits_for_what_is_still_on_its_way(watch: Watch) -> None:
    watch.service.seals(RECORDS[:5])
    received(watch, *RECORDS[:3])
    before = alarms("root-differs")
    assert not watch.looks(LATER)
    received(watch, RECORDS[4])
    assert not watch.looks(LATER)
    received(watch, RECORDS[3])
    assert watch.looks(LATER)
    assert alarms("root-differs") == before


def test_a_gap_is_no_alarm_until_the_grace_is_over(watch: Watch) -> None:
    watch.service.seals(RECORDS[:5])
    received(watch, *RECORDS[:3], *RECORDS[4:7])
    before = alarms("root-differs")
    assert not watch.looks(NOON)
    assert not watch.looks(NOON + GRACE / 2)
    assert alarms("root-differs") == before
    received(watch, RECORDS[3])
    assert watch.looks(NOON + GRACE / 2)


@pytest.mark.parametrize(
    "sealed",
    [
        [*RECORDS[:2], (7, b"altered"), *RECORDS[3:8]],
        [*RECORDS[:2], *RECORDS[3:9]],
        [*RECORDS[:2], (6, b"inserted"), *RECORDS[2:7]],
        [RECORDS[1], RECORDS[0], *RECORDS[2:8]],
    ],
    ids=["altered", "removed", "inserted", "swapped"],
)
def test_never_cosigns_another_history(watch: Watch, sealed: list[tuple[int, bytes]]) -> None:
    received(watch, *RECORDS)
    watch.service.seals(sealed)
    before = alarms("root-differs")
    assert not watch.looks(NOON)
    assert not watch.looks(LATER)
    assert alarms("root-differs") == before + 1


def test_a_received_record_that_is_never_sealed_is_an_alarm(watch: Watch) -> None:
    received(watch, *RECORDS[:5])
    watch.service.seals(RECORDS[:5])
    assert watch.looks()
    received(watch, (2, b"published, not sealed"), *RECORDS[5:])
    watch.service.seals(RECORDS[:8])
    before = alarms("unsealed-record")
    assert not watch.looks(NOON)
    assert not watch.looks(LATER)
    assert alarms("unsealed-record") == before + 1


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_rollback_is_an_alarm_at_once(watch: Watch, *, is_restarted: bool) -> None:
    received(watch, *RECORDS)
    watch.service.seals(RECORDS[:9])
    assert watch.looks()
    if is_restarted:
        watch.starts()
    watch.service.seals(RECORDS[:5])
    before = alarms("rollback")
    assert not watch.looks()
    assert alarms("rollback") == before + 1


def test_a_fork_at_the_same_size_is_an_alarm_at_once(watch: Watch) -> None:
    received(watch, *RECORDS)
    watch.service.seals(RECORDS[:9])
    assert watch.looks()
    watch.service.seals([*RECORDS[:8], (99, b"another")])
    before = alarms("fork")
    assert not watch.looks()
    assert alarms("fork") == before + 1


def test_after_a_restart_it_goes_on_from_its_memory(watch: Watch) -> None:
    received(watch, *RECORDS)
    watch.service.seals(RECORDS[:9])
    assert watch.looks()
    watch.starts()
    watch.service.seals(RECORDS)
    assert watch.looks()


def test_its_own_database_cannot_be_rewritten_either(watch: Watch) -> None:
    received(watch, *RECORDS)
    watch.service.seals(RECORDS[:9])
    assert watch.looks()
    watch.archive.records[3] = (10, b"rewritten on both sides")
    watch.starts()
    watch.service.seals(sorted(watch.archive.records))
    before = alarms("own-records-differ")
    assert not watch.looks()
    assert alarms("own-records-differ") == before + 1


def test_a_key_that_does_not_count_is_an_alarm(watch: Watch) -> None:
    received(watch, *RECORDS)
    watch.service.signer = WordSigner(ORIGIN, word="stolen")
    watch.service.seals(RECORDS)
    before = alarms("untrusted-key")
    assert not watch.looks()
    assert alarms("untrusted-key") == before + 1


def test_a_lost_answer_is_given_again(watch: Watch) -> None:
    received(watch, *RECORDS)
    watch.service.seals(RECORDS)
    assert watch.looks()
    watch.service.seals(RECORDS)  # the cosignature never arrived
    assert watch.looks()


def test_a_service_that_is_down_is_no_alarm(watch: Watch) -> None:
    watch.service.is_up = False
    assert watch.witnessing.look(NOON) == 0
    watch.service.is_up = True
    assert watch.witnessing.look(NOON + timedelta(days=1)) == 0
