"""Signed notes (c2sp.org/signed-note): a text and the signatures under it.

Reading is strict: a note has one written form. Signatures of unknown keys are kept and ignored;
one of a known key that does not verify makes the whole note worthless.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.kernel.errors import ContractError

ED25519 = 0x01
COSIGNATURE = 0x04
KEY_SIZE = 32
SIGNATURE_SIZE = 64

MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100

_DASH = "— "
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


class NoteError(ContractError):
    code = "note-broken"
    title = "A signed note breaks the format or does not verify"


class Signer(Protocol):
    """Whoever signs with one key: a file here, a hardware module in production."""

    @property
    def vkey(self) -> "VerifierKey": ...

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name it signs under and the type of its signatures."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or _CONTROL.search(self.name):
            raise NoteError("the name of a key has spaces or a plus")
        if self.kind not in (ED25519, COSIGNATURE) or len(self.public) != KEY_SIZE:
            raise NoteError("a key is of an unknown type")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys apart; no protection against a forger."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(named).digest()[:4]

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Return the key written as `name+id+base64`; raises NoteError."""
        name, _, rest = text.partition("+")
        key_id, _, material = rest.partition("+")
        raw = from_base64(material)
        if not _KEY_ID.fullmatch(key_id) or not raw:
            raise NoteError("not a verifier key")
        found = cls(name, raw[0], raw[1:])
        if found.key_id.hex() != key_id:
            raise NoteError("a verifier key does not have the id it says")
        return found

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Return whether this key signed these bytes (plain Ed25519, without any prefix)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signature:
    """One signature line: whose, and the bytes after the key's id."""

    name: str
    key_id: bytes
    signature: bytes

    def is_of(self, key: VerifierKey) -> bool:
        return (self.name, self.key_id) == (key.name, key.key_id)

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Return the signature of a line (without its end); raises NoteError."""
        name, separator, encoded = line.removeprefix(_DASH).partition(" ")
        raw = from_base64(encoded)
        if not line.startswith(_DASH) or not separator or not _NAME.fullmatch(name) or len(raw) < 5:
            raise NoteError("not a signature line")
        return cls(name, raw[:4], raw[4:])


@dataclass(frozen=True)
class Note:
    """A text, which ends in a line feed, and its signatures."""

    text: str
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def parse(cls, raw: bytes) -> "Note":
        """Return the note of these bytes, nothing verified yet; raises NoteError."""
        text, signed = _halves(raw)
        lines = signed.split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise NoteError("a note has too many signatures")
        return cls(text, tuple(Signature.parse(line) for line in lines))

    def encode(self) -> bytes:
        """Return the note as it is written."""
        return "".join([self.text, "\n", *(f"{one}\n" for one in self.signatures)]).encode()

    def adding(self, *signatures: Signature) -> "Note":
        """Return the note with more signatures; one that stands there already is not doubled."""
        new = [one for one in signatures if one not in self.signatures]
        return replace(self, signatures=(*self.signatures, *dict.fromkeys(new)))

    def signers(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Return which of these keys (of type Ed25519) signed.

        Raises NoteError when the signature of one of them does not verify.
        """
        found = []
        for key in keys:
            own = [one for one in self.signatures if one.is_of(key)]
            if any(not self._is_signed(key, one) for one in own):
                raise NoteError(f"a signature of {key.name} does not verify")
            if own:
                found.append(key)
        return found

    def _is_signed(self, key: VerifierKey, one: Signature) -> bool:
        return key.kind == ED25519 and key.verifies(self.text.encode(), one.signature)


def sign(text: str, signer: Signer) -> Note:
    """Return this text as a note signed by one key; raises NoteError for a text no note can hold.

    More signatures are added with `Note.adding`.
    """
    _require_text(text)
    key = signer.vkey
    return Note(text, (Signature(key.name, key.key_id, signer.sign(text.encode())),))


def verified(raw: bytes, keys: Iterable[VerifierKey]) -> Note:
    """Return the note if one of these keys signed it; raises NoteError otherwise."""
    note = Note.parse(raw)
    if not note.signers(keys):
        raise NoteError("no known key signed the note")
    return note


def from_base64(text: str) -> bytes:
    """Return the bytes of standard base64 in its one written form; raises NoteError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError("base64 in another than its one form")
    return raw


def _halves(raw: bytes) -> tuple[str, str]:
    """Return the text and the signature lines, these without the last line feed."""
    if len(raw) > MAX_NOTE:
        raise NoteError("a note is too long")
    try:
        whole = raw.decode()
    except UnicodeDecodeError as error:
        raise NoteError("a note is not UTF-8") from error
    text, separator, signed = whole.rpartition("\n\n")
    if not separator or not signed.endswith("\n"):
        raise NoteError("a note has no signatures")
    _require_text(whole)
    return text + "\n", signed[:-1]


def _require_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("a note's text ends in a line feed and has no control characters")
