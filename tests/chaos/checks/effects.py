"""Effects: each has its cause, and each cause had its effects in one go."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from shared.eventstore import canonical
from tests.chaos.evidence import Evidence, Store
from tests.chaos.findings import Finding, broken, doubled

EFFECTS = "effects"


def every_effect_has_its_cause(evidence: Evidence) -> Iterator[Finding]:
    """What a policy recorded names an event that is stored somewhere."""
    known = {event.record.id for store in evidence.stores.values() for event in store.events}
    for store in evidence.stores.values():
        for event in store.events:
            if event.record.actor.via == "policy" and event.record.causation not in known:
                place = f"{event.originator_id} {event.originator_version}"
                what = f"{event.record.type} ({place}) has no cause {event.record.causation!r}"
                yield broken(EFFECTS, store.service, what)


def no_cause_has_its_effect_twice(evidence: Evidence) -> Iterator[Finding]:
    """A service reacts to an event in one transaction, so under one command id."""
    for store in evidence.stores.values():
        yield from _twice_in(store)


def _twice_in(store: Store) -> Iterator[Finding]:
    reacted: defaultdict[str, set[str]] = defaultdict(set)
    same: Counter[tuple[str, str, str, bytes]] = Counter()
    for event in store.events:
        record = event.record
        if record.actor.via == "policy":
            reacted[record.causation].add(record.command)
            facts = canonical.encode(record.data)
            same[record.causation, record.stream, record.type, facts] += 1
    for causation, commands in reacted.items():
        if len(commands) > 1:
            what = f"{causation} was reacted to {len(commands)} times: {sorted(commands)}"
            yield doubled(EFFECTS, store.service, what)
    for (causation, stream, event_type, _), count in same.items():
        if count > 1 and len(reacted[causation]) == 1:
            what = f"{event_type} stands {count} times in {stream} because of {causation}"
            yield doubled(EFFECTS, store.service, what)
