"""Checks all logs of a bundle: one after the other here, or each in a process of its own.

Logs do not depend on each other. What is found is the same, however many processes there are: a
log whose process cannot be started, or is lost, is checked by this one.
"""

import gc
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_longlong
from dataclasses import dataclass
from multiprocessing import get_context
from os import sched_getaffinity
from pathlib import Path
from typing import Any

from shared.export.verification.findings import Findings
from shared.export.verification.surroundings import Surroundings
from shared.export.verification.whole_log import Progress, WholeLog
from shared.export.verification.zipped import Bundle
from shared.tlog.checkpoints import Checkpoint

WORTH_PROCESSES = 32 * 2**20
"""Bytes of records from which on other processes are started."""

MOST_PROCESSES = 3
"""Each needs the memory of a whole Duban; half of all records stand in one log anyway."""

LOOKED_AT_EVERY_S = 0.2
_counters: list[Any] = []
"""In a process for one log: how many bytes of each log are checked, for the first process."""


@dataclass(frozen=True)
class Head:
    """A log, and the checkpoint that it is checked against."""

    service: str
    checkpoint: Checkpoint


class SideBySide:
    """Checks logs in processes of their own, the largest first."""

    def __init__(self, path: Path, bundle: Bundle, around: Surroundings) -> None:
        self._path, self._bundle, self._around = path, bundle, around

    def check(
        self, heads: Sequence[Head], tell: Callable[[int], None], processes: int = 0
    ) -> list[Findings]:
        """Return what was found in each log; `tell` takes how many more bytes were checked.

        `processes`: how many at once; 0: as many as are worth it.
        """
        weights = [self._bundle.weight(head.service) for head in heads]
        count = processes or processes_for(sum(weights))
        if count == 1:
            return [self._check_here(head, tell) for head in heads]
        context = get_context("spawn")
        done = context.RawArray(c_longlong, len(heads))
        with ProcessPoolExecutor(count, context, _share, (done,)) as pool:
            asked = {
                at: self._asked(pool, at, heads[at])
                for at in sorted(range(len(heads)), key=weights.__getitem__, reverse=True)
            }
            _follow([one for one in asked.values() if one is not None], done, tell)
            return [self._answer(head, asked[at]) for at, head in enumerate(heads)]

    def _asked(self, pool: ProcessPoolExecutor, at: int, head: Head) -> Future[Findings] | None:
        try:
            return pool.submit(_check_apart, self._path, self._around, head, at)
        except (BrokenProcessPool, OSError):  # no process can be started
            return None

    def _answer(self, head: Head, future: Future[Findings] | None) -> Findings:
        try:
            if future is not None:
                return future.result()
        except BrokenProcessPool:  # it was killed: nothing of it counts
            pass
        return self._check_here(head, lambda _: None)

    def _check_here(self, head: Head, tell: Progress) -> Findings:
        return WholeLog(self._bundle, self._around, head.service, head.checkpoint, tell).check()


def processes_for(size: int) -> int:
    """Return how many processes check that many bytes of records; 1: this one alone."""
    return min(len(sched_getaffinity(0)), MOST_PROCESSES) if size >= WORTH_PROCESSES else 1


def _follow(futures: list[Future[Findings]], done: Any, tell: Callable[[int], None]) -> None:
    """Tell the progress of the other processes until the last one has ended."""
    told, is_ended = 0, False
    while not is_ended:
        is_ended = not wait(futures, LOOKED_AT_EVERY_S).not_done
        sum_done = sum(done)
        tell(sum_done - told)
        told = sum_done


def _share(done: Any) -> None:
    """Take the counters that all processes see; each writes its own place alone."""
    _counters[:] = [done]


def _check_apart(path: Path, around: Surroundings, head: Head, at: int) -> Findings:
    gc.disable()  # nothing here refers in circles, and the process ends with its work
    (done,) = _counters

    def count(weight: int) -> None:
        done[at] += weight

    with Bundle(path) as bundle:
        return WholeLog(bundle, around, head.service, head.checkpoint, count).check()
