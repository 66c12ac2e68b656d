"""The nemesis: draws faults from a seed, one at a time with pauses, and sometimes several."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import psycopg
from aiokafka.errors import KafkaError

from shared.kernel.errors import DubanError
from tests.chaos.battlefield import Battlefield
from tests.chaos.faults import BESIDE_OTHERS, FAULTS
from tests.chaos.findings import broken

MISSED = (OSError, KafkaError, DubanError, psycopg.Error)
"""A fault may miss: what it wanted to touch was already down. It is counted and said."""

SEVERAL = "several at once"


@dataclass
class Nemesis:
    """Strikes until told to stop; `struck` counts faults by name, `missed` those that failed."""

    ground: Battlefield
    seed: int
    names: Sequence[str]
    report: Callable[[str], None]
    struck: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    current: str = "quiet"

    def run(self, until: float) -> None:
        """Strike until this instant of the monotonic clock."""
        random = Random(self.seed)  # noqa: S311  # a storm to be repeated, not a secret
        for number, names in enumerate(self._drawn(random)):
            pause = random.uniform(1, 5)
            if time.monotonic() > until or self.ground.stopping.is_set():
                return
            self._strike_all(names, f"{self.seed}/{number}")
            self._require_recovery(names)
            self._say("quiet")
            self.ground.last(pause)

    def _drawn(self, random: Random) -> Iterator[tuple[str, ...]]:
        """Yield what strikes next: every fault once in a random order, then all again."""
        beside = [name for name in self.names if name in BESIDE_OTHERS]
        while True:
            for name in random.sample(list(self.names), len(self.names)):
                yield (name,)
                if len(beside) > 1 and random.random() < 0.2:
                    yield tuple(random.sample(beside, min(len(beside), random.randint(2, 3))))

    def _strike_all(self, names: tuple[str, ...], seed: str) -> None:
        self._say(" + ".join(names))
        if len(names) > 1:
            self.struck[SEVERAL] += 1
        threads = [
            threading.Thread(target=self._strike, args=(name, f"{seed}/{name}")) for name in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _strike(self, name: str, seed: str) -> None:
        try:
            FAULTS[name](self.ground, Random(seed))  # noqa: S311  # no secret
        except MISSED as error:
            self.missed[name] += 1
            self.report(f"{name} missed: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001  # the storm itself is broken: that is said
            what = f"the fault {name} failed: {type(error).__name__}: {error}"
            self.ground.findings.append(broken("harness", "", what))
            self.report(what)
        else:
            self.struck[name] += 1

    def _require_recovery(self, names: tuple[str, ...]) -> None:
        if silent := self.ground.stack.await_answers():
            what = f"not ready after {' + '.join(names)}: {', '.join(silent)}"
            self.ground.findings.append(broken("recovery", "", what))
            self.report(what)

    def _say(self, what: str) -> None:
        self.current = what
        if what != "quiet":
            self.report(what)
