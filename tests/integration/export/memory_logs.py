"""Logs in memory, made by the means of the attacks: the exporter is not judged by its own house."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.export.heads import Patience
from shared.export.sources import SealedValue
from shared.export.trust_folder import TrustFolder
from shared.kernel.errors import NotFoundError
from shared.tlog.notes import VerifierKey
from shared.tlog.tiles import ENTRIES, WIDTH, Tile, encode_bundle
from tests.attacks.make_bundle import ROOT, SECRET, Log, commitment, note, tree_root, trust_text

TRUST = TrustFolder(VerifierKey.parse(ROOT.vkey), (note(trust_text(), ROOT),))
AT_ONCE = Patience(within=0)


@dataclass
class MemoryLogs:
    """What services would answer. A log that records its state grows by one record."""

    logs: dict[str, Log]
    is_witnessed: bool = True
    records_states: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def services(self) -> Sequence[str]:
        return sorted(self.logs)

    def record_state(self, service: str) -> int:
        if self.records_states:
            self.logs[service].record_state()
        return len(self.logs[service].records)

    def checkpoint(self, service: str, size: int | None = None) -> bytes:
        log = self.logs[service]
        if size is not None and size > len(log.records):
            raise NotFoundError("no such checkpoint")
        return log.checkpoint(*(log.keys if self.is_witnessed else log.keys[:1]), size=size)

    def tile(self, service: str, tile: Tile) -> bytes:
        log = self.logs[service]
        if tile.level == ENTRIES:
            first = tile.number * WIDTH
            return encode_bundle(log.records[first : first + tile.width])
        width = WIDTH**tile.level
        first = tile.number * WIDTH * width
        starts = range(first, first + tile.width * width, width)
        return b"".join(tree_root(log.leaves[at : at + width]) for at in starts)

    def disclosures(
        self, service: str, sealed: Sequence[SealedValue], purpose: str
    ) -> dict[str, list[str]]:
        self.asked.append((service, purpose))
        opened = commitment(*SECRET).hex()
        return {c: list(SECRET) for c, _ in sealed if _hexadecimal(c) == opened}


def _hexadecimal(text: str) -> str:
    return base64.b64decode(text).hex()
