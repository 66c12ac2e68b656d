"""Records of several services in one order in which no effect stands before its cause."""

import heapq
from collections.abc import Iterable, Iterator

from services.audit.domain.known import Known

Place = tuple[str, str, int]


def in_causal_order(records: Iterable[Known]) -> list[Known]:
    """Return the records, causes first, else by recorded time.

    Within a stream a version follows the one before; across streams `causation` decides.
    """
    known = {one.id: one for one in records}
    by_time = sorted(known.values(), key=_when)
    return by_time if _is_causal(by_time, known) else _sorted_by_cause(known)


def _is_causal(ordered: Iterable[Known], known: dict[str, Known]) -> bool:
    """Whether every cause stands before its effect, as it does unless clocks differ."""
    seen: set[str] = set()
    versions: dict[tuple[str, str], int] = {}
    for one in ordered:
        stream, version, cause = (one.source, one.stream), one.version, one.record["causation"]
        if versions.get(stream, 0) > version or (cause in known and cause not in seen):
            return False
        versions[stream] = version
        seen.add(one.id)
    return True


def _sorted_by_cause(known: dict[str, Known]) -> list[Known]:
    places = {_place(one): one.id for one in known.values()}
    before = {found: set(_causes(one, known, places)) for found, one in known.items()}
    effects: dict[str, list[str]] = {}
    for effect, causes in before.items():
        for cause in causes:
            effects.setdefault(cause, []).append(effect)
    return [known[found] for found in _released(known, before, effects)]


def _released(
    known: dict[str, Known], before: dict[str, set[str]], effects: dict[str, list[str]]
) -> Iterator[str]:
    """Yield the ids: the earliest of those whose causes have all been yielded."""
    ready = [(_when(known[found]), found) for found, causes in before.items() if not causes]
    heapq.heapify(ready)
    while ready:
        _, found = heapq.heappop(ready)
        yield found
        for effect in effects.get(found, ()):
            before[effect].discard(found)
            if not before[effect]:
                heapq.heappush(ready, (_when(known[effect]), effect))


def _when(one: Known) -> tuple[str, str, int]:
    return (one.time, one.source, one.position)


def _place(one: Known, back: int = 0) -> Place:
    return (one.source, one.stream, one.version - back)


def _causes(one: Known, known: dict[str, Known], places: dict[Place, str]) -> Iterator[str]:
    if one.record["causation"] in known:
        yield str(one.record["causation"])
    if (earlier := places.get(_place(one, back=1))) is not None:
        yield earlier
