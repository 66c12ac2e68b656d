"""Ids are injected too, except those that follow from what they name."""

import hashlib
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid4

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
    name = f"{service}\n{stream}\n{version}".encode()
    digest = bytearray(hashlib.sha1(EVENT_NAMESPACE.bytes + name, usedforsecurity=False).digest())
    digest[6] = digest[6] & 0x0F | 0x50  # version 5 and variant of RFC 9562: `uuid5`, but
    digest[8] = digest[8] & 0x3F | 0x80  # without the object, which costs more than the hash
    told = digest.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:32]}"
