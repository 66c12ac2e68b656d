"""The streams of one case out of a log: every record with its proof, and that none is left out.

The other streams are read to compute the recorded state; nothing of them is exported but hashes.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.kernel.errors import UnavailableError
from shared.reducers import Replay, StateMap, canonical
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import ReadHash, inclusion_proof, leaf_hash
from shared.tlog.proofs import RecordProof
from shared.tlog.tiles import WIDTH, decode_bundle

STATE_RECORDED = "log.state-recorded"
HIDDEN = ("C4", "C5")
HEADER = "duban-map-proof/1"
_NAMES = ("problem_no", "case_no")
_MARK = b'"type":"log.state-recorded"'

Told = Callable[[int], None]


@dataclass(frozen=True)
class Placed:
    """A record and its index in the log."""

    index: int
    raw: bytes
    version: int


class CaseStreams:
    """What one log holds of a case, as of the last state that was recorded in it."""

    def __init__(self, at: Checkpoint, number: str, bundle: Callable[[int], bytes]) -> None:
        self._at, self._number, self._bundle = at, number, bundle
        self._streams: dict[str, list[Placed]] = {}
        self._map = StateMap()
        self._heads: dict[str, Replay] = {}

    @property
    def records(self) -> list[bytes]:
        """The records that were chosen."""
        return [one.raw for placed in self._streams.values() for one in placed]

    def files(self, service: str, note: bytes, read: ReadHash, told: Told) -> dict[str, bytes]:
        """Return the proofs by their names in the bundle, nothing when the log has no such case.

        Raises UnavailableError when no state was ever recorded.
        """
        state = self._last_state()
        self._read_all(service, json.loads(state.raw)["data"]["size"], told)
        found: dict[str, bytes] = {}
        for stream, placed in self._streams.items():
            folder = f"cases/{service}/{quote(stream, safe='')}"
            for one in placed:
                found[f"{folder}/{one.version}.tlog-proof"] = self._proof(one, note, read)
            found[f"{folder}.map-proof"] = self._map_proof(stream) + self._proof(state, note, read)
        return found

    def _last_state(self) -> Placed:
        for number in reversed(range(-(-self._at.size // WIDTH))):
            records = decode_bundle(self._bundle(number))
            for offset in reversed(range(len(records))):
                if _MARK in records[offset] and _type(records[offset]) == STATE_RECORDED:
                    return Placed(number * WIDTH + offset, records[offset], 0)
        raise UnavailableError(f"{self._at.origin} has recorded no state yet")

    def _read_all(self, service: str, size: int, told: Told) -> None:
        for index, raw in self._before(size, told):
            record = json.loads(raw)
            stream = record["stream"]
            replay = self._heads.get(stream) or Replay(service, stream)
            if stream not in self._heads and _belongs(record, self._number):
                self._streams[stream] = []
            self._heads[stream] = replay
            facts = hashlib.sha256(canonical(record["data"])).digest()
            replay.take(record, leaf_hash(raw), facts)
            if stream in self._streams:
                self._streams[stream].append(Placed(index, raw, record["version"]))
        for stream, replay in self._heads.items():
            self._map.put(stream, replay.version, replay.head.hex(), replay.digest())

    def _before(self, size: int, told: Told) -> Iterator[tuple[int, bytes]]:
        for number in range(-(-size // WIDTH)):
            records = decode_bundle(self._bundle(number))[: size - number * WIDTH]
            yield from enumerate(records, start=number * WIDTH)
            told(len(records))

    def _proof(self, one: Placed, note: bytes, read: ReadHash) -> bytes:
        path = inclusion_proof(read, one.index, self._at.size)
        return RecordProof(one.index, tuple(path), note, extra=one.raw).encode()

    def _map_proof(self, stream: str) -> bytes:
        """Return the proof that the stream stood so in the recorded state, and an empty line."""
        replay = self._heads[stream]
        index, path = self._map.path(stream)
        lines = [
            HEADER,
            f"stream {stream}",
            f"version {replay.version}",
            f"head {replay.head.hex()}",
            f"state {replay.digest()}",
            f"index {index}",
            f"heads {len(self._map)}",
            *(base64.b64encode(one).decode() for one in path),
            "",
        ]
        return "".join(f"{line}\n" for line in lines).encode()


def _belongs(first: dict[str, Any], number: str) -> bool:
    """Return whether the stream with this first record is of the problem or case of this number.

    What is secret is shown only to whoever names its own number.
    """
    if first["stream"].partition("/")[2] == number:
        return True
    return first["class"] not in HIDDEN and number in [first["data"].get(n) for n in _NAMES]


def _type(raw: bytes) -> str:
    return str(json.loads(raw)["type"])
