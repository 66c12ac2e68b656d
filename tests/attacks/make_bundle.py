"""Makes export bundles out of thin air: two logs, their keys, a witness, and a small story.

It writes what the services would write, by its own means, so that the verifier is not judged by
code of its own house. Everything is deterministic: the keys too.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.reducers import REDUCER, SOURCES, StateMap, state_digest, state_of
from shared.reducers.identity import source_files

NAMESPACE = UUID("5b0c8a8e-6f0e-5d0b-9a55-6475626e2f31")
TENANT = "city:yunlan"
FEEDBACK, RECTIFICATION = "feedback", "rectification"
WIDTH = 256
Files = dict[str, bytes]


def origin(service: str) -> str:
    return f"duban.invalid/city.yunlan/{service}"


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key with the name it signs under; made from its name and a number."""

    name: str
    kind: int = 1
    number: int = 0

    @property
    def _private(self) -> Ed25519PrivateKey:
        seed = hashlib.sha256(f"{self.name} {self.kind} {self.number}".encode()).digest()
        return Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def material(self) -> bytes:
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return bytes([self.kind]) + public

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.material).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.material).decode()}"

    def line(self, text: str, time: int = 1_772_000_000) -> str:
        """Return the signature line under a note's text (a cosignature for a witness's key)."""
        if self.kind == 1:
            signature = self._private.sign(text.encode())
        else:
            message = f"cosignature/v1\ntime {time}\n{text}".encode()
            signature = time.to_bytes(8, "big") + self._private.sign(message)
        return f"— {self.name} {base64.b64encode(self.key_id + signature).decode()}\n"


def note(text: str, *keys: SigningKey) -> bytes:
    return (text + "\n" + "".join(key.line(text) for key in keys)).encode()


ROOT = SigningKey("yunlan-root")
WITNESS = SigningKey("audit.yunlan/w1", kind=4)
LOG_KEYS = {service: SigningKey(origin(service)) for service in (FEEDBACK, RECTIFICATION)}


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf(raw: bytes) -> bytes:
    return hashlib.sha256(b"\0" + raw).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root by the definition of RFC 9162, 2.1.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return node(tree_root(leaves[:middle]), tree_root(leaves[middle:]))


def inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the path by the definition of RFC 9162, 2.1.3.1."""
    if len(leaves) < 2:
        return []
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    if index < middle:
        return [*inclusion_path(index, leaves[:middle]), tree_root(leaves[middle:])]
    return [*inclusion_path(index - middle, leaves[middle:]), tree_root(leaves[:middle])]


def consistency_path(old: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """Return the proof by the definition of RFC 9162, 2.1.4.1."""
    if old == len(leaves):
        return [] if whole else [tree_root(leaves)]
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= middle:
        return [*consistency_path(old, leaves[:middle], whole=whole), tree_root(leaves[middle:])]
    rest = consistency_path(old - middle, leaves[middle:], whole=False)
    return [*rest, tree_root(leaves[:middle])]


def compact_range(size: int, leaves: Sequence[bytes]) -> list[bytes]:
    found, start = [], 0
    while start < size:
        width = 1 << (size - start).bit_length() - 1
        found.append(tree_root(leaves[start : start + width]))
        start += width
    return found


def hash_lines(hashes: Sequence[bytes]) -> bytes:
    return "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes).encode()


def checkpoint_text(service: str, leaves: Sequence[bytes]) -> str:
    root = base64.b64encode(tree_root(leaves)).decode()
    return f"{origin(service)}\n{len(leaves)}\n{root}\n"


@dataclass
class Log:
    """The records of one service, in position order."""

    service: str
    records: list[bytes] = field(default_factory=list)
    streams: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def copy(self) -> "Log":
        streams = {stream: list(records) for stream, records in self.streams.items()}
        return Log(self.service, list(self.records), streams)

    def add(self, stream: str, event: str, causation: str = "", **data: Any) -> dict[str, Any]:
        """Record the next event of a stream; `event` with its prefix."""
        before = self.streams.setdefault(stream, [])
        version = len(before) + 1
        place = f"{self.service}\n{stream}\n{version}"
        record = {
            "f": "duban/1", "tenant": TENANT, "service": self.service, "stream": stream,
            "version": version,
            "prev": hashlib.sha256(canonical(before[-1])).hexdigest() if before else "",
            "id": str(uuid5(NAMESPACE, place)), "type": event, "schema": 1,
            "time": f"2026-03-01T08:{len(self.records) // 60 % 60:02}"
                    f":{len(self.records) % 60:02}.000000Z",
            "actor": {"person_ref": "p-17", "org": "yl-office", "role": "OFF", "via": "http"},
            "command": f"cmd-{len(self.records)}", "correlation": stream.partition("/")[2],
            "causation": causation, "trace": "", "class": "C2", "policy": "2026-1", "data": data,
        }  # fmt: skip
        before.append(record)
        self.records.append(canonical(record))
        return record

    def record_state(self, reducer: dict[str, str] = REDUCER, root: str = "") -> None:
        """Record the state root over everything so far."""
        states = self.state_map()
        self.add(
            f"log/{self.service}", "log.state-recorded", size=len(self.records),
            state_root=root or states.root().hex(), heads=len(states), reducer=dict(reducer),
        )  # fmt: skip

    def state_map(self) -> StateMap:
        states = StateMap()
        for stream, records in self.streams.items():
            state = state_of(records)
            states.put(stream, state["version"], state["head"], state_digest(state))
        return states

    @property
    def leaves(self) -> list[bytes]:
        return [leaf(raw) for raw in self.records]

    def checkpoint(self, *keys: SigningKey, size: int | None = None) -> bytes:
        """Return the signed head, at a size; by the log's key and the witness unless given."""
        leaves = self.leaves if size is None else self.leaves[:size]
        return note(checkpoint_text(self.service, leaves), *(keys or self.keys))

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        return LOG_KEYS[self.service], WITNESS

    def entries(self, start: int = 0) -> Files:
        return entries_of(self.service, self.records, start)


def grouped(number: int) -> str:
    """Return the C2SP path of a bundle's number (below a million)."""
    return f"{number:03}" if number < 1000 else f"x{number // 1000:03}/{number % 1000:03}"


def entries_of(service: str, records: Sequence[bytes], start: int = 0) -> Files:
    """Return the entry bundles from a multiple of 256 on."""
    found = {}
    for number in range(start // WIDTH, -(-len(records) // WIDTH)):
        part = records[number * WIDTH : (number + 1) * WIDTH]
        partial = "" if len(part) == WIDTH else f".p/{len(part)}"
        name = f"logs/{service}/tile/entries/{grouped(number)}{partial}"
        found[name] = b"".join(len(raw).to_bytes(2, "big") + raw for raw in part)
    return found


def commitment(salt: str, name: str, value: str) -> bytes:
    listed = json.dumps([salt, name, value], ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(b"sealed/v1\0" + listed).digest()


SECRET = ("c2FsdHNhbHRzYWx0c2FsdA==", "complaint", "群众反映的内容")
HIDDEN = ("b3RoZXJzYWx0b3RoZXJzYQ==", "complaint", "另一件")
ATTACHMENT = b"%PDF-1.7 the signed closing report"


def sealed(secret: tuple[str, str, str], subject: str) -> dict[str, Any]:
    return {"$sealed": {"c": base64.b64encode(commitment(*secret)).decode(), "s": subject}}


def feedback_log() -> Log:
    """Some problems from the draft to the feedback, one with a sealed complaint."""
    return _made_feedback_log().copy()


def rectification_log() -> Log:
    """One problem on its way to closing, with an attachment."""
    return _made_rectification_log().copy()


@cache
def _made_feedback_log() -> Log:
    log = Log(FEEDBACK)
    for number in range(1, 60):
        problem = f"problem/YL-T1R1-U01-{number:03}"
        log.add(problem, "feedback.problem-drafted", problem_no=f"{number:03}", wording="底稿")
        log.add(problem, "feedback.problem-substantiated", papers=[number, number + 1])
        log.add(problem, "feedback.problem-approved", approved=True)
        log.add(problem, "feedback.problem-issued", case_no="YL-T1R1-U01", cycle=1)
    log.add("lead/L1", "feedback.lead-offered", offer=1, content=sealed(SECRET, "L1"))
    log.add("lead/L2", "feedback.lead-offered", offer=1, content=sealed(HIDDEN, "L2"))
    log.record_state()
    for number in range(1, 40):
        problem = f"problem/YL-T1R1-U01-{number:03}"
        log.add(problem, "feedback.objection-raised", grounds="不属实\n另附说明\t一份")
        log.add(problem, "feedback.objection-dismissed", reasons="查证属实 “原样”")
    log.add(
        f"log/{FEEDBACK}", "log.subject-key-destroyed", subject="L2", legal_ground="PIPL 47",
        method="key-deletion", approved_by="p-1",
    )  # fmt: skip
    log.record_state()
    return log


@cache
def _made_rectification_log() -> Log:
    log = Log(RECTIFICATION)
    digest = hashlib.sha256(ATTACHMENT).hexdigest()
    first = log.add("problem/P1", "rectification.problem-received", problem_no="P1", cycle=1)
    log.add("problem/P1", "rectification.problem-claimed", first["id"], claimed_by="p-3")
    log.add("problem/P1", "rectification.problem-declared-rectified", cycle=1, digest=digest)
    log.add("problem/P1", "rectification.closure-eligibility-noted", cycle=1, pairs=2)
    log.add("case/C1", "rectification.case-opened", case_no="C1")
    log.record_state()
    return log


def trust_text(
    version: int = 1, prev: str = "-", *, logs: Sequence[str] = (), quorum: int = 1,
    reducer: str = REDUCER["digest"],
) -> str:  # fmt: skip
    lines = logs or [f"log {service} {key.vkey} 0-" for service, key in sorted(LOG_KEYS.items())]
    return "".join(
        f"{line}\n"
        for line in (
            "duban-trust/1", f"tenant {TENANT}", f"version {version}", f"prev {prev}", *lines,
            f"witness audit {WITNESS.vkey}", f"quorum {quorum}",
            f"reducer {REDUCER['name']} {REDUCER['version']} sha256:{reducer}",
        )
    )  # fmt: skip


def common_files() -> Files:
    """Return what every bundle has."""
    return {
        "README.txt": b"An export of Duban.\n",
        "MANIFEST.json": b"{}",
        "trust/root.vkey": f"{ROOT.vkey}\n".encode(),
        "trust/1.note": note(trust_text(), ROOT),
        **{f"reducer/{name}": source_files()[name] for name in SOURCES},
    }


def disclosed() -> Files:
    digest = hashlib.sha256(ATTACHMENT).hexdigest()
    return {
        f"sealed/{commitment(*SECRET).hex()}.json": canonical(list(SECRET)),
        f"blobs/sha256/{digest[:2]}/{digest}": ATTACHMENT,
    }


def full(*logs: Log) -> Files:
    """Return the files of a full export (of the sample logs)."""
    found = {**common_files(), **disclosed()}
    for log in logs or (feedback_log(), rectification_log()):
        found[f"logs/{log.service}/checkpoint"] = log.checkpoint()
        found |= log.entries()
    return found


def incremental(log: Log, since: int) -> Files:
    """Return the files of an export of what is new since a size."""
    start = since // WIDTH * WIDTH
    folder = f"logs/{log.service}"
    found = {**common_files(), **log.entries(start)}
    found[f"{folder}/checkpoint"] = log.checkpoint()
    if start:
        found[f"{folder}/proofs/range-{start}.txt"] = hash_lines(compact_range(start, log.leaves))
    consistency = consistency_path(since, log.leaves)
    found[f"{folder}/proofs/consistency-{since}.txt"] = hash_lines(consistency)
    return found


def tlog_proof(log: Log, index: int) -> bytes:
    head = [
        "c2sp.org/tlog-proof@v1",
        f"extra {base64.b64encode(log.records[index]).decode()}",
        f"index {index}",
    ]
    path = hash_lines(inclusion_path(index, log.leaves)).decode()
    return ("\n".join(head) + "\n" + path + "\n").encode() + log.checkpoint()


def case(log: Log, stream: str) -> Files:
    """Return the files of an export of one stream."""
    folder = f"cases/{log.service}/{quote(stream, safe='')}"
    found = {**common_files(), f"logs/{log.service}/checkpoint": log.checkpoint()}
    for record in log.streams[stream]:
        index = log.records.index(canonical(record))
        found[f"{folder}/{record['version']}.tlog-proof"] = tlog_proof(log, index)
    found[f"{folder}.map-proof"] = map_proof(log, stream)
    return found


def map_proof(log: Log, stream: str) -> bytes:
    """Return the proof of completeness at the last recorded state."""
    recorded = max(
        index for index, raw in enumerate(log.records) if b'"type":"log.state-recorded"' in raw
    )
    past = replayed(log, json.loads(log.records[recorded])["data"]["size"])
    states, state = past.state_map(), state_of(past.streams[stream])
    index, path = states.path(stream)
    head = [
        "duban-map-proof/1", f"stream {stream}", f"version {state['version']}",
        f"head {state['head']}", f"state {state_digest(state)}", f"index {index}",
        f"heads {len(states)}",
    ]  # fmt: skip
    text = "\n".join(head) + "\n" + hash_lines(path).decode() + "\n"
    return text.encode() + tlog_proof(log, recorded)


def replayed(log: Log, size: int) -> Log:
    """Return the log as it was at a size."""
    past = Log(log.service, log.records[:size])
    for raw in past.records:
        record = json.loads(raw)
        past.streams.setdefault(record["stream"], []).append(record)
    return past


def rewritten(log: Log, change: Callable[[dict[str, Any]], None]) -> Log:
    """Return the log with each record changed, chained anew, and its states recorded anew."""
    found = Log(log.service)
    for raw in log.records:
        record = json.loads(raw)
        if record["type"] == "log.state-recorded":
            found.record_state()
            continue
        change(record)
        found.add(record["stream"], record["type"], record["causation"], **record["data"])
    return found


def write(files: Files, path: Path) -> Path:
    """Write a ZIP as an export does: sorted names, fixed times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in sorted(files.items()):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, raw)
    return path
