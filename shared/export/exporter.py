"""Exports: all logs wholly, all logs since a remembered checkpoint, or the streams of one case."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from shared.export.archive import Archive
from shared.export.case_streams import CaseStreams
from shared.export.disclosures import Disclosures
from shared.export.extras import extras
from shared.export.heads import Head, Patience, heads, heads_at
from shared.export.sources import Logs
from shared.export.trust_folder import TrustFolder
from shared.kernel.errors import NotFoundError
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import Frontier, consistency_proof
from shared.tlog.proofs import encode_hashes
from shared.tlog.tiles import ENTRIES, WIDTH, Tile, TileHashes, decode_bundle, width_at

Progress = Callable[[int, int], None]
"""Takes how many more records are written, and how many there are in all."""


@dataclass(frozen=True)
class Wanted:
    """What shall be exported; `case` empty = everything, `since` by origin = only what is new.

    `until` by origin = no further than that; else every log records its state and ends there.
    """

    case: str = ""
    since: Mapping[str, Checkpoint] = field(default_factory=dict)
    until: Mapping[str, Checkpoint] = field(default_factory=dict)
    disclose: bool = False
    purpose: str = "audit"


@dataclass(frozen=True)
class Exported:
    """What was written."""

    path: Path
    digest: str
    sizes: Mapping[str, int]
    unwitnessed: Sequence[str]
    disclosed: int


def export(
    logs: Logs,
    trust: TrustFolder,
    target: Path,
    wanted: Wanted = Wanted(),
    *,
    patience: Patience | None = None,
    progress: Progress = lambda *_: None,
) -> Exported:
    """Write the bundle; the same checkpoints and disclosures always give the same bytes.

    Raises NotFoundError for an unknown case, UnavailableError, NoteError.
    """
    if wanted.until:
        ends = heads_at(logs, logs.services, trust.newest, wanted.until)
    else:
        ends = heads(logs, logs.services, trust.newest, patience or Patience())
    return write(logs, trust, target, ends, wanted, progress)


def write(
    logs: Logs,
    trust: TrustFolder,
    target: Path,
    ends: Sequence[Head],
    wanted: Wanted,
    progress: Progress = lambda *_: None,
) -> Exported:
    """Write the bundle that ends at these checkpoints."""
    with Archive(target) as archive:
        writing = _Writing(logs, archive, wanted, progress, ends)
        for name, content in {**trust.files(), **extras()}.items():
            archive.add(name, content)
        written = [head for head in ends if writing.log(head)]
        if not written:
            raise NotFoundError(f"no log knows of {wanted.case}")
    return Exported(
        path=target,
        digest=_digest(target),
        sizes={head.service: head.checkpoint.size for head in written},
        unwitnessed=[head.service for head in written if not head.is_witnessed],
        disclosed=writing.disclosed,
    )


class _Writing:
    def __init__(
        self, logs: Logs, archive: Archive, wanted: Wanted, progress: Progress, ends: Sequence[Head]
    ) -> None:
        self._logs, self._archive, self._wanted = logs, archive, wanted
        total = sum(one.checkpoint.size - self._first(one.checkpoint) for one in ends)
        self._told: Callable[[int], None] = lambda count: progress(count, total)
        self._shown: set[str] = set()
        self.disclosed = 0

    def log(self, head: Head) -> bool:
        """Write what is wanted of one log; return whether there was anything."""
        disclosures = Disclosures()
        write_content = self._write_case if self._wanted.case else self._write_entries
        has_content = write_content(head, disclosures)
        if has_content:
            self._archive.add(f"logs/{head.service}/checkpoint", head.note)
            self._consistency(head)
            self._disclose(head.service, disclosures)
        return has_content

    def _write_entries(self, head: Head, disclosures: Disclosures) -> bool:
        size = head.checkpoint.size
        first = self._first(head.checkpoint)
        if first:
            nodes = Frontier.at(self._hashes(head), first).nodes
            self._proof(head.service, f"range-{first}", nodes)
        for tile, raw in self._bundles(head, first // WIDTH):
            self._archive.add(f"logs/{head.service}/{tile.path}", raw)
            if self._wanted.disclose:
                disclosures.look(decode_bundle(raw))
        return size > 0 or not self._wanted.case

    def _write_case(self, head: Head, disclosures: Disclosures) -> bool:
        streams = CaseStreams(head.checkpoint, self._wanted.case, partial(self._bundle, head))
        found = streams.files(head.service, head.note, self._hashes(head), self._told)
        for name, content in found.items():
            self._archive.add(name, content)
        disclosures.look(streams.records)
        return bool(found)

    def _bundles(self, head: Head, number: int) -> Iterator[tuple[Tile, bytes]]:
        size = head.checkpoint.size
        while width := width_at(ENTRIES, number, size):
            tile = Tile(ENTRIES, number, width)
            yield tile, self._logs.tile(head.service, tile)
            self._told(width)
            number += 1

    def _bundle(self, head: Head, number: int) -> bytes:
        width = width_at(ENTRIES, number, head.checkpoint.size)
        return self._logs.tile(head.service, Tile(ENTRIES, number, width))

    def _consistency(self, head: Head) -> None:
        at = head.checkpoint
        old = self._wanted.since.get(at.origin)
        if old is not None and 0 < old.size < at.size:
            proof = consistency_proof(self._hashes(head), old.size, at.size)
            self._proof(head.service, f"consistency-{old.size}", proof)

    def _first(self, at: Checkpoint) -> int:
        """Return the index of the first record to export: a whole bundle begins there."""
        old = self._wanted.since.get(at.origin)
        return old.size // WIDTH * WIDTH if old is not None and old.size <= at.size else 0

    def _proof(self, service: str, name: str, hashes: Sequence[bytes]) -> None:
        self._archive.add(f"logs/{service}/proofs/{name}.txt", encode_hashes(hashes))

    def _hashes(self, head: Head) -> TileHashes:
        return TileHashes(partial(self._logs.tile, head.service), head.checkpoint.size)

    def _disclose(self, service: str, disclosures: Disclosures) -> None:
        if not self._wanted.disclose:
            return
        for batch in disclosures.batches():
            told = self._logs.disclosures(service, batch, self._wanted.purpose)
            for name, content in sorted(Disclosures.files(told).items()):
                if name not in self._shown:
                    self._shown.add(name)
                    self._archive.add(name, content)
                    self.disclosed += 1


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(exported: Exported) -> str:
    """Return what was written, for machines."""
    return json.dumps({**vars(exported), "path": str(exported.path)}, indent=2)
