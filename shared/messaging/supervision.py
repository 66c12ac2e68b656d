"""How long a loop waits after a failure, and when it gives up so that its supervisor notices."""

import asyncio
from dataclasses import dataclass

FAILURES = 10
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0)  # seconds


@dataclass
class Patience:
    """Counts failures in a row."""

    failures: int = 0

    def after_failure(self, error: BaseException) -> float:
        """Return how long to pause, in seconds; raises `error` when it was one too many."""
        self.failures += 1
        if self.failures > FAILURES:
            raise error
        return PAUSES[min(self.failures, len(PAUSES)) - 1]

    def reset(self) -> None:
        self.failures = 0


async def wait_or_stop(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until told to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
