"""How a random draw (随机抽取) selects: by anybody, on any machine, from what its events say.

Algorithm `sha256-sorted-1`: the mark of a member is

    SHA-256(seed as ASCII + "\\n" + member as UTF-8), in hexadecimal

Members are sorted by mark (the same member has the same mark; equal marks of different members
are sorted by member) and the first `size` of them are selected, in that order. No random number
generator takes part: whoever knows the seed and the frozen population gets the same selection.
"""

import hashlib
from collections.abc import Iterable

ALGORITHM = "sha256-sorted-1"


def mark(seed: str, member: str) -> str:
    """Return what decides the place of a member."""
    return hashlib.sha256(f"{seed}\n{member}".encode()).hexdigest()


def selection(seed: str, population: Iterable[str], size: int) -> list[str]:
    """Return the members that this seed selects, each once; all of them when they are fewer."""
    return sorted(set(population), key=lambda member: (mark(seed, member), member))[:size]
