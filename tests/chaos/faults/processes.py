"""Faults of processes: they die, stand still, are told to end, or run twice."""

import signal
from collections.abc import Sequence
from random import Random

from shared.embedded.system_map import SERVICES
from tests.chaos.battlefield import BROKER, POSTGRES, Battlefield, send
from tests.chaos.system import SPLIT, WORKER

LONGER_THAN_A_SESSION = (7.0, 11.0)
"""Seconds; a member of a group that is silent for 6 is counted as dead."""


def kill_api(field: Battlefield, random: Random) -> None:
    """kill -9 of a process that answers HTTP and nothing else."""
    field.kill(random.choice(SPLIT))


def kill_worker(field: Battlefield, random: Random) -> None:
    """kill -9 of a relay, consumer, projector and sealer."""
    field.kill(random.choice(SPLIT) + WORKER)


def kill_service(field: Battlefield, random: Random) -> None:
    """kill -9 of a process with all roles."""
    field.kill(random.choice([name for name in SERVICES if name not in SPLIT]))


def kill_broker(field: Battlefield, random: Random) -> None:
    """kill -9 of the broker; the embedded one comes back empty."""
    field.kill(BROKER)


def kill_postgres(field: Battlefield, random: Random) -> None:
    """kill -9 of the postmaster: a crash recovery follows."""
    field.kill(POSTGRES)


def kill_everything(field: Battlefield, random: Random) -> None:
    """kill -9 of all processes at once."""
    for victim in random.sample(field.everybody(), len(field.everybody())):
        field.kill(victim)


def pause_service(field: Battlefield, random: Random) -> None:
    """SIGSTOP for longer than a session of a group lasts."""
    _pause(field, [random.choice(field.stack.victims)], random.uniform(*LONGER_THAN_A_SESSION))


def pause_broker(field: Battlefield, random: Random) -> None:
    _pause(field, [BROKER], random.uniform(*LONGER_THAN_A_SESSION))


def pause_postgres(field: Battlefield, random: Random) -> None:
    """SIGSTOP of the postmaster and of every backend."""
    _pause(field, [POSTGRES], random.uniform(3, 8))


def restart_in_turn(field: Battlefield, random: Random) -> None:
    """SIGTERM to one process after the other, each when the one before answers again."""
    for victim in random.sample(field.stack.victims, 4):
        before = field.pids(victim)
        send(before, signal.SIGTERM)
        field.until(lambda victim=victim, before=before: field.pids(victim) != before, 30)  # type: ignore[misc]  # binds now
        field.stack.await_answers(60)


def two_workers(field: Battlefield, random: Random) -> None:
    """A second relay, consumer, projector and sealer beside the first; then kill -9 of one."""
    service = random.choice(SERVICES)
    process = field.stack.add_worker(service)
    field.last(random.uniform(8, 14))
    if random.random() < 0.5:
        send([process.pid], signal.SIGKILL)
    else:
        field.kill(service + WORKER if service in SPLIT else service)
        field.last(3)
    field.stack.end_extra()


def _pause(field: Battlefield, victims: Sequence[str], seconds: float) -> None:
    pids = [pid for victim in victims for pid in field.pids(victim)]
    send(pids, signal.SIGSTOP)
    try:
        field.last(seconds)
    finally:
        send(pids, signal.SIGCONT)
