"""The check of single streams: each record by its proof, the whole stream by the recorded state."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from shared.export.verification.findings import BrokenError, Findings, Verdict
from shared.export.verification.reading import Item, item_of
from shared.export.verification.streams import Streams
from shared.export.verification.surroundings import (
    STATE_RECORDED,
    Surroundings,
    compare_by_proof,
    hashes,
    state_told,
)
from shared.export.verification.zipped import Bundle
from shared.reducers import Replay, map_leaf
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import leaf_hash, verify_inclusion
from shared.tlog.notes import Note, NoteError
from shared.tlog.proofs import RecordProof
from shared.tlog.tiles import MAX_RECORD

HEADER = "duban-map-proof/1"
HEAD = ("stream", "version", "head", "state", "index", "heads")
LARGEST_PROOF = 2**18
_RECORD = re.compile(r"cases/[a-z][a-z0-9-]*/([^/]+)/([1-9][0-9]*)\.tlog-proof")
_MAP = re.compile(r"cases/[a-z][a-z0-9-]*/([^/]+)\.map-proof")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Stood:
    """Where a stream stood when the state was recorded, as its map-proof says."""

    stream: str
    version: int
    leaf: bytes
    state: str
    index: int
    heads: int
    path: tuple[bytes, ...]
    recorded: bytes


class Cases:
    """The streams of one service in a bundle of single cases."""

    def __init__(self, bundle: Bundle, around: Surroundings, service: str, at: Checkpoint) -> None:
        self._bundle, self._around = bundle, around
        self._service, self._at = service, at
        self.found = Findings()

    def check(self) -> Findings:
        """Return what was found."""
        records, maps = self._listed()
        for quoted in sorted({*records, *maps}):
            self._check(unquote(quoted), sorted(records[quoted]), maps.get(quoted))
        seen = self._around.seen.get(self._at.origin)
        if seen is not None:
            try:
                compare_by_proof(self._bundle, self._service, self._at, seen, self.found)
            except BrokenError as error:
                self.found.broken(Verdict.INTACT, error, f"log {self._service}")
        return self.found

    def _listed(self) -> tuple[dict[str, list[tuple[int, str]]], dict[str, str]]:
        records: dict[str, list[tuple[int, str]]] = defaultdict(list)
        maps = {}
        for name in self._bundle.names(f"cases/{self._service}/"):
            if match := _RECORD.fullmatch(name):
                records[match[1]].append((int(match[2]), name))
            elif match := _MAP.fullmatch(name):
                maps[match[1]] = name
        return records, maps

    def _check(self, stream: str, files: list[tuple[int, str]], map_name: str | None) -> None:
        where = f"log {self._service}, {stream}"
        try:
            steps = self._steps(stream, files)
        except BrokenError as error:
            self.found.broken(Verdict.INTACT, error, where)
            self.found.open(Verdict.COMPLETE, f"{stream}: its records are broken")
            return
        what = f"log {self._service}: {stream}, {len(files)} records"
        self.found.yes(Verdict.INTACT, what)
        if map_name is None:
            self.found.open(Verdict.COMPLETE, f"{stream}: no proof of completeness is here")
            return
        try:
            self._conclude(stream, self._bundle.read(map_name, LARGEST_PROOF), steps)
        except BrokenError as error:
            self.found.broken(Verdict.COMPLETE, error, where)

    def _steps(self, stream: str, files: list[tuple[int, str]]) -> dict[int, tuple[bytes, str]]:
        """Return leaf hash and state digest after each version; raises BrokenError."""
        streams, replay, steps = Streams(), Replay(self._service, stream), {}
        for version, name in files:
            leaf, item = self._proven(self._bundle.read(name, LARGEST_PROOF))
            if (item.stream, item.version) != (stream, version):
                raise BrokenError("wrong-place", f"{name} holds another record")
            streams.follow(item)
            if item.sealed is not None:
                self.found.sealed.merge(item.sealed)
            try:
                event = {"type": item.type, "version": version, "data": item.facts}
                replay.take(event, leaf, item.facts_digest)
            except (TypeError, ValueError, OverflowError):
                raise BrokenError("not-replayable", f"{stream} cannot be replayed") from None
            steps[version] = (replay.head, replay.digest())
        return steps

    def _proven(self, raw: bytes) -> tuple[bytes, Item]:
        """Return leaf hash and facts of a record that stands in the log at this checkpoint."""
        try:
            proof = RecordProof.parse(raw)
            at = Checkpoint.parse(Note.parse(proof.checkpoint).text)
        except NoteError as error:
            raise BrokenError("not-a-proof", error.detail) from None
        if at != self._at:
            raise BrokenError("other-checkpoint", "a proof rests on another checkpoint")
        if not proof.proves(proof.extra):
            raise BrokenError("not-included", "a record is not in the log at its index")
        if len(proof.extra) > MAX_RECORD:
            raise BrokenError("record-too-large", "a record is larger than any may be")
        item = item_of(proof.extra, self._service, self._around)
        if not isinstance(item, Item):
            raise BrokenError(*item)
        return leaf_hash(proof.extra), item

    def _conclude(self, stream: str, raw: bytes, steps: dict[int, tuple[bytes, str]]) -> None:
        stood = stood_in(raw)
        size, is_ours = self._recorded(stream, stood)
        leaf, state = steps.get(stood.version, (b"", ""))
        if leaf != stood.leaf:
            message = f"version {stood.version} stood in the log at size {size} and is not here"
            raise BrokenError("records-missing", message)
        self.found.yes(Verdict.COMPLETE, f"{stream} as of size {size}")
        if not is_ours:
            self.found.open(Verdict.REPRODUCED, f"{stream}: these reducers are not ours")
        elif state == stood.state:
            what = f"{stream}: its state at version {stood.version}"
            self.found.yes(Verdict.REPRODUCED, what)
        else:
            where, message = f"log {self._service}, {stream}", "the records give another state"
            self.found.no(Verdict.REPRODUCED, "state-differs", where, message)

    def _recorded(self, stream: str, stood: Stood) -> tuple[int, bool]:
        """Return the size of the recorded state that holds this; whether our reducers made it."""
        _, item = self._proven(stood.recorded)
        if item.type != STATE_RECORDED or stood.stream != stream:
            raise BrokenError("wrong-map-proof", "it is not about this stream")
        size, root, heads = state_told(item.facts)
        leaf = map_leaf(stream, stood.version, stood.leaf.hex(), stood.state)
        is_in = verify_inclusion(leaf, stood.index, stood.heads, stood.path, bytes.fromhex(root))
        if not is_in or stood.heads != heads:
            raise BrokenError("wrong-map-proof", "the stream's state is not in the recorded root")
        return size, self._around.has_reducer_of(item.facts)


def stood_in(raw: bytes) -> Stood:
    """Return what a map-proof says; raises BrokenError."""
    head, _, recorded = raw.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    pairs = [line.partition(" ")[::2] for line in lines[1 : 1 + len(HEAD)]]
    if lines[0] != HEADER or tuple(name for name, _ in pairs) != HEAD:
        raise BrokenError("not-a-proof", "not a map-proof")
    told: dict[str, Any] = dict(pairs)
    numbers = {name: told[name] for name in ("version", "index", "heads")}
    if not all(map(_NUMBER.fullmatch, numbers.values())) or not _HASH.fullmatch(told["head"]):
        raise BrokenError("not-a-proof", "a map-proof has a broken line")
    path = "".join(f"{line}\n" for line in lines[1 + len(HEAD) :]).encode()
    return Stood(
        stream=told["stream"],
        version=int(told["version"]),
        leaf=bytes.fromhex(told["head"]),
        state=told["state"],
        index=int(told["index"]),
        heads=int(told["heads"]),
        path=hashes(path),
        recorded=recorded,
    )
