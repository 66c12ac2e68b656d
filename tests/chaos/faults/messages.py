"""Faults of messages: repeated, out of order, no record at all, of a later Duban; rebalances."""

from random import Random

from shared.embedded.system_map import SERVICES
from tests.chaos.battlefield import Battlefield
from tests.chaos.evidence import Store

PUBLISHING = tuple(service for service in SERVICES if service != "audit")
REBALANCES = 3


def repeat_and_reorder(field: Battlefield, random: Random) -> None:
    """Old records come again on one topic, in another order."""
    field.topics.repeat(random.choice(PUBLISHING), random, 60)


def empty_broker(field: Battlefield, random: Random) -> None:
    """The broker comes back without any record, offset or topic."""
    field.stack.empty_broker()


def poison_topic(field: Battlefield, random: Random) -> None:
    """Noise, records cut short and headers that do not agree, on every partition of one topic."""
    field.topics.poison(random.choice(PUBLISHING), random)


def newer_record(field: Battlefield, random: Random) -> None:
    """A record of a schema that nobody knows yet, on a stream of its own."""
    field.topics.newer(random.choice(PUBLISHING), random.randrange(10**6))


def rebalances(field: Battlefield, random: Random) -> None:
    """A stranger joins the group of a service and leaves it, several times."""
    service = random.choice(SERVICES)
    sources = Store(service, "").sources
    for _ in range(REBALANCES if sources else 0):
        field.topics.join_and_leave(service, sources, random.uniform(0.5, 2))
