"""One watcher for all who wait: a hundred long-polling readers cost one thread, not a hundred."""

import asyncio

from starlette.concurrency import run_in_threadpool

from shared.eventstore.store import EventStore
from shared.kernel.errors import UnavailableError
from shared.telemetry.logs import logger

_LOOK_AGAIN_S = 1.0


class NewsWatch:
    """Wakes waiting requests of one event loop when something new has settled.

    The watcher runs only while somebody waits.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._known = 0
        self._waiting = 0
        self._changed = asyncio.Condition()
        self._watcher: asyncio.Task[None] | None = None

    async def wait(self, after: int, seconds: float) -> None:
        """Return when something is settled beyond `after`, or after `seconds`."""
        self._waiting += 1
        try:
            self._ensure_watcher()
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._known > after)
        except TimeoutError:
            return
        finally:
            self._waiting -= 1

    def _ensure_watcher(self) -> None:
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        try:
            await self._look()
            while self._waiting:
                if await run_in_threadpool(self._store.wait_for_news, self._known, _LOOK_AGAIN_S):
                    await self._look()
        except UnavailableError as error:  # whoever waits reads again at its time, and is told
            logger("http").warning("news_watch_ended", exc_info=error)

    async def _look(self) -> None:
        self._known = await run_in_threadpool(self._store.settled_position)
        async with self._changed:
            self._changed.notify_all()
