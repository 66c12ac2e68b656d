"""Who reads the entry bundles: this process, or several others that read ahead of it.

Each of the others reads every n-th bundle and sends what it found; here all of it is put together
in the order of the logs. What comes out is the same, however many there are: one that cannot be
started, or is lost, is replaced by this process.
"""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from shared.verifier.bundle import Bundle
from shared.verifier.errors import BrokenError
from shared.verifier.rows import Entries, Expected, read_entries

if sys.platform == "linux":
    import fcntl

WORTH_PROCESSES = 32 * 2**20
"""Bytes of records from which on other processes are started."""

MOST_PROCESSES = 6
"""More would wait for the one process that puts everything together."""

_PIPE_SIZE = 2**20
Step = tuple[str, str, int]
"""An entry bundle to read: service, name, number of records."""


def processes_for(size: int) -> int:
    """Return how many processes read that many bytes of records; 1: this one alone."""
    return min(_processors(), MOST_PROCESSES) if size >= WORTH_PROCESSES else 1


class Readers:
    """Gives the contents of entry bundles, in the order of the plan."""

    def __init__(
        self, path: Path, bundle: Bundle, expected: Expected, plan: Sequence[Step], processes: int
    ) -> None:
        self._bundle, self._expected, self._plan = bundle, expected, plan
        self._next = 0
        self._processes: list[BaseProcess] = []
        self._pipes: list[Connection | None] = []
        if processes > 1:
            with suppress(OSError, ImportError):  # a machine that allows no more processes
                for first in range(processes):
                    self._start(path, plan[first::processes])
        self._pipes += [None] * (processes - len(self._pipes))

    def _start(self, path: Path, plan: Sequence[Step]) -> None:
        context = get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        _widen(theirs)
        process = context.Process(
            target=_read_ahead, args=(path, self._expected, plan, theirs), daemon=True
        )
        process.start()
        theirs.close()
        self._processes.append(process)
        self._pipes.append(ours)

    def take(self, step: Step) -> Entries:
        """Return what one bundle of the plan holds; those before it are passed over."""
        found = None
        while self._plan[self._next] != step:
            self._received()
        found = self._received()
        return found if found is not None else self.read(step)

    def read(self, step: Step) -> Entries:
        """Return what one bundle holds, read here and now."""
        return read_entries(self._bundle, self._expected, *step)

    def _received(self) -> Entries | None:
        """Return what another process sent about the next bundle; None if there is nobody."""
        at = self._next % len(self._pipes)
        self._next += 1
        pipe = self._pipes[at]
        if pipe is None:
            return None
        try:
            found: Entries = pipe.recv()
        except (EOFError, OSError):  # it was killed: nothing of it counts any more
            self._pipes[at] = None
            return None
        return found

    def close(self) -> None:
        """End the other processes."""
        for process in self._processes:
            process.terminate()
            process.join()
        for pipe in filter(None, self._pipes):
            pipe.close()


def _read_ahead(path: Path, expected: Expected, plan: Sequence[Step], pipe: Connection) -> None:
    """Read the bundles of the plan and send what they hold; the work of another process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends this one
    gc.disable()  # nothing here refers in circles
    try:
        bundle = Bundle(path)
        for step in plan:
            pipe.send(read_entries(bundle, expected, *step))
    except (BrokenError, BrokenPipeError):
        return  # the first process notices, or is gone itself


def _widen(pipe: Connection) -> None:
    """Let several answers wait in a pipe, where the system can do that."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_SIZE)


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
