"""Ids are injected too, except those that follow from what they name."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid4, uuid5

EVENT_NAMESPACE = UUID("5b0c8a8e-6f0e-5d0b-9a55-6475626e2f31")


class Ids(Protocol):
    """Draws a new unique id."""

    def new(self) -> str: ...


class RandomIds:
    """Random (version 4) UUIDs."""

    def new(self) -> str:
        return str(uuid4())


@dataclass
class CountingIds:
    """Predictable ids, `prefix-1`, `prefix-2`, …; for tests and samples."""

    prefix: str = "id"
    drawn: int = 0

    def new(self) -> str:
        self.drawn += 1
        return f"{self.prefix}-{self.drawn}"


def event_id(service: str, stream: str, version: int) -> str:
    """Return the id of the event at this place: the same place always has the same id."""
    return str(uuid5(EVENT_NAMESPACE, f"{service}\n{stream}\n{version}"))
