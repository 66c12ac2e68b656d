"""Proofs on paper: `c2sp.org/tlog-proof@v1` for one record, hash lines for consistency."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import HASH_SIZE, MAX_PROOF, leaf_hash, verify_inclusion
from shared.tlog.notes import Note, NoteError, from_base64

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True)
class RecordProof:
    """That a record stands at an index of a checkpointed log.

    `checkpoint` is the signed note, byte for byte; whose signatures count is the reader's affair.
    `extra` is not authenticated.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def encode(self) -> bytes:
        """Return the proof as it is written."""
        extra = [f"extra {base64.b64encode(self.extra).decode()}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *map(_hash_line, self.path), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint

    @classmethod
    def parse(cls, raw: bytes) -> "RecordProof":
        """Return the proof of these bytes, nothing verified yet; raises NoteError."""
        head, separator, checkpoint = raw.partition(b"\n\n")
        lines = _text(head).split("\n")
        if not separator or lines.pop(0) != HEADER:
            raise NoteError("not a proof of a record")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "))
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None:
            raise NoteError("a proof does not say which record it is of")
        return cls(int(index[1]), tuple(_hashes(lines)), checkpoint, extra)

    def proves(self, record: bytes) -> bool:
        """Return whether the record stands there, if the checkpoint is genuine."""
        found = Checkpoint.parse(Note.parse(self.checkpoint).text)
        return verify_inclusion(leaf_hash(record), self.index, found.size, self.path, found.root)


def encode_hashes(hashes: Sequence[bytes]) -> bytes:
    """Return hashes one a line, as in a consistency proof."""
    return "".join(f"{_hash_line(one)}\n" for one in hashes).encode()


def decode_hashes(raw: bytes) -> list[bytes]:
    """Return the hashes of these lines; raises NoteError."""
    text = _text(raw)
    if text and not text.endswith("\n"):
        raise NoteError("a proof is cut")
    return _hashes(text.split("\n")[:-1])


def _hashes(lines: Sequence[str]) -> list[bytes]:
    found = [from_base64(line) for line in lines]
    if len(found) > MAX_PROOF or any(len(one) != HASH_SIZE for one in found):
        raise NoteError("a proof has lines that are no hashes")
    return found


def _hash_line(one: bytes) -> str:
    return base64.b64encode(one).decode()


def _text(raw: bytes) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise NoteError("a proof is not plain text") from error
