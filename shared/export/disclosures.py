"""The sealed values that an export may show: asked of their service, never guessed."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from shared.export.sources import SealedValue

BATCH = 100


class Disclosures:
    """Collects the commitments in records."""

    def __init__(self) -> None:
        self._found: dict[SealedValue, None] = {}

    def look(self, records: Iterable[bytes]) -> None:
        """Take the sealed values of these records."""
        for raw in records:
            if b'"$sealed"' in raw:
                self._found.update(dict.fromkeys(sealed_in(json.loads(raw))))

    def batches(self) -> Iterator[Sequence[SealedValue]]:
        """Yield what was found, as many as one question may ask for."""
        waiting = iter(self._found)
        while batch := list(islice(waiting, BATCH)):
            yield batch

    @staticmethod
    def files(told: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
        """Return the files of these disclosures."""
        return {
            f"sealed/{_hex(commitment)}.json": json.dumps(parts, ensure_ascii=False).encode()
            for commitment, parts in told.items()
        }


def sealed_in(value: Any) -> Iterator[SealedValue]:
    """Yield commitment and subject of every sealed value in there."""
    if isinstance(value, list):
        for inner in value:
            yield from sealed_in(inner)
    elif isinstance(value, dict):
        match value.get("$sealed"):
            case {"c": str(commitment), "s": str(subject)}:
                yield commitment, subject
        for inner in value.values():
            yield from sealed_in(inner)


def _hex(commitment: str) -> str:
    try:
        return base64.b64decode(commitment, validate=True).hex()
    except binascii.Error:
        return ""
