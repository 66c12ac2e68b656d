"""The digest of a list of the five (五份清单), so that a stored list can be counted again.

The entries of a list are JSON objects; what is absent is left out. Each is written down as
canonical JSON, the lines are sorted, and the digest is

    SHA-256(lines joined with "\\n"), in hexadecimal

so the order in which entries are stored or shown does not matter.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

LISTS = ("problems", "tasks", "responsibilities", "effects", "archive")


def list_digest(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of these entries, whatever their order."""
    lines = sorted(_line(entry) for entry in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _line(entry: Mapping[str, Any]) -> str:
    present = {name: value for name, value in entry.items() if value is not None}
    return json.dumps(present, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
