"""The whole local system: what it weighs, idle and at work, and how soon it is ready."""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from signal import SIGTERM

import psutil

from bench.ground import Ground
from bench.register import benchmark
from bench.rows import Row, Target, compare
from bench.turns import take_turns
from shared.cli.sample.city import SCALES, invent
from shared.cli.sample.player import Player
from shared.cli.sample.story import Story
from shared.embedded.processes import end_process
from shared.embedded.stack import Stack
from shared.embedded.system_map import PROJECT
from shared.kernel.clock import SystemClock

MEGABYTE = 1024 * 1024
A_SERVICE_MB, THE_STACK_MB = 120, 1200
READY_SECONDS = 8
SETTLES_WITHIN = 10.0  # seconds after the start, until a process is called idle
LAST_WORDS = "Ctrl-C stops everything"
UP = "from shared.cli.main import app; app(['up', '--data', {data!r}])"


@benchmark("memory")
def what_the_stack_weighs(ground: Ground) -> Sequence[Row]:
    """Memory of each process, idle and under load; the whole embedded stack."""
    data = ground.folder / "memory"
    data.mkdir()
    with Stack(data) as stack:
        time.sleep(SETTLES_WITHIN * min(1.0, ground.size))
        idle = _weights(stack)
        busy = _at_work(stack)
    return [*_service_rows(idle, busy), *_whole_rows(idle, busy)]


def _service_rows(idle: dict[str, float], busy: dict[str, float]) -> list[Row]:
    return [
        _row(f"{name}, idle", weight, A_SERVICE_MB if _is_service(name) else None,
             f"at work: up to {busy[name]:.0f} MB")
        for name, weight in idle.items()
    ]  # fmt: skip


def _whole_rows(idle: dict[str, float], busy: dict[str, float]) -> list[Row]:
    note = "sum of the proportional set sizes of all processes"
    return [
        _row("the embedded stack, idle", sum(idle.values()), THE_STACK_MB, note),
        _row("the embedded stack, at work", sum(busy.values()), THE_STACK_MB, note),
    ]


def _row(name: str, megabytes: float, limit: int | None, note: str) -> Row:
    target = Target("at most", limit, of="") if limit else None
    return compare(name, "MB", {"ours": [megabytes]}, target, note)


def _is_service(name: str) -> bool:
    return name not in ("PostgreSQL", "broker")


def _weights(stack: Stack) -> dict[str, float]:
    """Return megabytes (proportional set size, children included) by process."""
    pids = {name: stack.pid(name) for name in stack.map.services}
    pids |= {"PostgreSQL": stack.postgres.pid, "broker": stack.broker.pid}
    return {name: _megabytes(psutil.Process(pid)) for name, pid in pids.items()}


def _megabytes(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(_share(one) for one in family) / MEGABYTE


def _share(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


def _at_work(stack: Stack) -> dict[str, float]:
    """Play the small sample; return the most that each process weighed meanwhile."""
    most = _weights(stack)
    player = Player(stack.map.services, stack.issuer)
    city = invent(SCALES["small"], 2026)
    telling = threading.Thread(
        target=Story(player, city, SystemClock(), lambda act, steps: None).tell
    )
    telling.start()
    while telling.is_alive():
        most = {name: max(most[name], now) for name, now in _weights(stack).items()}
        telling.join(1.0)
    player.close()
    return most


@benchmark("start")
def how_soon_the_stack_is_ready(ground: Ground) -> Sequence[Row]:
    """Start: `duban up` to all ready, warm."""
    data = ground.folder / "start"
    cold = _seconds_to_ready(data)
    turns = take_turns({"ours": lambda: _seconds_to_ready(data)}, ground.turns)
    note = f"the first start, which makes the databases: {cold:.1f} s"
    target = Target("at most", READY_SECONDS, of="")
    return [compare("duban up to all ready, warm", "s", turns, target, note)]


def _seconds_to_ready(data: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-c", UP.format(data=str(data))]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if LAST_WORDS in line:
                    return time.perf_counter() - began
        finally:
            end_process(psutil.Process(process.pid), SIGTERM, within=60)
    raise RuntimeError("duban up ended before everything was ready")
