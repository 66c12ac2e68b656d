"""Sealed values and attachments (V8): what is disclosed must be what was committed to."""

import base64
import hashlib
import json
import re
from collections import Counter
from typing import Any, NamedTuple

from shared.verifier.bundle import Bundle
from shared.verifier.envelope import Record
from shared.verifier.errors import BrokenError
from shared.verifier.report import Report, Verdict

KEY_DESTROYED = "log.subject-key-destroyed"
_DOMAIN = b"sealed/v1\0"
_SEALED = re.compile(r"sealed/([0-9a-f]{64})\.json")
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{2})/([0-9a-f]{64})")
_DIGEST = re.compile(rb'"([0-9a-f]{64})"')
_PARTS = 3


class Mentions(NamedTuple):
    """What one record seals (commitment in hexadecimal, subject) and attaches (SHA-256).

    `destroyed` is the subject whose key it says was destroyed.
    """

    sealed: tuple[tuple[str, str], ...]
    destroyed: str | None
    attached: tuple[str, ...]


def mentions_in(record: Record, attached: frozenset[str]) -> Mentions | None:
    """Return what a record mentions, of attachments only those given; None if nothing."""
    is_destroyed = record.type == KEY_DESTROYED
    if not (b'"$sealed"' in record.written or is_destroyed or attached):
        return None
    digests = (found.decode() for found in _DIGEST.findall(record.written)) if attached else ()
    return Mentions(
        tuple((_hex(one.get("c")), str(one.get("s"))) for one in _sealed_in(record.facts)),
        str(record.facts.get("subject", "")) if is_destroyed else None,
        tuple(digest for digest in digests if digest in attached),
    )


class Disclosures:
    """The disclosures and attachments of a bundle, and the records' side of them."""

    def __init__(self, bundle: Bundle, report: Report) -> None:
        self._report = report
        self._shown = dict.fromkeys(_disclosed(bundle, report), False)
        self._blobs = dict.fromkeys(_attached(bundle, report), False)
        self._kept_back: Counter[str] = Counter()
        self._destroyed: dict[str, bool] = {}
        self._disclosed = 0

    @property
    def attached(self) -> frozenset[str]:
        """The SHA-256 of each attachment."""
        return frozenset(self._blobs)

    def take(self, mentions: Mentions) -> None:
        """Count what a record seals, attaches, or says about a destroyed key."""
        for commitment, subject in mentions.sealed:
            self._count(commitment, subject)
        if mentions.destroyed is not None:
            self._destroyed[mentions.destroyed] = True
        for digest in mentions.attached:
            self._blobs[digest] = True

    def conclude(self) -> None:
        """Report the counts, and what belongs to no record."""
        erased = sum(n for subject, n in self._kept_back.items() if subject in self._destroyed)
        kept_back = sum(self._kept_back.values()) - erased
        if self._disclosed or erased or kept_back:
            self._report.sealed = {
                "disclosed": self._disclosed, "withheld": kept_back, "erased": erased,
            }  # fmt: skip
        self._require_used(self._shown, "disclosure-of-nothing", "sealed/")
        self._require_used(self._blobs, "attachment-of-nothing", "blobs/")

    def _count(self, commitment: str, subject: str) -> None:
        if commitment in self._shown:
            self._shown[commitment] = True
            self._disclosed += 1
        else:
            self._kept_back[subject] += 1

    def _require_used(self, found: dict[str, bool], code: str, where: str) -> None:
        for name, is_used in found.items():
            if not is_used:
                message = "no record of the bundle speaks of it"
                self._report.fault(Verdict.INTACT, code, f"{where}{name}", message)


def commitment_of(raw: bytes) -> str:
    """Return the commitment (hexadecimal) to `["salt", "name", "value"]`; raises BrokenError."""
    try:
        parts = json.loads(raw)
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != _PARTS or not all(map(_is_text, parts)):
        raise BrokenError("not-a-disclosure", "a disclosure is a list of salt, name and value")
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(_DOMAIN + text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _disclosed(bundle: Bundle, report: Report) -> list[str]:
    """Return the commitments that are truly opened; a wrong one is reported."""
    found = []
    for name in bundle.names("sealed/"):
        match = _SEALED.fullmatch(name)
        try:
            if match is None or commitment_of(bundle.read(name)) != match[1]:
                raise BrokenError("disclosure-mismatch", "it is not what was committed to")
            found.append(match[1])
        except BrokenError as error:
            report.fault(Verdict.INTACT, error.code, name, error.message)
    return found


def _attached(bundle: Bundle, report: Report) -> list[str]:
    found = []
    for name in bundle.names("blobs/"):
        match = _BLOB.fullmatch(name)
        digest = hashlib.sha256()
        try:
            bundle.digest(name, digest.update)
            if match is None or match[1] != match[2][:2] or digest.hexdigest() != match[2]:
                raise BrokenError("attachment-mismatch", "its bytes are not what its name says")
            found.append(match[2])
        except BrokenError as error:
            report.fault(Verdict.INTACT, error.code, name, error.message)
    return found


def _sealed_in(value: Any) -> list[dict[str, Any]]:
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            sealed = one.get("$sealed")
            if isinstance(sealed, dict):
                found.append(sealed)
            waiting.extend(one.values())
    return found


def _hex(commitment: Any) -> str:
    try:
        return base64.b64decode(str(commitment), validate=True).hex()
    except ValueError:
        return ""
