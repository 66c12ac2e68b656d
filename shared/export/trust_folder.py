"""A folder of trust notes: `1.note`, `2.note` …; the root's public key lies in it or beside it."""

from dataclasses import dataclass
from pathlib import Path

from shared.kernel.errors import NotFoundError
from shared.tlog import trust
from shared.tlog.notes import VerifierKey
from shared.tlog.trust import Trust

ROOT = "root.vkey"


@dataclass(frozen=True)
class TrustFolder:
    """What stands there, byte for byte."""

    root: VerifierKey
    notes: tuple[bytes, ...]

    @classmethod
    def read(cls, folder: Path) -> "TrustFolder":
        """Return what the folder holds; raises NotFoundError, NoteError."""
        files = sorted(folder.glob("*.note"), key=lambda path: (len(path.stem), path.stem))
        key = next((at / ROOT for at in (folder, folder.parent) if (at / ROOT).is_file()), folder)
        if not files or key == folder:
            raise NotFoundError(f"{folder} holds no trust notes, or not their {ROOT}")
        root = VerifierKey.parse(key.read_text(encoding="utf-8").strip())
        return cls(root, tuple(path.read_bytes() for path in files))

    @property
    def newest(self) -> Trust:
        """What counts now; raises NoteError when the chain is broken."""
        return trust.chain(self.notes, self.root)[-1]

    def verified_notes(self) -> tuple[bytes, ...]:
        """Return the notes when they are a chain; raises NoteError."""
        trust.chain(self.notes, self.root)
        return self.notes

    def files(self) -> dict[str, bytes]:
        """Return what goes into a bundle."""
        notes = {f"trust/{n}.note": raw for n, raw in enumerate(self.notes, start=1)}
        return {f"trust/{ROOT}": f"{self.root}\n".encode(), **notes}
