"""Trust notes (`duban-trust/1`): which keys count for which log, signed by the root key."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.verifier.checkpoints import number
from shared.verifier.errors import BrokenError
from shared.verifier.notes import COSIGNATURE, ED25519, Key, parse_key, parse_note

HEADER = "duban-trust/1"
_SIZES = re.compile(r"(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})?", re.ASCII)
_HEAD = [(HEADER, 1), ("tenant", 2), ("version", 2), ("prev", 2)]
_WORDS = {"log": 4, "witness": 3, "quorum": 2, "reducer": 4}


@dataclass(frozen=True)
class LogKey:
    """A key that may sign a service's checkpoints of these sizes; `last` None = without end."""

    service: str
    key: Key
    first: int
    last: int | None

    def covers(self, size: int) -> bool:
        return self.first <= size and (self.last is None or size <= self.last)


@dataclass(frozen=True)
class Trust:
    """What the newest trust note says."""

    tenant: str
    version: int
    logs: tuple[LogKey, ...]
    witnesses: tuple[tuple[str, Key], ...]
    quorum: int
    reducers: tuple[str, ...]
    """Digests of the reducers whose states count."""

    notes: tuple[str, ...] = ()
    """SHA-256 of each note of the chain, the first first."""

    @property
    def services(self) -> list[str]:
        return sorted(dict.fromkeys(log.service for log in self.logs))

    def keys_of(self, service: str) -> list[LogKey]:
        return [log for log in self.logs if log.service == service]


def newest(notes: Sequence[bytes], roots: Sequence[Key]) -> Trust:
    """Return what the last note of the chain says.

    Raises BrokenError unless every root key signed every note, the versions count from 1, each
    note names the digest of the one before, and all are of one tenant.
    """
    if not notes:
        raise BrokenError("no-trust-note", "the bundle has no trust note")
    trust, tenant, digests = None, "", ["-"]
    for version, raw in enumerate(notes, start=1):
        trust = _signed_trust(raw, roots, version, digests[-1])
        if tenant not in ("", trust.tenant):
            raise BrokenError("trust-chain", f"trust note {version} is of another tenant")
        tenant = trust.tenant
        digests.append(hashlib.sha256(raw).hexdigest())
    assert trust is not None
    return replace(trust, notes=tuple(digests[1:]))


def require_known(trust: Trust, version: object, digest: object) -> None:
    """Raise BrokenError unless a trust note that the log names is the one of this chain."""
    if not isinstance(version, int) or not 0 < version <= len(trust.notes):
        raise BrokenError("trust-withheld", f"the bundle lacks trust note {version}")
    if trust.notes[version - 1] != digest:
        raise BrokenError("trust-swapped", f"the log knows another trust note {version}")


def _signed_trust(raw: bytes, roots: Sequence[Key], version: int, before: str) -> Trust:
    note = parse_note(raw)
    for root in roots:
        if not note.is_signed_by(root):
            raise BrokenError(
                "untrusted-note", f"trust note {version} is not signed by the root key {root.name}"
            )
    trust, prev = _parse(note.text)
    if trust.version != version or prev != before:
        raise BrokenError("trust-chain", f"trust note {version} does not follow the one before")
    return trust


def _parse(text: str) -> tuple[Trust, str]:
    lines = [line.split(" ") for line in text[:-1].split("\n")]
    head, rest = lines[: len(_HEAD)], lines[len(_HEAD) :]
    if [(words[0], len(words)) for words in head] != _HEAD:
        raise BrokenError("not-a-trust-note", "a trust note does not begin as it must")
    tenant, version, prev = (words[1] for words in head[1:])
    for words in rest:
        if len(words) != _WORDS.get(words[0]):
            raise BrokenError("not-a-trust-note", "a trust note has a line of an unknown kind")
    quorums = [number(words[1]) for words in rest if words[0] == "quorum"]
    trust = Trust(
        tenant=tenant,
        version=number(version),
        logs=tuple(_log(words) for words in rest if words[0] == "log"),
        witnesses=tuple(_witness(words) for words in rest if words[0] == "witness"),
        quorum=_only(quorums),
        reducers=tuple(w[3].removeprefix("sha256:") for w in rest if w[0] == "reducer"),
    )
    if trust.quorum > len({key.public for _, key in trust.witnesses}):
        raise BrokenError("not-a-trust-note", "more witnesses are asked for than are named")
    return trust, prev


def _only(quorums: Sequence[int]) -> int:
    if len(quorums) != 1:
        raise BrokenError("not-a-trust-note", "a trust note has one quorum")
    return quorums[0]


def _log(words: Sequence[str]) -> LogKey:
    _, service, key, sizes = words
    found = _SIZES.fullmatch(sizes)
    if found is None:
        raise BrokenError("not-a-trust-note", "a log key needs a range of sizes")
    last = int(found[2]) if found[2] else None
    return LogKey(service, _key(key, ED25519), int(found[1]), last)


def _witness(words: Sequence[str]) -> tuple[str, Key]:
    return words[1], _key(words[2], COSIGNATURE)


def _key(text: str, kind: int) -> Key:
    key = parse_key(text)
    if key.kind != kind:
        raise BrokenError("not-a-trust-note", "a trust note names a key of the wrong type")
    return key
