"""No kind of stream is forgotten: each has a life cycle, and audit knows what it is about."""

import importlib
import pkgutil

import pytest

import services
from services.audit.domain.known import STREAM_KINDS
from shared.contracts.base import Event
from shared.eventstore.aggregate import Aggregate
from shared.reducers.life_cycles import LIFE_CYCLES

NOT_FOLLOWED = {"audit"}
"""Audit follows every service but itself."""


def modules_of_domains() -> list[str]:
    """Return the modules of every service's domain room."""
    found = pkgutil.walk_packages(services.__path__, "services.")
    return [module.name for module in found if module.name.split(".")[2:3] == ["domain"]]


def kinds() -> list[tuple[str, str]]:
    """Return (service, kind of stream) of every aggregate."""
    for name in modules_of_domains():
        importlib.import_module(name)
    return sorted(
        {
            (found.__module__.split(".")[1], str(found.KIND))
            for found in subclasses(Aggregate)
            if found.__module__.startswith("services.") and hasattr(found, "KIND")
        }
    )


def subclasses(parent: type[Aggregate]) -> set[type[Aggregate]]:
    direct = set(parent.__subclasses__())
    return direct | {found for child in direct for found in subclasses(child)}


def test_there_are_aggregates_of_every_service() -> None:
    assert len({service for service, _ in kinds()}) >= 6


@pytest.mark.parametrize(("service", "kind"), kinds())
class TestEveryKindOfStream:
    def test_has_a_life_cycle(self, service: str, kind: str) -> None:
        assert LIFE_CYCLES.get((service, kind)), "name its states in shared/reducers/life_cycles.py"

    def test_moves_by_events_of_its_own_service(self, service: str, kind: str) -> None:
        moves = LIFE_CYCLES[service, kind]
        assert {event.partition(".")[0] for event in moves} == {service}

    def test_is_about_something_that_audit_knows(self, service: str, kind: str) -> None:
        if service not in NOT_FOLLOWED:
            assert kind in STREAM_KINDS, "name it in services/audit/domain/known.py"


@pytest.mark.parametrize("kind", sorted(LIFE_CYCLES))
def test_every_life_cycle_belongs_to_an_aggregate(kind: tuple[str, str]) -> None:
    assert kind in kinds()


def test_every_stream_that_audit_knows_belongs_to_an_aggregate() -> None:
    assert set(STREAM_KINDS) <= {kind for _, kind in kinds()}
    assert Event.__subclasses__(), "the contracts were imported with the domains"
