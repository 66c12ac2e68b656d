"""A writer process of the no-loss test: several threads append, and some of it is rolled back.

    python -m tests.integration.eventstore.stress_writer URL NAME THREADS APPENDS

Every acknowledged position is one line on standard output.
"""

import os
import sys
import threading

from shared.eventstore.record import RecordedEvent, compose
from shared.eventstore.store import EventStore, PoolSizes
from shared.kernel.errors import ConflictError
from tests.integration.eventstore.drafts import SERVICE, Draft, command


def records(key: str, count: int) -> list[RecordedEvent]:
    """Return `count` records of a fresh stream."""
    prev, found = "", []
    draft = Draft(key)
    for version in range(1, count + 1):
        draft.send_back("依据不足")
        recorded = compose(SERVICE, draft.stream, version, prev, draft.pending[-1], command(key))
        prev = recorded.digest
        found.append(recorded)
    return found


def write(store: EventStore, name: str, appends: int) -> None:
    taken = records(f"{name}-taken", 1)
    acknowledge(store.append(taken))
    for number in range(appends):
        key = f"{name}-{number}"
        acknowledge(store.append(records(key, 1 + number % 3)))
        if number % 4 == 0:
            roll_back(store, key)


def roll_back(store: EventStore, key: str) -> None:
    """Draw positions and lose them: the second record's place is taken by another command."""
    stream = Draft.stream_of(key)
    other = compose(SERVICE, stream, 1, "", records(key, 1)[0].event, command("another"))
    try:
        store.append([*records(f"{key}-lost", 2), other])
    except ConflictError:
        return
    raise AssertionError("a place was given twice")


def acknowledge(stored: list[RecordedEvent]) -> None:
    line = "".join(f"{recorded.position}\n" for recorded in stored)
    os.write(sys.stdout.fileno(), line.encode())


def main(url: str, name: str, threads: int, appends: int) -> None:
    store = EventStore(SERVICE, url, pool=PoolSizes(command=threads, query=1, feed=1))
    writers = [
        threading.Thread(target=write, args=(store, f"{name}-{number}", appends))
        for number in range(threads)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
