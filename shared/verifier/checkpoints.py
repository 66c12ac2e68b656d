"""Checkpoints: origin, size and root of a log, and the proofs that rest on them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.verifier.errors import BrokenError
from shared.verifier.merkle import HASH_SIZE, is_included, leaf_hash
from shared.verifier.notes import Note, from_base64, parse_note

MAX_HASHES = 63
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LINES = 3


@dataclass(frozen=True)
class Checkpoint:
    """A log at one size, with the note that says so."""

    origin: str
    size: int
    root: bytes
    note: Note


@dataclass(frozen=True)
class RecordProof:
    """That a record stands at an index of a log at a checkpoint."""

    record: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    def holds(self) -> bool:
        at = self.checkpoint
        return is_included(leaf_hash(self.record), self.index, at.size, self.path, at.root)


def parse_checkpoint(raw: bytes) -> Checkpoint:
    """Return the checkpoint of a signed note with exactly three lines; raises BrokenError."""
    note = parse_note(raw)
    lines = note.text.split("\n")
    if len(lines) != _LINES + 1 or not lines[0] or not _NUMBER.fullmatch(lines[1]):
        raise BrokenError("not-a-checkpoint", "a checkpoint has three lines: origin, size, root")
    root = from_base64(lines[2])
    if len(root) != HASH_SIZE:
        raise BrokenError("not-a-checkpoint", "a checkpoint's root is no SHA-256")
    return Checkpoint(lines[0], int(lines[1]), root, note)


def parse_proof(raw: bytes) -> RecordProof:
    """Return a `c2sp.org/tlog-proof@v1` whose extra data is the record; raises BrokenError."""
    head, separator, checkpoint = raw.partition(b"\n\n")
    lines = ascii_text(head).split("\n")
    if not separator or len(lines) < _LINES or lines[0] != PROOF_HEADER:
        raise BrokenError("not-a-proof", "not a proof of a record")
    record = from_base64(_after("extra", lines[1]))
    index = number(_after("index", lines[2]))
    return RecordProof(record, index, hashes(lines[_LINES:]), parse_checkpoint(checkpoint))


def hash_lines(raw: bytes) -> tuple[bytes, ...]:
    """Return the hashes of a file with one a line; raises BrokenError."""
    text = ascii_text(raw)
    if text and not text.endswith("\n"):
        raise BrokenError("not-a-proof", "a proof is cut")
    return hashes(text.split("\n")[:-1])


def hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Return hashes written in base64; raises BrokenError."""
    found = tuple(from_base64(line) for line in lines)
    if len(found) > MAX_HASHES or any(len(one) != HASH_SIZE for one in found):
        raise BrokenError("not-a-proof", "a proof has lines that are no hashes")
    return found


def number(text: str) -> int:
    """Return a whole number without leading zeroes; raises BrokenError."""
    if not _NUMBER.fullmatch(text):
        raise BrokenError("not-a-number", "a number is expected")
    return int(text)


def ascii_text(raw: bytes) -> str:
    """Return plain text; raises BrokenError."""
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise BrokenError("not-a-proof", "a proof is not plain text") from None


def _after(word: str, line: str) -> str:
    first, _, rest = line.partition(" ")
    if first != word:
        raise BrokenError("not-a-proof", f"a line with {word} is expected")
    return rest
