"""What is asked again and again beside the work, so that no message waits for the answer."""

import asyncio
from collections.abc import Awaitable, Callable


class Recurring:
    """Asks a question every so many seconds; what the answer raises, `turn` raises.

    An answer that takes longer than that is waited for before the question is put again.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[None]], every: float, monotonic: Callable[[], float]
    ) -> None:
        self._ask = ask
        self._every = every
        self._monotonic = monotonic
        self._due = monotonic() + every
        self._asking: asyncio.Future[None] | None = None

    def turn(self) -> None:
        """Put the question when it is due; raise what the last answer raised."""
        if self._asking is not None and self._asking.done():
            answered, self._asking = self._asking, None
            answered.result()
        if self._asking is None and self._monotonic() >= self._due:
            self._due = self._monotonic() + self._every
            self._asking = asyncio.ensure_future(self._ask())

    async def end(self) -> None:
        """Ask no more; an answer that is still to come is of no use."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
