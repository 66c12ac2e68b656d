"""The logs themselves: versions without a gap, digests that chain, seals over the same bytes."""

import hashlib
from collections.abc import Iterator

from tests.chaos.evidence import LEAVES, Evidence, Store
from tests.chaos.findings import Finding, broken, lost

CHAINS, SEALS = "chains", "seals"


def chains_hold(evidence: Evidence) -> Iterator[Finding]:
    """Per stream: versions 1, 2, 3 …; `prev` is the digest of the record before."""
    for store in evidence.stores.values():
        for stream, events in store.streams.items():
            version, digest = 0, ""
            for event in events:
                record = event.record
                if record.version > version + 1:
                    what = f"{stream}: version {version + 1} is missing"
                    yield lost(CHAINS, store.service, what)
                elif record.version <= version:
                    what = f"{stream}: version {record.version} stands after {version}"
                    yield broken(CHAINS, store.service, what)
                elif record.prev != digest:
                    what = f"{stream}: version {record.version} does not follow from the one before"
                    yield broken(CHAINS, store.service, what)
                version, digest = record.version, event.digest


def seals_hold(evidence: Evidence) -> Iterator[Finding]:
    """What was sealed is the log's beginning, leaf by leaf, and nothing else."""
    for store in evidence.stores.values():
        yield from _seals_of(store)


def _seals_of(store: Store) -> Iterator[Finding]:
    leaves = store.rows(LEAVES)
    for (position, leaf), event in zip(leaves, store.events, strict=False):
        sealed = hashlib.sha256(b"\0" + event.raw).digest()
        if (position, bytes(leaf)) != (event.position, sealed):
            yield broken(SEALS, store.service, f"leaf at {position} is not the record there")
            return
    if len(leaves) > len(store.events):
        yield lost(SEALS, store.service, f"{len(leaves) - len(store.events)} sealed records")
