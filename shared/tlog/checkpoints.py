"""Checkpoints (c2sp.org/tlog-checkpoint): origin, size and root of a log, as a signed note.

Ours have exactly three lines; a log signs under its origin.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.tlog.merkle import EMPTY_ROOT, HASH_SIZE
from shared.tlog.notes import Note, NoteError, Signer, VerifierKey, from_base64, sign, verified

DEFAULT_ORIGIN = "duban.invalid"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def origin_of(base: str, tenant: str, service: str) -> str:
    """Return the name of a service's log, such as `duban.invalid/city.yunlan/feedback`."""
    return f"{base}/{tenant.replace(':', '.')}/{service}"


@dataclass(frozen=True)
class Checkpoint:
    """A log at one size."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Return the checkpoint in a note's text; raises NoteError for any other form."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise NoteError("a checkpoint has three lines: origin, size, root")
        found = cls(lines[0], int(lines[1]), from_base64(lines[2]))
        if len(found.root) != HASH_SIZE or (found.size == 0 and found.root != EMPTY_ROOT):
            raise NoteError("a checkpoint's root is no root")
        return found


def signed(checkpoint: Checkpoint, signer: Signer) -> Note:
    """Return the signed checkpoint; raises NoteError when the key's name is not the origin."""
    if signer.vkey.name != checkpoint.origin:
        raise NoteError("a log signs under its origin")
    return sign(checkpoint.text(), signer)


def opened(raw: bytes, origin: str, keys: Iterable[VerifierKey]) -> tuple[Checkpoint, Note]:
    """Return the checkpoint of this origin signed by one of these keys of its log.

    Raises NoteError.
    """
    note = verified(raw, [key for key in keys if key.name == origin])
    found = Checkpoint.parse(note.text)
    if found.origin != origin:
        raise NoteError("a checkpoint is of another log")
    return found, note
