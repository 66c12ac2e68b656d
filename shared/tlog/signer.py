"""Who signs: a key in a file, and the memory of what was last signed.

The memory (the high-water mark) lives beside the key, outside the database: a database restored
from an old backup cannot take it back, and a log that does not continue what was signed is never
signed again.
"""

import base64
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.kernel.errors import DubanError, UnavailableError
from shared.messaging.crash_points import CrashPoint, no_crash
from shared.tlog import checkpoints
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import verify_consistency
from shared.tlog.notes import ED25519, Note, NoteError, Signer, VerifierKey, from_base64

__all__ = ["CheckpointSigner", "FileSigner", "HighWaterMark", "Signer", "StaleTreeError"]

_PRIVATE = "PRIVATE+KEY+"

Prove = Callable[[int, int], Sequence[bytes]]
"""Gives the consistency proof between two sizes of the present tree."""


class StaleTreeError(DubanError):
    """The log in the database does not continue the log that was signed before."""

    code = "stale-tree"
    title = "The log does not continue what was signed"


class FileSigner:
    """An Ed25519 key in a file readable by its owner only; for production, ask a hardware module.

    The file holds one line, `PRIVATE+KEY+<name>+<id>+<base64>`; beside it lies the public key
    (`.vkey`).
    """

    def __init__(self, path: Path) -> None:
        """Raises UnavailableError when there is no key, NoteError when the file is no key."""
        if not path.exists():
            raise UnavailableError(f"there is no signing key {path.name}")
        name, kind, seed = _read_private(path.read_text(encoding="utf-8").strip())
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.vkey = VerifierKey(name, kind, self._key.public_key().public_bytes_raw())

    @classmethod
    def create(cls, path: Path, name: str, kind: int = ED25519) -> "FileSigner":
        """Return the signer of this file; a new key is drawn when there is none yet."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            key = Ed25519PrivateKey.generate()
            vkey = VerifierKey(name, kind, key.public_key().public_bytes_raw())
            seed = base64.b64encode(bytes([kind]) + key.private_bytes_raw()).decode()
            line = f"{_PRIVATE}{name}+{vkey.key_id.hex()}+{seed}\n"
            write_durably(path, line.encode())
            write_durably(path.with_suffix(".vkey"), f"{vkey}\n".encode())
        return cls(path)

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of these bytes."""
        return self._key.sign(message)


class HighWaterMark:
    """The last checkpoint that was signed, in a file of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def last(self) -> Checkpoint | None:
        """Return the last one, None before the first; raises NoteError when the file is broken."""
        if not self._path.exists():
            return None
        return Checkpoint.parse(self._path.read_text(encoding="utf-8"))

    def set(self, checkpoint: Checkpoint) -> None:
        """Remember it; when this returns, it is on the disk."""
        write_durably(self._path, checkpoint.text().encode())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process of this machine out."""
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class CheckpointSigner:
    """Signs the checkpoints of one log, never two that contradict each other."""

    def __init__(
        self,
        signer: Signer,
        mark: HighWaterMark,
        at: CrashPoint = no_crash,
        previous: Signer | None = None,
    ) -> None:
        """While a key is being replaced, the `previous` one signs the first checkpoint too."""
        self._signer = signer
        self._mark = mark
        self._at = at
        self._previous = previous

    @classmethod
    def in_directory(cls, directory: Path, at: CrashPoint = no_crash) -> "CheckpointSigner":
        """Return the signer whose `log.key` and `log.mark` lie there.

        A `log.previous.key` there signs too, until the new key has signed a checkpoint.
        """
        before = directory / "log.previous.key"
        previous = FileSigner(before) if before.exists() else None
        mark = HighWaterMark(directory / "log.mark")
        return cls(FileSigner(directory / "log.key"), mark, at, previous)

    @property
    def origin(self) -> str:
        """The log that this key signs for."""
        return self._signer.vkey.name

    @property
    def vkey(self) -> VerifierKey:
        return self._signer.vkey

    @property
    def is_replacing(self) -> bool:
        """Whether a previous key still signs beside the present one."""
        return self._previous is not None

    def end_replacing(self, last: Note) -> None:
        """Stop using the previous key once the present one has signed the last stored note.

        That note, signed by both, is the overlap: whoever knows only the old key follows it there.
        """
        if last.signers([self.vkey]):
            self._previous = None

    def sign(self, checkpoint: Checkpoint, prove: Prove) -> Note:
        """Return the signed checkpoint; raises StaleTreeError unless it continues the last one.

        It is remembered before it is signed.
        """
        with self._mark.locked():
            last = self._mark.last()
            if last is not None:
                _require_continued(last, checkpoint, prove)
            if last != checkpoint:
                self._mark.set(checkpoint)
            self._at("mark")
            return self._signed(checkpoint)

    def _signed(self, checkpoint: Checkpoint) -> Note:
        note = checkpoints.signed(checkpoint, self._signer)
        if self._previous is None:
            return note
        return note.adding(*checkpoints.signed(checkpoint, self._previous).signatures)

    def require_not_behind(self, present: Checkpoint) -> None:
        """Raise StaleTreeError when the tree has fewer records than were signed, or others."""
        last = self._mark.last()
        if last is None:
            return
        if present.origin != last.origin:
            raise StaleTreeError(f"the key signed {last.origin}, this is {present.origin}")
        if present.size < last.size:
            raise StaleTreeError(
                f"the database holds a log of {present.size} records, but {last.size} were signed:"
                " it was restored from an old backup. Restore a newer one; nothing is signed.",
                size=present.size,
                signed=last.size,
            )
        if present.size == last.size and present.root != last.root:
            raise _rewritten(last)


def write_durably(path: Path, content: bytes) -> None:
    """Replace the file's content, wholly or not at all; it is on the disk when this returns."""
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _require_continued(last: Checkpoint, new: Checkpoint, prove: Prove) -> None:
    if new.origin != last.origin or new.size < last.size:
        raise StaleTreeError(
            f"a checkpoint of {new.size} records does not continue one of {last.size}",
            size=new.size,
            signed=last.size,
        )
    proof = prove(last.size, new.size)
    if not verify_consistency(last.size, new.size, proof, last.root, new.root):
        raise _rewritten(last)


def _rewritten(last: Checkpoint) -> StaleTreeError:
    return StaleTreeError(
        f"the database does not hold the {last.size} records that were signed: they were changed,"
        " or an old backup was written on. Nothing is signed.",
        signed=last.size,
    )


def _read_private(line: str) -> tuple[str, int, bytes]:
    parts = line.removeprefix(_PRIVATE).split("+", 2)
    raw = from_base64(parts[-1])
    if not line.startswith(_PRIVATE) or len(parts) != 3 or len(raw) != 33:
        raise NoteError("not a private key")
    return parts[0], raw[0], raw[1:]
