"""`python -m bench.part ROLE …`: one process of the depot's world, or of the floor beside it.

It runs until it is told to end (SIGTERM). Those that receive write `NAME NANOSECONDS` a line.
"""

import argparse
import asyncio
import os
import signal
import time
from typing import TextIO

from aiokafka import AIOKafkaConsumer

from bench.depot import DEPOT, LEDGER, observed_handler
from shared.eventstore.store import EventStore
from shared.kernel.ids import RandomIds
from shared.messaging.brokers import Broker, stop_consumer
from shared.messaging.consumer import Consumer
from shared.messaging.relay import Relay
from shared.service.garbage import collect_seldom
from shared.telemetry.logs import configure_logs


async def relay(told: argparse.Namespace, broker: Broker, stop: asyncio.Event) -> None:
    """Publish the depot's log, as a service's worker does."""
    store = EventStore(DEPOT, told.database)
    await Relay(store, broker, RandomIds()).run(stop)
    store.close()


async def consumer(told: argparse.Namespace, broker: Broker, stop: asyncio.Event) -> None:
    """Follow the depot, and write down when each effect was committed."""
    store = EventStore(LEDGER, told.database)
    handler = observed_handler(store, lambda name, at: _note(told.notes, name, at))
    await Consumer(handler, broker, LEDGER).run(stop)
    store.close()


async def receiver(told: argparse.Namespace, broker: Broker, stop: asyncio.Event) -> None:
    """The floor: read a topic with the client alone, and write down when each record came."""
    client = AIOKafkaConsumer(told.topic, **broker.consumer_arguments("floor", "floor-1"))
    await client.start()
    while not stop.is_set():
        for records in (await client.getmany(timeout_ms=200)).values():
            at = time.monotonic_ns()
            for record in records:
                _note(told.notes, record.key.decode(), at)
    await stop_consumer(client, broker)


def _note(notes: TextIO, name: str, at: int) -> None:
    notes.write(f"{name} {at}\n")


async def _until_told(told: argparse.Namespace) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    broker = Broker(told.bootstrap, told.kind)
    part = {"relay": relay, "consumer": consumer, "receiver": receiver}[told.role]
    await part(told, broker, stop)


def main() -> None:
    """Read the command line and run the part."""
    parser = argparse.ArgumentParser(prog="python -m bench.part")
    parser.add_argument("role", choices=["relay", "consumer", "receiver"])
    for name in ("bootstrap", "kind", "database", "topic"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--notes", type=argparse.FileType("a", bufsize=1), default=os.devnull)
    configure_logs("bench", "WARNING")
    collect_seldom()
    asyncio.run(_until_told(parser.parse_args()))


if __name__ == "__main__":
    main()
