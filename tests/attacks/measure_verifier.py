"""Measures the verifier on many synthetic events: memory, rate, and its share of the floor.

    python -m tests.attacks.measure_verifier [EVENTS]

The floor reads, hashes and parses the same records. Not part of the test suite.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shared.reducers import REDUCER, Replay, StateMap
from shared.verifier.build import build
from shared.verifier.bundle import Bundle, split
from tests.attacks.make_bundle import (
    FEEDBACK,
    LOG_KEYS,
    ROOT,
    WITNESS,
    Log,
    canonical,
    common_files,
    leaf,
    note,
    trust_text,
    write,
)

STATE_EVERY = 10_000
WORDING = "对照检查材料中反映的问题，底稿号、依据与责任划分已逐条核实。" * 3
TYPES = (
    "problem-drafted", "problem-substantiated", "problem-approved", "problem-listed",
    "problem-issued", "objection-raised", "objection-dismissed", "problem-amended",
    "delivery-computed", "delivery-receipted",
)  # fmt: skip


class GrowingLog(Log):
    """A log that keeps its states up to date while it grows."""

    def __init__(self) -> None:
        super().__init__(FEEDBACK)
        self._replays: dict[str, Replay] = {}
        self._changed: dict[str, Replay] = {}
        self._states = StateMap()

    def take(self, stream: str, event: str, **data: Any) -> None:
        record = self.add(stream, event, **data)
        replay = self._replays.setdefault(stream, Replay(FEEDBACK, stream))
        facts = hashlib.sha256(canonical(record["data"])).digest()
        replay.take(record, leaf(self.records[-1]), facts)
        self._changed[stream] = replay
        self.streams[stream] = [record] * record["version"]

    def take_state(self) -> None:
        for stream, replay in self._changed.items():
            self._states.put(stream, replay.version, replay.head.hex(), replay.digest())
        self._changed.clear()
        self.take(
            f"log/{FEEDBACK}", "log.state-recorded", size=len(self.records),
            state_root=self._states.root().hex(), heads=len(self._states), reducer=REDUCER,
        )  # fmt: skip


def make(events: int, path: Path) -> None:
    log = GrowingLog()
    for number in range(events):
        stream = f"problem/YL-T1R1-U01-{number // len(TYPES):06}"
        event = f"feedback.{TYPES[number % len(TYPES)]}"
        log.take(stream, event, wording=WORDING, count=number, cycle=1)
        if number % STATE_EVERY == STATE_EVERY - 1:
            log.take_state()
    trust = trust_text(logs=[f"log {FEEDBACK} {LOG_KEYS[FEEDBACK].vkey} 0-"])
    checkpoint = log.checkpoint(LOG_KEYS[FEEDBACK], WITNESS)
    head = {f"logs/{FEEDBACK}/checkpoint": checkpoint, "trust/1.note": note(trust, ROOT)}
    write({**common_files(), **head, **log.entries()}, path)


def floor(path: Path) -> float:
    """Read, hash and parse every record; return the seconds it took."""
    start = time.perf_counter()
    bundle = Bundle(path)
    for entry in bundle.entries(FEEDBACK):
        for raw in split(bundle.read(entry.name, 2**25)):
            hashlib.sha256(b"\0" + raw).digest()
            json.loads(raw)
    return time.perf_counter() - start


def verification(path: Path, pyz: Path) -> tuple[float, float, bytes]:
    """Run the one file; return seconds, megabytes at its peak, and the report."""
    command = [sys.executable, "-I", "-S", str(pyz), str(path), "--root", ROOT.vkey]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        report = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1024, report


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with TemporaryDirectory() as directory:
        path, pyz = Path(directory) / "many.duban.zip", Path(directory) / "verify.pyz"
        maker = get_context("spawn").Process(target=make, args=(events, path))
        maker.start()
        maker.join()
        build(pyz)
        taken, peak, report = verification(path, pyz)
        least = floor(path)
        sys.stdout.write(report.decode())
        sys.stdout.write(
            f"\n{events} events, {path.stat().st_size / 2**20:.0f} MB zipped: {taken:.1f} s,"
            f" {events / taken:.0f} events/s, peak {peak:.0f} MB; the floor takes {least:.1f} s:"
            f" verification runs at {least / taken:.0%} of its rate\n"
        )


if __name__ == "__main__":
    main()
