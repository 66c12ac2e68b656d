"""The checkpoints that an export ends at, and those that the auditor kept."""

import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.export.sources import Logs
from shared.kernel.errors import InvalidValueError, NotFoundError
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.notes import MAX_NOTE, Note
from shared.tlog.trust import Trust

WITNESSED_WITHIN_S = 30.0
ASKED_EVERY_S = 0.5


@dataclass(frozen=True)
class Head:
    """Where the export of one log ends; `is_witnessed` = as many cosigned as trust asks for."""

    service: str
    note: bytes
    is_witnessed: bool

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(Note.parse(self.note).text)


@dataclass
class Patience:
    """How long to wait for the witnesses; in tests, not at all."""

    within: float = WITNESSED_WITHIN_S
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def heads(logs: Logs, services: Iterable[str], trust: Trust, patience: Patience) -> list[Head]:
    """Have every log record its state; return checkpoints that cover these, witnessed if possible.

    Whatever the witnesses do, there is an answer after a while.
    """
    sizes = {service: logs.record_state(service) for service in services}
    deadline = patience.monotonic() + patience.within
    return [_awaited(logs, one, size, trust, patience, deadline) for one, size in sizes.items()]


def heads_at(
    logs: Logs, services: Iterable[str], trust: Trust, until: Mapping[str, Checkpoint]
) -> list[Head]:
    """Return the checkpoints of these sizes, by origin, to export an earlier range once more.

    Raises NotFoundError for a log of which none is named.
    """
    return [_head_at(logs, service, trust, until) for service in services]


def _head_at(logs: Logs, service: str, trust: Trust, until: Mapping[str, Checkpoint]) -> Head:
    origin = Checkpoint.parse(Note.parse(logs.checkpoint(service)).text).origin
    if origin not in until:
        raise NotFoundError(f"no checkpoint of {origin} is named")
    note = logs.checkpoint(service, until[origin].size)
    return Head(service, note, is_witnessed(note, trust))


def _awaited(
    logs: Logs, service: str, size: int, trust: Trust, patience: Patience, deadline: float
) -> Head:
    """Return the first checkpoint from this size on that is witnessed, else the last one."""
    known = {size: logs.checkpoint(service, size)}
    while True:
        for at in sorted(known):
            known[at] = logs.checkpoint(service, at)
            if is_witnessed(known[at], trust):
                return Head(service, known[at], is_witnessed=True)
        if patience.monotonic() >= deadline:
            return Head(service, known[max(known)], is_witnessed=False)
        patience.sleep(ASKED_EVERY_S)
        last = logs.checkpoint(service)
        known[Checkpoint.parse(Note.parse(last).text).size] = last


def is_witnessed(note: bytes, trust: Trust) -> bool:
    """Return whether as many witnesses cosigned as the trust note asks for; raises NoteError."""
    return len(trust.witnessed(Note.parse(note))) >= trust.quorum


def remembered(paths: Iterable[Path]) -> dict[str, Checkpoint]:
    """Return the kept checkpoints by origin: files, folders of them, or earlier bundles.

    Of several of one log the largest counts. Raises NotFoundError, InvalidValueError, NoteError.
    """
    found: dict[str, Checkpoint] = {}
    for raw in (raw for path in paths for raw in _notes_at(path)):
        one = Checkpoint.parse(Note.parse(raw).text)
        if one.origin not in found or one.size > found[one.origin].size:
            found[one.origin] = one
    return found


def _notes_at(path: Path) -> list[bytes]:
    if not path.exists():
        raise NotFoundError(f"there is no {path}")
    if path.is_dir():
        return [_small(file) for file in sorted(path.iterdir()) if file.is_file()]
    if zipfile.is_zipfile(path):
        return _notes_in(path)
    return [_small(path)]


def _notes_in(bundle: Path) -> list[bytes]:
    with zipfile.ZipFile(bundle) as archive:
        wanted = [
            info
            for info in archive.infolist()
            if info.filename.startswith("logs/")
            and info.filename.endswith("/checkpoint")
            and info.file_size <= MAX_NOTE
        ]
        return [archive.read(info) for info in wanted]


def _small(path: Path) -> bytes:
    if path.stat().st_size > MAX_NOTE:
        raise InvalidValueError(f"{path} is no checkpoint")
    return path.read_bytes()
