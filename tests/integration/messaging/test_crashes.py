"""Killed with SIGKILL at any step, relay and consumer lose nothing and do nothing twice."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.messaging.harbour import World, running
from tests.integration.messaging.topics import published_positions
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka

REPOSITORY = Path(__file__).parents[3]
SHIPS = [f"ship-{number}" for number in range(5)]
BERTHS = list(range(8))


def killed_at(world: World, role: str, step: str, time: int) -> None:
    """Run a relay or consumer in a process of its own until it kills itself at the step."""
    told = {
        "harbour_url": world.harbour_url,
        "ledger_url": world.ledger_url,
        "bootstrap": world.broker.bootstrap,
        "kind": world.broker.kind,
        "name": world.name,
    }
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.integration.messaging.crashing_process",
            role,
            step,
            str(time),
            json.dumps(told),
        ],
        cwd=REPOSITORY,
        timeout=90,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL


def sail(world: World) -> None:
    for berth in BERTHS:
        for ship in SHIPS:
            world.arrive(ship, berth)


def require_each_effect_once(world: World) -> None:
    """Every arrival is noted once, caused by itself, in the order of its ship."""
    causes = [note.record.causation for note in world.notes()]
    assert len(causes) == len(set(causes))
    assert world.noted() == dict.fromkeys(SHIPS, BERTHS)


@pytest.mark.parametrize(("step", "time"), [("read", 3), ("send", 3), ("ack", 4)])
def test_a_killed_relay_loses_nothing_and_doubles_nothing(
    world: World, step: str, time: int
) -> None:
    sail(world)
    killed_at(world, "relay", step, time)
    with running(world.relay(), world.consumer()):
        eventually(lambda: len(world.notes()) >= len(SHIPS) * len(BERTHS), within=45)
    require_each_effect_once(world)
    positions = published_positions(world)
    expected = [event.position for event in world.harbour.read(0, 1000)]
    assert sorted(set(positions)) == expected
    if world.broker.rules.resumes_by_last_position:
        assert sorted(positions) == expected


@pytest.mark.parametrize(("step", "time"), [("receive", 1), ("effect", 9), ("commit", 9)])
def test_a_killed_consumer_has_every_effect_exactly_once(
    world: World, step: str, time: int
) -> None:
    sail(world)
    with running(world.relay()):
        killed_at(world, "consumer", step, time)
        assert len(world.notes()) < len(SHIPS) * len(BERTHS)
        with running(world.consumer()):
            eventually(lambda: len(world.notes()) >= len(SHIPS) * len(BERTHS), within=45)
    require_each_effect_once(world)
