"""A TCP proxy between two parts of the system: it can be slow, cut everything, or fall silent."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from shared.embedded.ports import LOOPBACK, free_port

T = TypeVar("T")

CHUNK = 65_536
DIRECTION_ENDED = (OSError, asyncio.IncompleteReadError)
ENDING_ROUNDS = 5


@dataclass
class Weather:
    """How a line is: seconds that each chunk is held up, at most; whether nothing passes."""

    delay: float = 0.0
    is_silent: bool = False


@dataclass
class Line:
    """One listening port, and where it leads to."""

    target: int
    random: Random
    port: int
    weather: Weather = field(default_factory=Weather)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, LOOPBACK, self.port)

    def cut(self) -> int:
        """Cut every connection, without a farewell; return how many ends that were."""
        writers = list(self._writers)
        for writer in writers:
            writer.transport.abort()
        return len(writers)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self.target)
        except OSError:  # nobody is at home: so it is for the one who calls
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            self._writers -= both
            for one in both:
                one.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(CHUNK):
                if self.weather.delay:
                    await asyncio.sleep(self.random.uniform(0, self.weather.delay))
                while self.weather.is_silent:  # noqa: ASYNC110  # another thread ends it
                    await asyncio.sleep(0.05)  # silence is the weather, as the delay above is
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except DIRECTION_ENDED:
            writer.transport.abort()


class Proxies:
    """All lines of a system, in one thread with one event loop."""

    def __init__(self, seed: int) -> None:
        self.lines: dict[str, Line] = {}
        self._random = Random(seed)  # noqa: S311  # a storm to be repeated, not a secret
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._servers: list[asyncio.Server] = []

    def start(self) -> None:
        self._thread.start()

    def add(self, name: str, target: int, port: int | None = None) -> int:
        """Open a line to a port; return the port to connect to."""
        line = Line(target, self._random, port or free_port())
        self._servers.append(self._run(line.listen()))
        self.lines[name] = line
        return line.port

    def cut(self, name: str) -> None:
        """Cut every connection of a line."""
        self._loop.call_soon_threadsafe(self.lines[name].cut)

    def clear(self) -> None:
        """Let fair weather return everywhere."""
        for line in self.lines.values():
            line.weather = Weather()

    def stop(self) -> None:
        """Close everything."""
        if not self._thread.is_alive():
            return
        self.clear()
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        """Cut what stands and what was just being opened, until nobody passes anything on."""
        for server in self._servers:
            server.close()
        for _ in range(ENDING_ROUNDS):
            for line in self.lines.values():
                line.cut()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if not others:
                break
            await asyncio.wait(others, timeout=1)
        # What was cut closes its socket in the loop's next rounds.
        for _ in range(ENDING_ROUNDS):
            await asyncio.sleep(0)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
