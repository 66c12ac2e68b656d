"""The check of one whole log, or of its end, against its checkpoint."""

from collections.abc import Callable, Iterator
from typing import Any

from shared.export.verification.findings import BrokenError, Findings, Verdict
from shared.export.verification.records import (
    Fields,
    Streams,
    facts_digest,
    parsed,
    require_envelope,
)
from shared.export.verification.surroundings import (
    STATE_RECORDED,
    TRUST_CHANGED,
    Surroundings,
    compare_by_proof,
    hashes,
    state_told,
)
from shared.export.verification.zipped import LARGEST_ENTRIES, Bundle
from shared.reducers import Replay, StateMap
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import Frontier, leaf_hash
from shared.tlog.tiles import WIDTH, Tile, TileError, decode_bundle

Progress = Callable[[int], None]
_STATE = b'"type":"log.state-recorded"'


class WholeLog:
    """Reads the records once, in order, and says what they prove."""

    def __init__(
        self, bundle: Bundle, around: Surroundings, service: str, at: Checkpoint, progress: Progress
    ) -> None:
        self._bundle, self._around, self._progress = bundle, around, progress
        self._service, self._at = service, at
        self._where = f"log {service}"
        self._seen = around.seen.get(at.origin)
        self._seen_root: bytes | None = None
        self._entries: list[tuple[str, Tile]] = []
        self._start = 0
        self._is_broken = False
        self.found = Findings()

    def check(self) -> Findings:
        """Return what was found; a bundle cannot make it raise."""
        try:
            self._open()
            self._read()
        except BrokenError as error:
            self._stop_at(error)
            return self.found
        self._conclude()
        return self.found

    def _open(self) -> None:
        self._entries = self._bundle.entries(self._service)
        self._start = self._entries[0][1].number * WIDTH if self._entries else 0
        self._frontier = self._first_range()
        self._streams = Streams(is_whole=not self._start)
        self._require_all_records()
        self._states = None if self._start else _States(self._recorded_sizes())

    def _first_range(self) -> Frontier:
        if not self._start:
            return Frontier()
        name = f"logs/{self._service}/proofs/range-{self._start}.txt"
        try:
            return Frontier(self._start, hashes(self._bundle.read(name)))
        except ValueError:
            message = f"{name} is not the compact range of {self._start} records"
            raise BrokenError("not-a-range", message) from None

    def _require_all_records(self) -> None:
        end = self._start
        for _, tile in self._entries:
            if tile.number * WIDTH != end:
                raise BrokenError("records-missing", f"records from {end} on are not here")
            end += tile.width
        if end != self._at.size:
            message = f"{end} records are here, the checkpoint counts {self._at.size}"
            raise BrokenError("record-count", message)

    def _recorded_sizes(self) -> set[int]:
        """Return the sizes whose states must be computed on the way."""
        found = set()
        for raw in (raw for _, raw in self._packed() if _STATE in raw):
            for one in filter(lambda record: _STATE in record, _split(raw)):
                try:
                    found.add(state_told(parsed(one))[0])
                except (BrokenError, KeyError, AttributeError):
                    continue
        return found

    def _packed(self) -> Iterator[tuple[Tile, bytes]]:
        for name, tile in self._entries:
            yield tile, self._bundle.read(name, LARGEST_ENTRIES)

    def _read(self) -> None:
        self._look_back()
        seen_size = self._seen.size if self._seen is not None else -1
        for tile, packed in self._packed():
            records = _split(packed)
            if len(records) != tile.width:
                raise BrokenError("record-count", f"{tile.path} holds {len(records)} records")
            for index, raw in enumerate(records, start=tile.number * WIDTH):
                leaf = leaf_hash(raw)
                self._frontier.append(leaf)
                if index + 1 == seen_size:
                    self._look_back()
                self._take(index, raw, leaf)
            self._progress(len(packed))
        if self._states is not None:
            self._states.reach(self._at.size)

    def _look_back(self) -> None:
        if self._seen is not None and self._seen.size == self._frontier.size:
            self._seen_root = self._frontier.root()

    def _take(self, index: int, raw: bytes, leaf: bytes) -> None:
        try:
            record = parsed(raw)
            require_envelope(record, self._service, self._around.tenant)
            self._streams.follow(raw, record)
        except BrokenError as error:
            self._is_broken = True
            self.found.broken(Verdict.INTACT, error, f"{self._where}, record {index}")
            return
        self._around.look_at_sealed(raw, record, self.found.sealed)
        if record["type"] == TRUST_CHANGED and self._around.has_trust:
            self._judge(Verdict.AUTHENTIC, index, self._around.require_known_trust, record)
        if self._states is not None and not self._is_broken:
            self._judge(Verdict.REPRODUCED, index, self._replay, (index, raw, record, leaf))

    def _judge(self, verdict: Verdict, index: int, check: Callable[[Any], None], on: Any) -> None:
        try:
            check(on)
        except BrokenError as error:
            self.found.broken(verdict, error, f"{self._where}, record {index}")

    def _replay(self, on: tuple[int, bytes, Fields, bytes]) -> None:
        index, raw, record, leaf = on
        assert self._states is not None  # asked before
        self._states.take(index, raw, record, leaf)
        if record["type"] != STATE_RECORDED:
            return
        if self._around.has_reducer_of(record):
            self._states.compare(index, record)
        else:
            why = f"{self._where}, record {index}: these reducers are not ours"
            self.found.open(Verdict.REPRODUCED, why)

    def _conclude(self) -> None:
        has_root = self._frontier.root() == self._at.root
        if not has_root:
            message = "the records do not give the checkpoint's root"
            self.found.no(Verdict.INTACT, "root-differs", self._where, message)
        elif not self._is_broken:
            what = f"{self._where}: records {self._start} to {self._at.size}"
            self.found.yes(Verdict.INTACT, what)
        self._conclude_seen(has_root=has_root)
        self._conclude_complete(has_root=has_root)
        self._conclude_states()

    def _conclude_seen(self, *, has_root: bool) -> None:
        if self._seen is None:
            return
        if self._seen_root is None or not has_root:
            compare_by_proof(self._bundle, self._service, self._at, self._seen, self.found)
        elif self._seen_root != self._seen.root:
            message = f"it had another root at size {self._seen.size}"
            self.found.no(Verdict.CONSISTENT_WITH_SEEN, "fork", self._where, message)
        else:
            what = f"{self._where} continues the checkpoint of size {self._seen.size}"
            self.found.yes(Verdict.CONSISTENT_WITH_SEEN, what)

    def _conclude_complete(self, *, has_root: bool) -> None:
        verdict, size = Verdict.COMPLETE, self._at.size
        is_joined = self._seen is not None and self._seen.root == self._seen_root
        if not has_root:
            self.found.open(verdict, f"{self._where}: the records are not the checkpoint's")
        elif not self._start:
            self.found.yes(verdict, f"{self._where} as of size {size}")
        elif is_joined:
            self.found.yes(verdict, f"{self._where} as of size {size}, from the remembered one on")
        else:
            self.found.open(verdict, f"{self._where}: nothing before record {self._start} is here")

    def _conclude_states(self) -> None:
        compared = self._states.compared if self._states is not None else []
        if compared and not self._is_broken:
            what = f"{len(compared)} states, the last at size {max(compared)} of {self._at.size}"
            self.found.yes(Verdict.REPRODUCED, f"{self._where}: {what}")
        elif self._at.size:
            why = "no state could be compared"
            why = "records are broken" if self._is_broken else why
            why = "the bundle does not begin at the beginning" if self._start else why
            self.found.open(Verdict.REPRODUCED, f"{self._where}: {why}")

    def _stop_at(self, error: BrokenError) -> None:
        self.found.broken(Verdict.INTACT, error, self._where)
        if error.code in ("records-missing", "record-count"):
            self.found.broken(Verdict.COMPLETE, error, self._where)
        for verdict in (Verdict.REPRODUCED, Verdict.COMPLETE):
            self.found.open(verdict, f"{self._where} could not be read to its end")
        if self._seen is None:
            return
        try:
            compare_by_proof(self._bundle, self._service, self._at, self._seen, self.found)
        except BrokenError as broken:
            self.found.broken(Verdict.INTACT, broken, self._where)


class _States:
    """All streams on their way, and the state roots at the sizes that were recorded."""

    def __init__(self, sizes: set[int]) -> None:
        self._sizes = sorted(sizes)
        self._streams: dict[str, Replay] = {}
        self._moved: set[str] = set()
        self._map = StateMap()
        self._roots: dict[int, tuple[str, int]] = {}
        self.compared: list[int] = []

    def take(self, index: int, raw: bytes, record: Fields, leaf: bytes) -> None:
        self.reach(index)
        stream = record["stream"]
        replay = self._streams.get(stream)
        if replay is None:
            replay = self._streams[stream] = Replay(record["service"], stream)
        self._moved.add(stream)
        try:
            replay.take(record, leaf, facts_digest(raw))
        except (TypeError, ValueError, OverflowError):
            raise BrokenError("not-replayable", f"{stream} cannot be replayed") from None

    def reach(self, size: int) -> None:
        """Compute the root of the present state if it was recorded at this size."""
        if not self._sizes or self._sizes[0] > size:
            return
        wanted = self._sizes.pop(0)
        for stream in self._moved:
            replay = self._streams[stream]
            self._map.put(stream, replay.version, replay.head.hex(), replay.digest())
        self._moved.clear()
        self._roots[wanted] = (self._map.root().hex(), len(self._map))

    def compare(self, index: int, record: Fields) -> None:
        size, root, heads = state_told(record)
        if size > index:
            message = f"a state of size {size} stands at {index}"
            raise BrokenError("state-of-the-future", message)
        if self._roots.get(size) != (root, heads):
            raise BrokenError("state-differs", f"at size {size} the records give another state")
        self.compared.append(size)


def _split(packed: bytes) -> list[bytes]:
    try:
        return decode_bundle(packed)
    except TileError as error:
        raise BrokenError("entries-cut", error.detail) from None
