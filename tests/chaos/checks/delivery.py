"""Delivery: inboxes stand at the heads, audit and topics hold every record, nothing is parked."""

from collections.abc import Iterator

from tests.chaos.evidence import FOLLOWED, LETTERS, Evidence
from tests.chaos.findings import Finding, broken, lost

INBOX, FOLLOWING, TOPICS, PARKED = "inbox", "followed records", "topics", "parked"
AUDIT = "audit"


def inboxes_stand_at_the_heads(evidence: Evidence) -> Iterator[Finding]:
    """Each mark equals the head of its stream at the source: not behind, not ahead."""
    for store in evidence.stores.values():
        for source in store.sources:
            heads = evidence.stores[source].heads
            for stream, head in heads.items():
                mark = store.marks.get((source, stream), 0)
                if mark < head:
                    what = f"{source} {stream}: consumed up to {mark} of {head}"
                    yield lost(INBOX, store.service, what)
                elif mark > head:
                    what = f"{source} {stream}: the mark {mark} is ahead of {head}"
                    yield broken(INBOX, store.service, what)


def audit_has_every_record(evidence: Evidence) -> Iterator[Finding]:
    """What audit keeps is what the services stored, byte for byte."""
    if AUDIT not in evidence.stores:
        return
    store = evidence.stores[AUDIT]
    kept = {(row[0], row[1], row[2]): bytes(row[3]) for row in store.rows(FOLLOWED)}
    for source in store.sources:
        for event in evidence.stores[source].events:
            place = source, event.originator_id, event.originator_version
            if place not in kept:
                yield lost(FOLLOWING, AUDIT, " ".join(map(str, place)))
            elif kept[place] != event.raw:
                yield broken(FOLLOWING, AUDIT, f"other bytes of {' '.join(map(str, place))}")


def topics_have_every_record(evidence: Evidence) -> Iterator[Finding]:
    """Each stored record stands in its service's topic; skipped when no topic was read."""
    for service, values in (evidence.topics or {}).items():
        for event in evidence.stores[service].events:
            if event.raw not in values:
                place = f"{event.originator_id} {event.originator_version}"
                yield lost(TOPICS, service, f"{place} at {event.position} was not published")


def nothing_is_parked(evidence: Evidence) -> Iterator[Finding]:
    """After operators have redriven and discarded what they should, nothing stays parked."""
    for store in evidence.stores.values():
        for source, stream, version, code in store.rows(LETTERS):
            yield broken(PARKED, store.service, f"{source} {stream} {version}: {code}")
