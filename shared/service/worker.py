"""The worker of a service: relay, consumer, projections, sealer, timers; each has its thread.

A part that fails beyond its own retries ends the process, so that its supervisor notices.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.eventstore.projections import Projector
from shared.kernel.errors import ConflictError, UnavailableError
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Relay
from shared.service.assembly import Service, Timer
from shared.telemetry.logs import logger

STOPS_WITHIN_S = 15.0
TIMER_FAILURES = 10
ANCHORS_EVERY = timedelta(minutes=1)
"""How often it is looked whether it is time to anchor the sibling logs."""


_log = logger(__name__)


@dataclass
class Worker:
    """Runs the parts; `failed` is called once when one of them gave up."""

    service: Service
    failed: Callable[[], None]
    stopping: threading.Event = field(default_factory=threading.Event)
    _threads: dict[str, threading.Thread] = field(default_factory=dict)

    def start(self) -> None:
        """Start every part that this service has."""
        service = self.service
        log = service.log()
        sealer = log.sealer()  # refuses a missing or wrong key before anything runs
        projector = Projector(service.store, service.read_models)
        partitions = service.settings.kafka_partitions
        relay = Relay(service.store, service.broker(), service.ids, partitions)
        self._run("projections", lambda: projector.run(self.stopping))
        self._run("relay", lambda: self._loop(relay.run))
        if service.reactions.sources:
            consumer = Consumer(service.handler(), service.broker(), _member(service), partitions)
            self._run("consumer", lambda: self._loop(consumer.run))
        if sealer is not None:
            self._run("sealer", lambda: sealer.run(self.stopping))
        anchoring = log.anchoring
        timers = [Timer("anchor-siblings", ANCHORS_EVERY, anchoring.look)] if anchoring else []
        for timer in (*service.timers, *timers):
            self._run(f"timer {timer.name}", lambda timer=timer: self._tick(timer))  # type: ignore[misc]  # binds now

    def parts(self) -> dict[str, bool]:
        """Return of each part whether it runs."""
        return {name: thread.is_alive() for name, thread in self._threads.items()}

    def stop(self) -> None:
        """Ask every part to finish what it has in hand, and wait for it, bounded."""
        self.stopping.set()
        for name, thread in self._threads.items():
            thread.join(STOPS_WITHIN_S)
            if thread.is_alive():
                _log.error("part-does-not-stop", part=name)

    def _run(self, name: str, part: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                part()
            except Exception as error:  # noqa: BLE001  # logged; it becomes the end of the process
                _log.error("part-gave-up", part=name, error=type(error).__name__, exc_info=error)
                self.failed()

        self._threads[name] = threading.Thread(target=guarded, name=name, daemon=True)
        self._threads[name].start()

    def _loop(self, run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        async def until_stopped() -> None:
            stop = asyncio.Event()
            told = asyncio.create_task(asyncio.to_thread(self.stopping.wait))
            told.add_done_callback(lambda _: stop.set())
            try:
                await run(stop)
            finally:
                if not self.stopping.is_set():
                    self.failed()
                    self.stopping.set()
                await told

        asyncio.run(until_stopped())

    def _tick(self, timer: Timer) -> None:
        failures = 0
        while not self.stopping.wait(timer.every.total_seconds()):
            try:
                given = timer.run(self.service.clock.now())
                failures = 0
            except (UnavailableError, ConflictError) as error:
                failures += 1
                _log.warning("timer-tries-again", timer=timer.name, error=error.code)
                if failures > TIMER_FAILURES:
                    raise
            else:
                if given:
                    _log.info("timer-gave-commands", timer=timer.name, count=given)


def _member(service: Service) -> str:
    """Return the worker's name in its group: stable over restarts, and no other worker's.

    A broker fences the elder of two members of one name, which then would fence the younger.
    """
    return f"{service.name}-{socket.gethostname()}-{service.settings.http_port}"
