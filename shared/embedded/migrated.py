"""Whether the local databases were brought up to date by this very code before.

Migrating takes a process for each service, and starting these takes longer than all the rest of a
warm start. Production has no such mark: there `migrate` is one step of a release.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.embedded.system_map import PROJECT

DECIDING = ("services", "shared/eventstore", "shared/contracts")
"""Where tables and read models are declared; any change there migrates again."""


@dataclass(frozen=True)
class MigrationStamp:
    """A file beside the databases: it goes when they go."""

    file: Path
    services: Sequence[str]

    def holds(self) -> bool:
        """Return whether these services were migrated by this code."""
        return self.file.exists() and self.file.read_text(encoding="ascii") == self._digest()

    def set(self) -> None:
        """Say that they were."""
        self.file.write_text(self._digest(), encoding="ascii")

    def _digest(self) -> str:
        seen = hashlib.sha256(" ".join(self.services).encode())
        for place in DECIDING:
            for source in sorted((PROJECT / place).rglob("*.py")):
                seen.update(f"\n{source.relative_to(PROJECT)}\n".encode())
                seen.update(source.read_bytes())
        return seen.hexdigest()
