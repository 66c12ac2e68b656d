"""Every kind of fault, by its name. A fault strikes, lasts, and takes itself away again."""

from collections.abc import Callable
from random import Random

from tests.chaos.battlefield import Battlefield
from tests.chaos.faults import ground, lines, messages, processes

Fault = Callable[[Battlefield, Random], None]

_ALL: tuple[Fault, ...] = (
    processes.kill_api,
    processes.kill_worker,
    processes.kill_service,
    processes.kill_broker,
    processes.kill_postgres,
    processes.kill_everything,
    processes.pause_service,
    processes.pause_broker,
    processes.pause_postgres,
    processes.restart_in_turn,
    processes.two_workers,
    lines.slow_database,
    lines.slow_broker,
    lines.cut_database,
    lines.cut_broker,
    lines.silent_database,
    lines.silent_broker,
    messages.repeat_and_reorder,
    messages.empty_broker,
    messages.poison_topic,
    messages.newer_record,
    messages.rebalances,
    ground.full_disk,
    ground.clock_jump,
    ground.parked_stream,
)

FAULTS: dict[str, Fault] = {fault.__name__.replace("_", "-"): fault for fault in _ALL}

BESIDE_OTHERS = (
    "kill-api", "kill-worker", "kill-service", "kill-postgres", "pause-service", "slow-database",
    "slow-broker", "cut-database", "cut-broker", "silent-database", "repeat-and-reorder",
)  # fmt: skip
"""These may strike together."""

NEEDS_ROOT = ("full-disk",)
