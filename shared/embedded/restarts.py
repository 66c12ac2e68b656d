"""How often a dead process is started again before the whole stack gives up."""

import time
from collections import defaultdict, deque
from collections.abc import Callable

from shared.kernel.errors import UnavailableError

MOST = 5
WINDOW = 60.0  # seconds
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


class RestartBudget:
    """Allows `most` restarts of one process within `window` seconds, each after a longer pause."""

    def __init__(
        self,
        most: int = MOST,
        window: float = WINDOW,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._window = window
        self._monotonic = monotonic
        self._restarts: defaultdict[str, deque[float]] = defaultdict(deque)

    def spend(self, name: str) -> float:
        """Note one restart of `name` and return the pause before it, in seconds.

        Raises `UnavailableError` when it has died too often: starting it again would not help.
        """
        now, recent = self._monotonic(), self._restarts[name]
        while recent and now - recent[0] > self._window:
            recent.popleft()
        if len(recent) >= self._most:
            raise UnavailableError(
                f"{name} died {self._most + 1} times within {self._window:g} s; giving up"
            )
        recent.append(now)
        return min(FIRST_PAUSE * float(1 << (len(recent) - 1)), LONGEST_PAUSE)
