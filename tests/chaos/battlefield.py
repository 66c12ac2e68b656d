"""What a fault may touch: the system, its topics, its operators, and the users' progress."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from shared.embedded.system_map import SERVICES
from tests.chaos.findings import Finding
from tests.chaos.operators import Operators
from tests.chaos.system import WoundedStack
from tests.chaos.topics import Topics
from tests.chaos.users import JournalingPlayer

BROKER, POSTGRES = "broker", "PostgreSQL"


@dataclass
class Battlefield:
    """`findings` is what a fault itself saw go wrong while it lasted."""

    stack: WoundedStack
    player: JournalingPlayer
    stopping: threading.Event = field(default_factory=threading.Event)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topics = Topics(self.stack)
        self.operators = Operators(self.stack)

    def last(self, seconds: float) -> None:
        """Let so much time pass; less when the run is over."""
        self.stopping.wait(seconds)

    def until(self, holds: Callable[[], bool], within: float) -> bool:
        """Wait until something holds; return whether it did in time."""
        deadline = time.monotonic() + within
        while not (found := holds()) and time.monotonic() < deadline:
            time.sleep(0.2)  # between questions: what is waited for is in other processes
        return found

    def pids(self, victim: str) -> list[int]:
        """Return the processes of a victim: PostgreSQL has many, the others one."""
        if victim == POSTGRES:
            return _family(self.stack.postgres.pid)
        if victim == BROKER:
            return [self.stack.broker.pid]
        return [self.stack.process(victim).pid]

    def kill(self, victim: str) -> None:
        """kill -9; of PostgreSQL the postmaster only: its children notice."""
        send(self.pids(victim)[:1], signal.SIGKILL)

    def everybody(self) -> tuple[str, ...]:
        return (*self.stack.victims, BROKER, POSTGRES)

    def recover(self) -> None:
        """Take every standing fault away, and wait until all processes are ready."""
        self.stack.proxies.clear()
        for service in SERVICES:
            self.stack.set_clock(service, 0)
        self.stack.end_extra()
        for victim in self.everybody():
            send(self.pids(victim), signal.SIGCONT)
        self.stack.await_answers()


def send(pids: Iterable[int], with_signal: signal.Signals) -> None:
    """Send a signal to processes that may be gone by now."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, with_signal)


def _family(pid: int) -> list[int]:
    with suppress(psutil.NoSuchProcess):
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return [pid]
