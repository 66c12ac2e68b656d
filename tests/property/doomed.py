"""A process that works on the same city and is killed with SIGKILL at a step that was drawn.

What it had acknowledged before reaches the parent through a pipe. The processes are forked from a
server that has imported everything already: a start takes milliseconds.
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.integration.messaging.harbour import crash_at
from tests.property.city import City
from tests.property.main_line import advance
from tests.property.memory import Life, Memory, Place
from tests.property.offices import TickingClock

_processes = get_context("forkserver")
_processes.set_forkserver_preload([__name__])
ENDED_WITHIN = 120.0
STEPS = 8


@dataclass(frozen=True)
class Doom:
    """What the process does (record a service's state, or work on a problem), and where it dies.

    That is when the step is reached for the `time`-th time; if never, the process just ends.
    """

    about: str
    step: str
    time: int
    seals: bool = False


@dataclass
class Acknowledged:
    """What the process told before it died."""

    lives: dict[Place, Life]
    records: list[bytes]
    was_killed: bool


def play(city: City, doom: Doom) -> Acknowledged:
    """Have a process work until it is killed; the city's own services rest meanwhile.

    Then they learn what it stored; whatever it acknowledged must be among that.
    """
    here, there = _processes.Pipe(duplex=False)
    child = _processes.Process(
        target=_work, args=(city.urls, city.keys, city.clock.instant, doom, there)
    )
    child.start()
    there.close()
    told = _all_from(here)
    child.join(ENDED_WITHIN)
    assert child.exitcode in (0, -signal.SIGKILL), f"{doom} ended with {child.exitcode}"
    found = Acknowledged({}, [], child.exitcode != 0)
    for lives, records in told:
        found.lives |= lives
        found.records += records
    _learn(city, found)
    return found


def _learn(city: City, found: Acknowledged) -> None:
    city.clock.advance(timedelta(days=1))
    learnt = {one.raw for one in city.learn()}
    assert learnt >= set(found.records), "something acknowledged is lost"
    city.memory.lives |= found.lives


def _all_from(pipe: Connection) -> list[tuple[dict[Place, Life], list[bytes]]]:
    told = []
    while True:
        try:
            told.append(pipe.recv())
        except EOFError:
            return told


class _Telling(Memory):
    """The memory of the doomed process: it tells the parent at once."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__()
        self._pipe = pipe
        self._untold: list[bytes] = []

    def take(self, events: Any) -> None:
        events = list(events)
        super().take(events)
        self._untold += [one.raw for one in events]

    def remember(self, service: str, things: Any) -> None:
        before = set(self.lives)
        super().remember(service, things)
        lives = {place: life for place, life in self.lives.items() if place not in before}
        self._pipe.send((lives, self._untold))
        self.forget_untold()

    def forget_untold(self) -> None:
        """Keep to oneself what was taken in: the parent knows it."""
        self._untold = []


def _work(
    urls: Mapping[str, str], keys: Path, instant: datetime, doom: Doom, pipe: Connection
) -> None:
    memory = _Telling(pipe)
    city = City(urls, keys, TickingClock(instant), memory)
    city.learn()
    memory.forget_untold()
    city.at = crash_at(doom.step, doom.time, lambda: os.kill(os.getpid(), signal.SIGKILL))
    if doom.seals:
        city[doom.about].sealer.record_state()
    else:
        advance(city, doom.about, STEPS)
    city.close()
