"""What the check of each log is told, and the checks that whole logs and single cases share."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.export.disclosures import sealed_in
from shared.export.verification.findings import BrokenError, Findings, Sealed, Verdict
from shared.export.verification.records import Fields, Told
from shared.export.verification.zipped import Bundle
from shared.reducers import REDUCER
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import verify_consistency
from shared.tlog.notes import NoteError
from shared.tlog.proofs import decode_hashes

STATE_RECORDED = "log.state-recorded"
KEY_DESTROYED = "log.subject-key-destroyed"
TRUST_CHANGED = "log.trust-changed"
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_QUOTED_HASH = re.compile(rb'"([0-9a-f]{64})"')


@dataclass(frozen=True)
class Surroundings:
    """What counts for all logs of a bundle; it can be sent to another process."""

    tenant: str = ""
    trust_notes: tuple[str, ...] = ()
    has_trust: bool = False
    reducers: frozenset[str] = frozenset()
    reducer_hash: str = ""
    seen: Mapping[str, Checkpoint] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()

    def has_reducer_of(self, facts: Fields) -> bool:
        """Return whether our reducers made the state; raises BrokenError for a stranger's."""
        named = facts.get("reducer")
        digest = named.get("digest") if type(named) is dict else None
        is_strange = bool(self.reducers) and digest not in self.reducers
        if is_strange or (self.reducer_hash and digest != self.reducer_hash):
            raise BrokenError("reducer-not-trusted", "nobody vouches for the reducers of a state")
        return bool(digest == REDUCER["digest"])

    def require_known_trust(self, facts: Fields) -> None:
        """Raise BrokenError unless the trust note that the log names is one of the bundle's."""
        version, digest = facts.get("version"), facts.get("digest")
        if type(version) is not int or not 0 < version <= len(self.trust_notes):
            raise BrokenError("trust-withheld", f"the bundle lacks trust note {version}")
        if self.trust_notes[version - 1] != digest:
            raise BrokenError("trust-swapped", f"the log knows another trust note {version}")

    def sealed_in(self, told: Told) -> Sealed | None:
        """Return what a record seals and attaches, and whose key it says was destroyed."""
        is_destroyed = told.type == KEY_DESTROYED
        if b'"$sealed"' not in told.written and not is_destroyed and not self.attached:
            return None
        found = Sealed()
        for commitment, subject in sealed_in(told.facts):
            self._count(hexadecimal(commitment), subject, found)
        if is_destroyed:
            found.destroyed.add(str(told.facts.get("subject", "")))
        if self.attached:
            named = {digest.decode() for digest in _QUOTED_HASH.findall(told.written)}
            found.attached |= named & self.attached
        return found

    def _count(self, commitment: str, subject: str, into: Sealed) -> None:
        if commitment in self.shown:
            into.shown.add(commitment)
            into.disclosed += 1
        else:
            into.kept_back[subject] += 1


def state_told(facts: Fields) -> tuple[int, str, Any]:
    """Return size, root and number of streams of a recorded state; raises BrokenError."""
    size, root = facts.get("size"), facts.get("state_root")
    if type(size) is not int or size < 0 or type(root) is not str or not _HASH.fullmatch(root):
        raise BrokenError("not-a-state", "a recorded state lacks its size or its root")
    return size, root, facts.get("heads")


def compare_by_proof(
    bundle: Bundle, service: str, at: Checkpoint, seen: Checkpoint, found: Findings
) -> None:
    """Say whether a log continues a remembered checkpoint, without its records."""
    verdict, where = Verdict.CONSISTENT_WITH_SEEN, f"log {service}"
    name = f"logs/{service}/proofs/consistency-{seen.size}.txt"
    if seen.size > at.size:
        message = f"it had {seen.size} records already and has {at.size}"
        found.no(verdict, "rollback", where, message)
    elif seen.size not in (0, at.size) and name not in bundle:
        found.open(verdict, f"{where}: no proof from size {seen.size} on is here")
    else:
        needs_proof = seen.size not in (0, at.size)
        proof = hashes(bundle.read(name)) if needs_proof else ()
        if verify_consistency(seen.size, at.size, proof, seen.root, at.root):
            found.yes(verdict, f"{where} continues the checkpoint of size {seen.size}")
        else:
            message = f"it does not continue what it was at size {seen.size}"
            found.no(verdict, "fork", where, message)


def hashes(raw: bytes) -> tuple[bytes, ...]:
    """Return the hashes of a proof's lines; raises BrokenError."""
    try:
        return tuple(decode_hashes(raw))
    except NoteError as error:
        raise BrokenError("not-a-proof", error.detail) from None


def commitment_to(raw: bytes) -> str:
    """Return the commitment (hexadecimal) that a disclosure opens; raises BrokenError."""
    try:
        parts = json.loads(raw)
    except (ValueError, RecursionError):
        parts = None
    if type(parts) is not list or [type(part) for part in parts] != [str, str, str]:
        raise BrokenError("not-a-disclosure", "a disclosure is a list of salt, name and value")
    written = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    whole = b"sealed/v1\0" + written.encode("utf-8", "surrogatepass")
    return hashlib.sha256(whole).hexdigest()


def hexadecimal(commitment: str) -> str:
    """Return a commitment as disclosures are named by it; empty when it is none."""
    try:
        return base64.b64decode(commitment, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""
