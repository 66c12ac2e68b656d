"""The full state of one stream, and its digest."""

import hashlib
from collections.abc import Sequence
from typing import Any

from shared.reducers.canonical import canonical, leaf_hash
from shared.reducers.replay import Replay


def state_of(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the state after these records: all of one stream, parsed, from version 1 on.

    `facts` lists [event type, version, data] of the last event of each type; sealed values in
    them are the commitments that the events hold. `head` is the leaf hash of the last record.
    """
    replay = Replay(records[0]["service"], records[0]["stream"])
    latest: dict[str, dict[str, Any]] = {}
    for record in records:
        facts = hashlib.sha256(canonical(record["data"])).digest()
        replay.take(record, leaf_hash(canonical(record)), facts)
        latest[record["type"]] = record["data"]
    state = replay.summary()
    state["facts"] = [[name, version, latest[name]] for name, version, _ in state["facts"]]
    return state


def state_digest(state: dict[str, Any]) -> str:
    """Return SHA-256 (hexadecimal) of the state, in which the facts stand as their own SHA-256."""
    facts = [
        [name, version, hashlib.sha256(canonical(data)).hexdigest()]
        for name, version, data in state["facts"]
    ]
    return hashlib.sha256(canonical({**state, "facts": facts})).hexdigest()
