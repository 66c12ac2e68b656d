"""Reading: read models equal a rebuild; answers agree with one order of each stream's writes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from shared.cli.replay import rebuilt
from tests.chaos.evidence import BUILDS, Evidence
from tests.chaos.findings import Finding, broken, lost
from tests.chaos.journal import Acknowledged, Journal
from tests.chaos.users import thing_of

READ_MODELS, ORDER = "read models", "order"


def read_models_equal_a_rebuild(evidence: Evidence) -> Iterator[Finding]:
    """Each has come to the end of its log, and a rebuild from position 0 gives the same tables."""
    for store in evidence.stores.values():
        end = store.events[-1].position if store.events else 0
        for name, position in store.rows(BUILDS):
            if position < end:
                yield broken(READ_MODELS, store.service, f"{name} stands at {position} of {end}")
        for result in rebuilt(store.service, store.url):
            if not result.equal:
                yield broken(READ_MODELS, store.service, f"{result.name} differs from a rebuild")


def writes_keep_their_order(evidence: Evidence) -> Iterator[Finding]:
    """Of two writes to a stream, one acknowledged before the other began has the lower version."""
    streams: defaultdict[tuple[str, str], list[Acknowledged]] = defaultdict(list)
    for told in evidence.journal.acknowledged:
        if told.events:
            streams[told.service, told.stream].append(told)
    for (service, stream), writes in streams.items():
        yield from _disorder(service, stream, writes)


def _disorder(service: str, stream: str, writes: Sequence[Acknowledged]) -> Iterator[Finding]:
    """Versions and positions must not fall while time passes from an answer to a sending."""
    by_end = sorted(writes, key=lambda write: write.ended)
    for later in writes:
        for earlier in by_end:
            if earlier.ended >= later.begun:
                break
            if earlier.version >= later.version or earlier.position >= later.position:
                what = f"{stream}: {later.path} has version {later.version} after {earlier.version}"
                yield broken(ORDER, service, what)


def reads_see_what_was_acknowledged(evidence: Evidence) -> Iterator[Finding]:
    """A page asked for with the token of a write shows that write, and nothing that is not."""
    written = _versions_of_things(evidence.journal)
    for seen in evidence.journal.seen:
        least = max(
            (
                write.version
                for write in written.get((seen.service, seen.path), ())
                if write.ended < seen.begun and write.position <= seen.min_position
            ),
            default=0,
        )
        if seen.version < least:
            what = f"{seen.path} showed version {seen.version} after {least} was acknowledged"
            yield broken(ORDER, seen.service, what)
        head = _head(evidence, seen.service, written.get((seen.service, seen.path), ()))
        if head and seen.version > head:
            what = f"{seen.path} showed version {seen.version}, the log ends at {head}"
            yield lost(ORDER, seen.service, what)


def _versions_of_things(journal: Journal) -> dict[tuple[str, str], list[Acknowledged]]:
    """Return the writes by the thing they address, where its version is the one answered."""
    found: defaultdict[tuple[str, str], list[Acknowledged]] = defaultdict(list)
    for told in journal.acknowledged:
        thing = thing_of(told.path)
        if told.events and told.stream.endswith(f"/{thing.rsplit('/', 1)[1]}"):
            found[told.service, thing].append(told)
    return found


def _head(evidence: Evidence, service: str, writes: Sequence[Acknowledged]) -> int:
    return evidence.stores[service].heads.get(writes[0].stream, 0) if writes else 0
