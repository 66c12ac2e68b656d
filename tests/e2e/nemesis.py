"""Kills the parts of a running system, one after another, as the story goes on."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

from shared.embedded.stack import Stack
from tests.support.eventually import eventually
from tests.support.processes import has_ended

HEALED_WITHIN = 90.0  # seconds; a bound, not a measure


class Nemesis:
    """Kills each victim once, at steps of the story that a seed chooses.

    A story tells it of every step. It strikes only when what it killed before runs again, so that
    each death is a death of its own.
    """

    def __init__(self, stack: Stack, victims: Sequence[str], steps: int, seed: int) -> None:
        random = Random(seed)  # noqa: S311  # a story to be told again, not a secret
        self.killed: list[str] = []
        self._stack = stack
        self._moments = sorted(random.sample(range(2, steps), len(victims)))
        self._victims = random.sample(list(victims), len(victims))
        self._told = 0
        self._healed: Callable[[], bool] = lambda: True
        self._one_at_a_time = threading.Lock()

    def hear(self, act: str, steps: int) -> None:
        """Count the steps, and strike when a moment has come."""
        with self._one_at_a_time:
            self._told += steps
            while self._moments and self._moments[0] <= self._told:
                self._moments.pop(0)
                eventually(self._healed, within=HEALED_WITHIN)
                self._strike(self._victims.pop())

    def _strike(self, victim: str) -> None:
        pid = self._pid(victim)
        os.kill(pid, signal.SIGKILL)
        self.killed.append(victim)
        self._healed = lambda: self._runs_again(victim, pid)

    def _runs_again(self, victim: str, dead: int) -> bool:
        return self._pid(victim) != dead and not has_ended(self._pid(victim))

    def _pid(self, victim: str) -> int:
        match victim:
            case "broker":
                return self._stack.broker.pid
            case "PostgreSQL":
                return self._stack.postgres.pid
            case service:
                return self._stack.pid(service)


@contextmanager
def watched_over(stack: Stack) -> Iterator[None]:
    """Let the system heal itself, as `duban up` does; raises when it gave up."""
    stop, errors = threading.Event(), []

    def watch() -> None:
        try:
            stack.supervise(stop)
        except Exception as error:  # noqa: BLE001  # raised below, in the test's own thread
            errors.append(error)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if errors:
        raise errors[0]
