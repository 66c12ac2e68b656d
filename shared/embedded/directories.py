"""Directories of the local stack: one owner at a time, reachable for the database's user."""

import fcntl
import stat
from pathlib import Path
from typing import IO

from shared.kernel.errors import UnavailableError


class DirectoryLock:
    """Holds a directory for one launcher; the operating system frees it when that one dies."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the directory; `UnavailableError` when another launcher has it."""
        if self._file is not None:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        file = (self._directory / "lock").open("w", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            file.close()
            raise UnavailableError(f"{self._directory} is in use by another process") from held
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def let_others_pass(path: Path) -> None:
    """Give other users the right to pass through (not to list) the directories above `path`.

    Needed only as root: the database server refuses to run as root, and the user it runs as must
    reach its files below, say, a home directory.
    """
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
