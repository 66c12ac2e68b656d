"""News: a hint, across processes, that something was appended. Never needed, only quick.

NOTIFY inside the append transaction would serialise the commits of the whole instance, so it is
sent afterwards by its own thread, many appends together. Whoever waits also polls: a lost hint
costs at most a second.
"""

import contextlib
import logging
import threading
from collections.abc import Callable

import psycopg
from psycopg.sql import SQL, Identifier

logger = logging.getLogger(__name__)

_Work = Callable[[psycopg.Connection], None]

_TOGETHER_S = 0.02
_AGAIN_S = 1.0


class News:
    """Sends and receives hints on one channel; its threads start when first needed."""

    def __init__(self, database_url: str, channel: str) -> None:
        self._database_url = database_url
        self._channel = Identifier(channel)
        self._stop = threading.Event()
        self._to_send = threading.Event()
        self._heard = threading.Condition()
        self._count = 0
        self._threads: dict[str, threading.Thread] = {}

    @property
    def count(self) -> int:
        """How many hints were heard; pass it to `wait` to hear of later ones."""
        return self._count

    def tell(self) -> None:
        """Something was committed: wake this process now and the others soon."""
        self._hear()
        self._to_send.set()
        with contextlib.suppress(RuntimeError):  # no thread to be had: others will poll
            self._ensure_thread("send", self._send)

    def wait(self, heard: int, timeout: float) -> None:
        """Return when more than `heard` hints have been heard, or after `timeout` seconds."""
        self._ensure_thread("listen", self._listen)
        with self._heard:
            self._heard.wait_for(lambda: self._count > heard or self._stop.is_set(), timeout)

    def close(self) -> None:
        self._stop.set()
        self._to_send.set()
        self._hear()
        for thread in self._threads.values():
            thread.join(timeout=3)

    def _hear(self) -> None:
        with self._heard:
            self._count += 1
            self._heard.notify_all()

    def _ensure_thread(self, name: str, work: _Work) -> None:
        with self._heard:
            if name in self._threads or self._stop.is_set():
                return
            thread = threading.Thread(
                target=self._supervised, args=(work,), name=f"news-{name}", daemon=True
            )
            self._threads[name] = thread
        thread.start()

    def _supervised(self, work: _Work) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(
                    self._database_url, autocommit=True, connect_timeout=5
                ) as connection:
                    connection.execute("SET synchronous_commit = off")
                    work(connection)
            except psycopg.Error as error:
                logger.warning("the hint connection broke: %s", type(error).__name__)
                self._stop.wait(_AGAIN_S)

    def _listen(self, connection: psycopg.Connection) -> None:
        connection.execute(SQL("LISTEN {0}").format(self._channel))
        while not self._stop.is_set():
            for _ in connection.notifies(timeout=0.5, stop_after=1):
                self._hear()

    def _send(self, connection: psycopg.Connection) -> None:
        while not self._stop.is_set():
            self._to_send.wait()
            self._to_send.clear()
            connection.execute(SQL("NOTIFY {0}").format(self._channel))
            self._stop.wait(_TOGETHER_S)
