"""How the machine itself does: read beside every other table, not against a target."""

import hashlib
import json
from collections.abc import Sequence

from bench.ground import Ground
from bench.register import benchmark
from bench.rows import Row, compare
from bench.turns import rate, take_turns

_RECORD = json.dumps({"data": {"text": "整改" * 120}, "version": 1}).encode()


@benchmark("machine")
def the_machine_itself(ground: Ground) -> Sequence[Row]:
    """What one core hashes and parses: the yardstick of this machine."""
    count = ground.amount(50_000, least=100)
    turns = take_turns({"ours": lambda: rate(count, lambda: _read(count))}, ground.turns)
    return [compare("hash and parse a record of 1.5 kB", "records/s", turns, None)]


def _read(count: int) -> None:
    for _ in range(count):
        hashlib.sha256(_RECORD).digest()
        json.loads(_RECORD)
