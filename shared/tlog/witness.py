"""A witness (c2sp.org/tlog-witness): cosigns a log's checkpoint when it continues the last one.

It remembers one checkpoint of each log, and remembers the new one before it answers.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.kernel.clock import Clock
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.cosignatures import cosign
from shared.tlog.merkle import EMPTY_ROOT, verify_consistency
from shared.tlog.notes import Note, NoteError, Signature, Signer, VerifierKey
from shared.tlog.proofs import decode_hashes

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)

LogKeys = Callable[[str], Sequence[VerifierKey]]
"""Returns the keys that count for an origin, none for an unknown one."""


class Memory(Protocol):
    """Where a witness keeps the last checkpoint of each log."""

    def last(self, origin: str) -> Checkpoint: ...

    def advance(self, old: Checkpoint, new: Checkpoint) -> bool:
        """Replace `old` by `new`, durably; False when it was not `old` any more."""


@dataclass(frozen=True)
class Answer:
    """What the witness says over HTTP."""

    status: int
    body: bytes = b""
    media_type: str = TEXT


@dataclass(frozen=True)
class Witness:
    """Cosigns the checkpoints of the logs it knows."""

    signer: Signer
    memory: Memory
    log_keys: LogKeys
    clock: Clock

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request `old <size>`, proof lines, empty line, checkpoint."""
        try:
            old, proof, note = _request(body)
            new = Checkpoint.parse(note.text)
        except NoteError as error:
            return Answer(400, f"{error.detail}\n".encode())
        refusal = self._untrusted(note, new, old)
        return refusal or self._continued(new, old, proof)

    def _untrusted(self, note: Note, new: Checkpoint, old: int) -> Answer | None:
        keys = [key for key in self.log_keys(new.origin) if key.name == new.origin]
        if not keys:
            return Answer(404, b"this witness does not know the log\n")
        try:
            is_signed = bool(note.signers(keys))
        except NoteError:
            is_signed = False
        if not is_signed:
            return Answer(403, b"no known key of the log signed the checkpoint\n")
        return None if old <= new.size else Answer(400, b"the old size is above the new one\n")

    def _continued(self, new: Checkpoint, old: int, proof: Sequence[bytes]) -> Answer:
        last = self.memory.last(new.origin)
        if old != last.size:
            return _conflict(last)
        if new.size == last.size and new.root != last.root:
            return _conflict(last)
        if not verify_consistency(last.size, new.size, proof, last.root, new.root):
            return Answer(422, b"the checkpoint does not continue the last one\n")
        if not self.memory.advance(last, new):
            return _conflict(self.memory.last(new.origin))
        return Answer(200, f"{self.cosign(new)}\n".encode())

    def cosign(self, checkpoint: Checkpoint) -> Signature:
        """Return the cosignature of a checkpoint that the caller has checked and remembered."""
        return cosign(checkpoint.text(), int(self.clock.now().timestamp()), self.signer)


class FileMemory:
    """A witness's memory in one SQLite file; what it was told is on the disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._connect()) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS seen"
                " (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL)"
            )

    def last(self, origin: str) -> Checkpoint:
        """Return the last checkpoint of this log, that of the empty log before the first."""
        with closing(self._connect()) as connection:
            return _last(connection, origin)

    def advance(self, old: Checkpoint, new: Checkpoint) -> bool:
        """Replace `old` by `new`; False when it was not `old` any more."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            if _last(connection, new.origin) != old:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (new.origin, new.size, new.root)
            )
            connection.execute("COMMIT")
        return True

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.execute("PRAGMA synchronous = FULL")
        return connection


def request(old: int, proof: bytes, checkpoint: bytes) -> bytes:
    """Return the body of a request; `proof` as `proofs.encode_hashes` writes it."""
    return f"old {old}\n".encode() + proof + b"\n" + checkpoint


def _request(body: bytes) -> tuple[int, list[bytes], Note]:
    head, separator, checkpoint = body.partition(b"\n\n")
    first, _, proof = head.partition(b"\n")
    old = _OLD.fullmatch(first.decode("latin-1"))
    if not separator or old is None:
        raise NoteError("not a request to add a checkpoint")
    return int(old[1]), decode_hashes(proof + b"\n" if proof else b""), Note.parse(checkpoint)


def _conflict(last: Checkpoint) -> Answer:
    return Answer(409, f"{last.size}\n".encode(), SIZE)


def _last(connection: sqlite3.Connection, origin: str) -> Checkpoint:
    row = connection.execute("SELECT size, root FROM seen WHERE origin = ?", (origin,)).fetchone()
    return Checkpoint(origin, *row) if row else Checkpoint(origin, 0, EMPTY_ROOT)
