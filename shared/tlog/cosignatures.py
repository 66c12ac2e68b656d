"""Cosignatures (c2sp.org/tlog-cosignature, Ed25519): a witness says what it saw and when."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.tlog.notes import (
    COSIGNATURE,
    SIGNATURE_SIZE,
    Note,
    NoteError,
    Signature,
    Signer,
    VerifierKey,
)

_TIME_SIZE = 8
_LATEST = 2**63 - 1


@dataclass(frozen=True)
class Cosignature:
    """A verified cosignature: whose, and at which second since 1970."""

    key: VerifierKey
    time: int


def message(text: str, time: int) -> bytes:
    """Return what a witness signs for a checkpoint's text."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosign(text: str, time: int, signer: Signer) -> Signature:
    """Return the cosignature line of a checkpoint's text, made at this second."""
    key = signer.vkey
    if key.kind != COSIGNATURE or not 0 <= time <= _LATEST:
        raise NoteError("a witness cosigns with a key of its own type, at a time since 1970")
    signature = time.to_bytes(_TIME_SIZE, "big") + signer.sign(message(text, time))
    return Signature(key.name, key.key_id, signature)


def cosignatures(note: Note, witnesses: Iterable[VerifierKey]) -> list[Cosignature]:
    """Return one cosignature, the latest, of each of these witnesses that made one.

    Raises NoteError when the cosignature of one of them does not verify.
    """
    found = []
    for key in witnesses:
        times = [_time(note.text, key, one) for one in note.signatures if one.is_of(key)]
        if times:
            found.append(Cosignature(key, max(times)))
    return found


def _time(text: str, key: VerifierKey, line: Signature) -> int:
    time = int.from_bytes(line.signature[:_TIME_SIZE], "big")
    is_whole = len(line.signature) == _TIME_SIZE + SIGNATURE_SIZE and time <= _LATEST
    is_good = is_whole and key.kind == COSIGNATURE
    if not is_good or not key.verifies(message(text, time), line.signature[_TIME_SIZE:]):
        raise NoteError(f"a cosignature of {key.name} does not verify")
    return time
