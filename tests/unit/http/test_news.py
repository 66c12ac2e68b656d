"""Waiting for news: everybody is woken, whoever waits too long is let go, nobody holds a thread."""

import asyncio
from threading import Event, Lock
from typing import cast

from shared.eventstore.store import EventStore
from shared.http.news import NewsWatch


class Settling:
    """The part of a store that a watch needs; `settle` is a commit."""

    def __init__(self) -> None:
        self.position = 3
        self.watchers = 0
        self.most_watchers = 0
        self.watched = Event()
        self._news = Event()
        self._lock = Lock()

    def settle(self, position: int) -> None:
        self.position = position
        self._news.set()

    def settled_position(self) -> int:
        return self.position

    def wait_for_news(self, after: int, timeout: float) -> bool:
        with self._lock:
            self.watchers += 1
            self.most_watchers = max(self.watchers, self.most_watchers)
        self.watched.set()
        self._news.wait(timeout)
        with self._lock:
            self.watchers -= 1
        return self.position > after


def watch_on(store: Settling) -> NewsWatch:
    return NewsWatch(cast(EventStore, store))


class TestNewsWatch:
    def test_wakes_all_who_wait_with_one_watcher(self) -> None:
        async def story() -> None:
            store = Settling()
            watch = watch_on(store)
            waiting = [asyncio.create_task(watch.wait(3, 30)) for _ in range(100)]
            await asyncio.to_thread(store.watched.wait, 10)
            assert not any(task.done() for task in waiting)

            store.settle(4)
            await asyncio.wait_for(asyncio.gather(*waiting), timeout=10)

            assert store.most_watchers == 1

        asyncio.run(story())

    def test_does_not_wait_for_what_is_there(self) -> None:
        async def story() -> None:
            await asyncio.wait_for(watch_on(Settling()).wait(2, 30), timeout=10)

        asyncio.run(story())

    def test_lets_go_after_the_time_asked_for(self) -> None:
        async def story() -> None:
            await asyncio.wait_for(watch_on(Settling()).wait(3, 0.01), timeout=10)

        asyncio.run(story())
