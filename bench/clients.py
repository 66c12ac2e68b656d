"""Clients that work at the same time, in processes of their own.

One Python process runs Python on one core at a time. So clients are spread over as many processes
as there are of them, up to `PROCESSES`, which is more than the cores that measuring machines have:
no contestant is decided by Python's lock, and all of them are driven alike.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

from bench.turns import percentile
from shared.service.garbage import collect_seldom

PROCESSES = 4
_GET_READY_S = 0.5

Once = Callable[[], object]
Client = Callable[[str, Sequence[str]], AbstractContextManager[Sequence[Once]]]
"""Connects one process to the database with this address; gives the unit of work of each client
in it, who has a name of its own."""


@dataclass(frozen=True)
class Work:
    """What the clients did: how long each unit took, in milliseconds, and all of them together."""

    milliseconds: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Units a second, of all clients together."""
        return len(self.milliseconds) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the units stayed below."""
        return percentile(self.milliseconds, share)


class Clients:
    """Runs clients for some seconds at a time."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool
        self._runs = 0

    def work(self, client: Client, database_url: str, count: int, seconds: float) -> Work:
        """Let `count` clients work for so many seconds, and return what they did."""
        self._runs += 1
        shares = _shares(count)
        names = [f"r{self._runs}p{process}" for process in range(len(shares))]
        jobs = [
            self._pool.submit(_work, client, database_url, name, share, seconds)
            for name, share in zip(names, shares, strict=True)
        ]
        took = [one for job in jobs for one in job.result()]
        return Work(took, seconds)


@contextmanager
def clients() -> Iterator[Clients]:
    """Give clients; their processes end with the block."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), collect_seldom) as pool:
        yield Clients(pool)


def _shares(count: int) -> list[int]:
    processes = min(count, PROCESSES)
    return [count // processes + (n < count % processes) for n in range(processes)]


def _work(client: Client, database_url: str, name: str, count: int, seconds: float) -> list[float]:
    took: list[list[float]] = [[] for _ in range(count)]
    ready = threading.Barrier(count)
    with client(database_url, [f"{name}t{n}" for n in range(count)]) as units:
        threads = [
            threading.Thread(target=_one, args=(once, ready, seconds, mine))
            for once, mine in zip(units, took, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [one for each in took for one in each]


def _one(once: Once, ready: threading.Barrier, seconds: float, took: list[float]) -> None:
    once()  # what is prepared at the first time is no part of the figure
    ready.wait()
    time.sleep(_GET_READY_S)  # the other processes get ready, too
    ends = time.perf_counter() + seconds
    while (began := time.perf_counter()) < ends:
        once()
        took.append((time.perf_counter() - began) * 1000)
