"""Faults of lines: between services and their databases, between services and the broker."""

from random import Random

from shared.embedded.system_map import SERVICES
from tests.chaos.battlefield import BROKER, Battlefield
from tests.chaos.proxy import Weather

HELD_UP = 0.15
"""Seconds that each chunk is held up, at most: a statement takes some ten times as long."""


def slow_database(field: Battlefield, random: Random) -> None:
    _slow(field, random.choice(SERVICES), random)


def slow_broker(field: Battlefield, random: Random) -> None:
    _slow(field, BROKER, random)


def cut_database(field: Battlefield, random: Random) -> None:
    """Connections of one service to its database are reset, several times."""
    _cut(field, random.choice(SERVICES), random)


def cut_broker(field: Battlefield, random: Random) -> None:
    """All connections to the broker are reset, several times."""
    _cut(field, BROKER, random)


def silent_database(field: Battlefield, random: Random) -> None:
    """Nothing passes to one database, and no connection is closed; then they are reset."""
    _silence(field, random.choice(SERVICES), random)


def silent_broker(field: Battlefield, random: Random) -> None:
    """Nothing passes to the broker for longer than a session lasts."""
    _silence(field, BROKER, random)


def _slow(field: Battlefield, line: str, random: Random) -> None:
    field.stack.proxies.lines[line].weather = Weather(delay=HELD_UP)
    field.last(random.uniform(6, 12))
    field.stack.proxies.clear()


def _cut(field: Battlefield, line: str, random: Random) -> None:
    for _ in range(random.randint(2, 6)):
        field.stack.proxies.cut(line)
        field.last(random.uniform(0.2, 1.5))


def _silence(field: Battlefield, line: str, random: Random) -> None:
    field.stack.proxies.lines[line].weather = Weather(is_silent=True)
    field.last(random.uniform(7, 11))
    if random.random() < 0.5:
        field.stack.proxies.cut(line)
    field.stack.proxies.clear()
