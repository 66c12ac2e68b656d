"""Signed notes (c2sp.org/signed-note), read strictly; Ed25519 keys and witness cosignatures."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from shared.verifier.ed25519 import verifies
from shared.verifier.errors import BrokenError

ED25519, COSIGNATURE = 0x01, 0x04
MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
_KEY_SIZE, _ID_SIZE, _TIME_SIZE, _SIGNATURE_SIZE = 32, 4, 8, 64
_DASH = "— "
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True)
class Key:
    """A public key: the name it signs under, the type of its signatures, 32 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(named).digest()[:_ID_SIZE]


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    raw: bytes

    def is_of(self, key: Key) -> bool:
        return (self.name, self.key_id) == (key.name, key.key_id)


@dataclass(frozen=True)
class Note:
    """A text, which ends in a line feed, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def is_signed_by(self, key: Key) -> bool:
        """Return whether this key signed; raises BrokenError if it says so and it is not true."""
        own = [one for one in self.signatures if one.is_of(key)]
        for one in own:
            if key.kind != ED25519 or not verifies(key.public, self.text.encode(), one.raw):
                raise BrokenError("bad-signature", f"a signature of {key.name} does not verify")
        return bool(own)

    def cosigned_at(self, key: Key) -> int | None:
        """Return when this witness last cosigned, in seconds since 1970; None if it did not.

        Raises BrokenError if a cosignature in its name does not verify.
        """
        times = [self._cosigned(key, one) for one in self.signatures if one.is_of(key)]
        return max(times, default=None)

    def _cosigned(self, key: Key, one: Signature) -> int:
        time = int.from_bytes(one.raw[:_TIME_SIZE], "big")
        message = f"cosignature/v1\ntime {time}\n{self.text}".encode()
        is_whole = len(one.raw) == _TIME_SIZE + _SIGNATURE_SIZE and key.kind == COSIGNATURE
        if not is_whole or not verifies(key.public, message, one.raw[_TIME_SIZE:]):
            raise BrokenError("bad-cosignature", f"a cosignature of {key.name} does not verify")
        return time


def parse_key(text: str) -> Key:
    """Return the key written as `name+id+base64`; raises BrokenError."""
    name, _, rest = text.strip().partition("+")
    key_id, _, material = rest.partition("+")
    raw = from_base64(material)
    if len(raw) != 1 + _KEY_SIZE or raw[0] not in (ED25519, COSIGNATURE):
        raise BrokenError("not-a-key", "a verifier key is of an unknown type")
    key = Key(name, raw[0], raw[1:])
    if not _NAME.fullmatch(name) or key.key_id.hex() != key_id:
        raise BrokenError("not-a-key", "a verifier key does not have the id it says")
    return key


def parse_note(raw: bytes) -> Note:
    """Return the note of these bytes, nothing verified yet; raises BrokenError."""
    text, lines = _halves(raw)
    if len(lines) > MAX_SIGNATURES:
        raise BrokenError("not-a-note", "a note has too many signatures")
    return Note(text, tuple(_signature(line) for line in lines))


def from_base64(text: str) -> bytes:
    """Return the bytes of standard base64 in its one written form; raises BrokenError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BrokenError("not-base64", "something is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise BrokenError("not-base64", "base64 in another than its one form")
    return raw


def _halves(raw: bytes) -> tuple[str, list[str]]:
    if len(raw) > MAX_NOTE:
        raise BrokenError("not-a-note", "a note is too long")
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise BrokenError("not-a-note", "a note is not UTF-8") from None
    text, separator, signed = whole.rpartition("\n\n")
    if not separator or not signed.endswith("\n") or _CONTROL.search(whole):
        raise BrokenError("not-a-note", "a note has no signatures, or has control characters")
    return text + "\n", signed[:-1].split("\n")


def _signature(line: str) -> Signature:
    name, separator, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not separator or not _NAME.fullmatch(name):
        raise BrokenError("not-a-note", "a line under a note is not a signature")
    raw = from_base64(encoded)
    if len(raw) <= _ID_SIZE:
        raise BrokenError("not-a-note", "a line under a note is not a signature")
    return Signature(name, raw[:_ID_SIZE], raw[_ID_SIZE:])
