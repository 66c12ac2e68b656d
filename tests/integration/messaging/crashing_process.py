"""Runs a relay or a consumer that kills itself with SIGKILL at a step: see test_crashes.py.

Arguments: role, step, how many times the step is reached before, then the fields of the world.
"""

import asyncio
import json
import os
import signal
import sys

from shared.messaging.brokers import Broker
from tests.integration.messaging.harbour import World, crash_at


def main() -> None:
    role, step, time, told = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
    world = World(
        told["harbour_url"],
        told["ledger_url"],
        Broker(told["bootstrap"], told["kind"]),
        told["name"],
        at=crash_at(step, time, lambda: os.kill(os.getpid(), signal.SIGKILL)),
    )
    worker = world.relay() if role == "relay" else world.consumer()
    asyncio.run(asyncio.wait_for(worker.run(asyncio.Event()), 60))


if __name__ == "__main__":
    main()
