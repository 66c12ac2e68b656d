"""From records to state, and from states to one digest: pure, and the same on every machine.

Standard library only; no file, clock, random number, float, locale, `hash()` or iteration over a
set. What is computed here is recorded in the log as `log.state-recorded`, and an auditor computes
it again from the exported records, years later and elsewhere.

    state = state_of(records)                  # of one stream, in version order
    heads[stream] = (state["version"], state["head"], state_digest(state))
    root = state_root(heads)                   # over all streams of one log
"""

from shared.reducers.canonical import canonical, leaf_hash
from shared.reducers.identity import IDENTITY as REDUCER
from shared.reducers.identity import SOURCES, digest_of
from shared.reducers.replay import Replay
from shared.reducers.state import state_digest, state_of
from shared.reducers.state_map import StateMap, map_leaf, state_root

__all__ = [
    "REDUCER",
    "SOURCES",
    "Replay",
    "StateMap",
    "canonical",
    "digest_of",
    "leaf_hash",
    "map_leaf",
    "state_digest",
    "state_of",
    "state_root",
]
