"""A long history, made without a database: records, trees, states and keys of the house.

The facts are those of the stored samples (`shared/contracts/corpus`), which have the sizes that
the demo's events have; each stream gets some of its service's events, many streams grow at once.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from shared import contracts
from shared.contracts.base import format_time
from shared.embedded.log_keys import WITNESS, log_directory, prepare
from shared.export.archive import Archive
from shared.export.extras import extras
from shared.export.trust_folder import TrustFolder
from shared.kernel.ids import event_id
from shared.reducers import REDUCER, Replay, StateMap, canonical
from shared.tlog.checkpoints import Checkpoint, signed
from shared.tlog.cosignatures import cosign
from shared.tlog.merkle import Frontier, leaf_hash
from shared.tlog.notes import Note
from shared.tlog.signer import FileSigner
from shared.tlog.states import EVERY_RECORDS
from shared.tlog.tiles import ENTRIES, WIDTH, Tile, encode_bundle

TENANT = "city:yunlan"
SHARES = {
    "feedback": 0.10, "rectification": 0.31, "supervision": 0.48, "directory": 0.06,
    "accountability": 0.05,
}  # fmt: skip
"""How many of the demo's events each service writes."""

_KINDS = {
    "feedback": "problem", "rectification": "problem", "supervision": "review",
    "directory": "person", "accountability": "lead",
}  # fmt: skip
_GROWING_AT_ONCE = 400
_LENGTHS = range(3, 13)
_WITNESSED_AT = 1_772_000_000
_BEGAN = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """A full export, the root's key, and a folder with checkpoints kept half-way."""

    bundle: Path
    root: str
    kept: Path
    services: tuple[str, ...]


def make_history(folder: Path, events: int) -> History:
    """Write a bundle of so many events (and the records of their states) that deserves six yes."""
    keys, kept = folder / "keys", folder / "kept"
    kept.mkdir()
    prepare(keys, TENANT, [*SHARES, WITNESS])
    trust = TrustFolder.read(keys / "trust")
    with Archive(folder / "long.duban.zip") as archive:
        for name, raw in {**trust.files(), **extras()}.items():
            archive.add(name, raw)
        for service, share in {**SHARES, WITNESS: 0.0}.items():
            _write_log(_Log(service, keys, archive, kept), round(events * share))
    return History(folder / "long.duban.zip", str(trust.root), kept, (*SHARES, WITNESS))


def _write_log(log: "_Log", events: int) -> None:
    for number in range(events):
        log.grow()
        if number == events // 2:
            log.keep_head()
        if number % EVERY_RECORDS == EVERY_RECORDS - 1:
            log.record_state()
    if not events:
        log.keep_head()
    log.record_state()
    log.close()


class _Log:
    """One service's log, written into the bundle as it grows."""

    def __init__(self, service: str, keys: Path, archive: Archive, kept: Path) -> None:
        self._service, self._archive, self._kept = service, archive, kept
        self._signer = FileSigner(log_directory(keys, service) / "log.key")
        self._witness = FileSigner(log_directory(keys, WITNESS) / "witness.key")
        self._samples, self._random = _samples(service), Random(service)  # noqa: S311  # no secret
        self._tree, self._states = Frontier(), StateMap()
        self._replays: dict[str, Replay] = {}
        self._changed: dict[str, Replay] = {}
        self._growing: list[list[Any]] = []
        self._prevs: dict[str, str] = {}
        self._last_id = ""
        self._waiting: list[bytes] = []

    def grow(self) -> None:
        """Append the next event of some stream."""
        if len(self._growing) < _GROWING_AT_ONCE:
            stream = f"{_KINDS[self._service]}/YL-T1R1-U001-{len(self._prevs):06}"
            self._growing.append([stream, self._random.choice(_LENGTHS)])
        chosen = self._random.randrange(len(self._growing))
        stream, left = self._growing[chosen]
        self._append(stream, self._random.choice(self._samples))
        self._growing[chosen][1] = left - 1
        if left == 1:
            del self._growing[chosen]

    def record_state(self) -> None:
        """Append the state of all records so far."""
        for stream, replay in self._changed.items():
            self._states.put(stream, replay.version, replay.head.hex(), replay.digest())
        self._changed.clear()
        data = {
            "size": self._tree.size, "state_root": self._states.root().hex(),
            "heads": len(self._states), "reducer": dict(REDUCER),
        }  # fmt: skip
        self._append(
            f"log/{self._service}", {"type": "log.state-recorded", "class": "C2", "data": data}
        )

    def keep_head(self) -> None:
        """Keep the checkpoint of this size, as an auditor does."""
        (self._kept / f"{self._service}.checkpoint").write_bytes(self._head())

    def close(self) -> None:
        """Write what is left, and the signed and witnessed head."""
        self._write_entries()
        self._archive.add(f"logs/{self._service}/checkpoint", self._head())

    def _head(self) -> bytes:
        at = Checkpoint(self._signer.vkey.name, self._tree.size, self._tree.root())
        note: Note = signed(at, self._signer)
        return note.adding(cosign(note.text, _WITNESSED_AT, self._witness)).encode()

    def _append(self, stream: str, sample: Mapping[str, Any]) -> None:
        record = self._record(stream, sample)
        raw = canonical(record)
        leaf = leaf_hash(raw)
        self._prevs[stream] = hashlib.sha256(raw).hexdigest()
        self._tree.append(leaf)
        self._changed[stream] = self._replays.setdefault(stream, Replay(self._service, stream))
        facts = hashlib.sha256(canonical(record["data"])).digest()
        self._changed[stream].take(record, leaf, facts)
        self._waiting.append(raw)
        if len(self._waiting) == WIDTH:
            self._write_entries()

    def _record(self, stream: str, sample: Mapping[str, Any]) -> dict[str, Any]:
        size, number = self._tree.size, stream.partition("/")[2]
        replay = self._replays.get(stream)
        version = replay.version + 1 if replay else 1
        drawn = hashlib.sha256(f"{self._service} {size}".encode()).hexdigest()
        before, self._last_id = self._last_id, event_id(self._service, stream, version)
        return {
            "f": "duban/1", "tenant": TENANT, "service": self._service, "stream": stream,
            "version": version, "prev": self._prevs.get(stream, ""), "id": self._last_id,
            "type": sample["type"], "schema": 1,
            "time": format_time(_BEGAN + timedelta(milliseconds=37 * size)),
            "actor": {"person_ref": f"p-{drawn[:16]}", "org": "unit-004", "role": "OFF",
                      "via": "http"},
            "command": f"answer_when_it_was_asked/{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}",
            "correlation": number, "causation": before if size % 3 == 0 else "",
            "trace": f"00-{drawn[:32]}-{drawn[32:48]}-03", "class": sample["class"],
            "policy": "yunlan-2026-1", "data": _named(sample["data"], number),
        }  # fmt: skip

    def _write_entries(self) -> None:
        if self._waiting:
            number = (self._tree.size - 1) // WIDTH
            tile = Tile(ENTRIES, number, len(self._waiting))
            self._archive.add(f"logs/{self._service}/{tile.path}", encode_bundle(self._waiting))
            self._waiting.clear()


def _samples(service: str) -> list[dict[str, Any]]:
    folder = Path(contracts.__file__).parent / "corpus"
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob(f"{service}.*.json"))]


def _named(data: dict[str, Any], number: str) -> dict[str, Any]:
    return {**data, "problem_no": number} if "problem_no" in data else data
