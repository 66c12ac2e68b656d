"""A bundle of single cases: proofs for each record, and that none of the stream is left out."""

import re
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import quote, unquote

from shared.reducers import REDUCER, Replay, map_leaf
from shared.verifier.chains import Chains
from shared.verifier.checkpoints import (
    Checkpoint,
    RecordProof,
    ascii_text,
    hashes,
    number,
    parse_proof,
)
from shared.verifier.errors import BrokenError
from shared.verifier.logs import Surroundings, conclude_by_proof
from shared.verifier.merkle import is_included, leaf_hash
from shared.verifier.records import MAX_RECORD
from shared.verifier.report import Verdict
from shared.verifier.rows import Expected, Fault, Row, row_of
from shared.verifier.states import STATE_RECORDED, follow, recorded_state, require_reducer

_HEADER = "duban-map-proof/1"
_HEAD = ("stream", "version", "head", "state", "index", "heads")
_PROOF = re.compile(r"cases/([a-z][a-z0-9-]*)/([^/]+)/([1-9][0-9]*)\.tlog-proof")
_MAP = re.compile(r"cases/([a-z][a-z0-9-]*)/([^/]+)\.map-proof")
_MAX_PROOF = 2**18


@dataclass(frozen=True)
class MapProof:
    """That a stream stood at a version, with a state, when the log's state was recorded."""

    stream: str
    version: int
    leaf: bytes
    state: str
    index: int
    heads: int
    path: tuple[bytes, ...]
    recorded: RecordProof


class CaseCheck:
    """The check of the single streams of one service."""

    def __init__(self, around: Surroundings, service: str, checkpoint: Checkpoint) -> None:
        self._around, self._report = around, around.report
        self._service, self._checkpoint = service, checkpoint
        self._expected = Expected(around.tenant, around.disclosures.attached)

    def run(self) -> None:
        """Check every stream that the bundle shows of this service."""
        streams, maps = self._names()
        for name in sorted([*streams, *(stream for stream in maps if stream not in streams)]):
            self._check(unquote(name), streams.get(name, []), maps.get(name, ""))
        seen = self._around.seen.get(self._checkpoint.origin)
        if seen is not None:
            conclude_by_proof(self._around, self._service, self._checkpoint, seen)

    def _names(self) -> tuple[dict[str, list[tuple[int, str]]], dict[str, str]]:
        streams: dict[str, list[tuple[int, str]]] = defaultdict(list)
        maps: dict[str, str] = {}
        for name in self._around.bundle.names(f"cases/{self._service}/"):
            if proof := _PROOF.fullmatch(name):
                streams[proof[2]].append((int(proof[3]), name))
            elif found := _MAP.fullmatch(name):
                maps[found[2]] = name
        return streams, maps

    def _check(self, stream: str, files: list[tuple[int, str]], map_file: str) -> None:
        replay = Replay(self._service, stream)
        states = {0: ("", b"")}
        try:
            for row, leaf in self._records(stream, files):
                follow(replay, row, leaf)
                states[replay.version] = (replay.digest(), leaf)
            what = f"log {self._service}: {stream}, {len(files)} records"
            self._report.confirm(Verdict.INTACT, what)
            self._conclude_complete(stream, map_file, states)
        except BrokenError as error:
            self._fault(Verdict.INTACT, stream, error)
            self._report.leave_open(Verdict.COMPLETE, f"{stream}: its records are broken")

    def _records(self, stream: str, files: list[tuple[int, str]]) -> list[tuple[Row, bytes]]:
        chains, found = Chains(), []
        for version, name in sorted(files):
            proof = self._proof(self._around.bundle.read(name, _MAX_PROOF))
            row = self._row(proof.record)
            if (row.stream, row.version) != (stream, version):
                raise BrokenError("wrong-place", f"{name} holds another record")
            chains.take(row)
            if row.mentions is not None:
                self._around.disclosures.take(row.mentions)
            found.append((row, leaf_hash(proof.record)))
        return found

    def _row(self, raw: bytes) -> Row:
        if len(raw) > MAX_RECORD:
            raise BrokenError("record-too-large", "a record is larger than any record may be")
        row = row_of(raw, self._expected, self._service)
        if isinstance(row, Fault):
            raise BrokenError(*row)
        return row

    def _proof(self, raw: bytes) -> RecordProof:
        """Return a proof that holds at the very checkpoint of this bundle; raises BrokenError."""
        proof = parse_proof(raw)
        at, own = proof.checkpoint, self._checkpoint
        if (at.origin, at.size, at.root) != (own.origin, own.size, own.root):
            raise BrokenError("other-checkpoint", "a proof rests on another checkpoint")
        if not proof.holds():
            raise BrokenError("not-included", "a record is not in the log at its index")
        return proof

    def _conclude_complete(
        self, stream: str, name: str, states: dict[int, tuple[str, bytes]]
    ) -> None:
        if not name:
            self._report.leave_open(Verdict.COMPLETE, f"{stream}: no proof of completeness is here")
            return
        try:
            proof = parse_map_proof(self._around.bundle.read(name, _MAX_PROOF))
            size, has_reducer = self._checked_map(stream, proof)
        except BrokenError as error:
            self._fault(Verdict.COMPLETE, stream, error)
            return
        if proof.version not in states or states[proof.version][1] != proof.leaf:
            message = f"version {proof.version} stood in the log at size {size} and is not here"
            self._fault(Verdict.COMPLETE, stream, BrokenError("records-missing", message))
            return
        self._report.confirm(Verdict.COMPLETE, f"{stream} as of size {size}")
        self._conclude_state(stream, proof, states[proof.version][0], has_reducer=has_reducer)

    def _checked_map(self, stream: str, proof: MapProof) -> tuple[int, bool]:
        row = self._row(self._proven(proof.recorded))
        if row.type != STATE_RECORDED or proof.stream != stream:
            raise BrokenError("wrong-map-proof", "it is not about this stream or this log's states")
        leaf = map_leaf(stream, proof.version, proof.leaf.hex(), proof.state)
        told = recorded_state(proof.recorded.index, row.told)
        is_in = is_included(leaf, proof.index, proof.heads, proof.path, bytes.fromhex(told.root))
        if not is_in or proof.heads != told.heads:
            raise BrokenError("wrong-map-proof", "the stream's state is not in the recorded root")
        trusted = self._around.trust.reducers if self._around.trust else ()
        has_reducer = require_reducer(row.told, trusted, self._around.reducer_hash)
        return told.size, has_reducer

    def _proven(self, proof: RecordProof) -> bytes:
        if not proof.holds() or proof.checkpoint.root != self._checkpoint.root:
            raise BrokenError("not-included", "the recorded state is not in the log")
        return proof.record

    def _conclude_state(
        self, stream: str, proof: MapProof, digest: str, *, has_reducer: bool
    ) -> None:
        if not has_reducer:
            why = f"{stream}: this verifier has {REDUCER['version']}, not those reducers"
            self._report.leave_open(Verdict.REPRODUCED, why)
        elif digest == proof.state:
            what = f"{stream}: its state at version {proof.version}"
            self._report.confirm(Verdict.REPRODUCED, what)
        else:
            error = BrokenError("state-differs", "the records give another state")
            self._fault(Verdict.REPRODUCED, stream, error)

    def _fault(self, verdict: Verdict, stream: str, error: BrokenError) -> None:
        where = f"log {self._service}, {stream}"
        self._report.fault(verdict, error.code, where, error.message)


def parse_map_proof(raw: bytes) -> MapProof:
    """Return a map-proof (FORMAT.md), nothing verified yet; raises BrokenError."""
    head, separator, recorded = raw.partition(b"\n\n")
    text = head.decode("utf-8", "replace").split("\n")
    words = [line.partition(" ") for line in text[1 : 1 + len(_HEAD)]]
    if not separator or text[0] != _HEADER or tuple(word for word, _, _ in words) != _HEAD:
        raise BrokenError("not-a-proof", "not a map-proof")
    stream, version, leaf, state, index, heads = (value for _, _, value in words)
    if not re.fullmatch(r"[0-9a-f]{64}", leaf):
        raise BrokenError("not-a-proof", "a map-proof's head is no hash")
    path = hashes(ascii_text("\n".join(text[1 + len(_HEAD) :]).encode()).splitlines())
    return MapProof(
        stream, number(version), bytes.fromhex(leaf), state, number(index), number(heads), path,
        parse_proof(recorded),
    )  # fmt: skip


def case_folder(service: str, stream: str) -> str:
    """Return where the proofs of a stream stand in a bundle."""
    return f"cases/{service}/{quote(stream, safe='')}"
