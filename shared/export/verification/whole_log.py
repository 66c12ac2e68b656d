"""The check of one whole log, or of its end, against its checkpoint."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from sys import intern
from typing import Any

from shared.export.verification.findings import BrokenError, Findings, Verdict
from shared.export.verification.reading import Entry, Item, Part, Wrong, parts
from shared.export.verification.records import Fields
from shared.export.verification.streams import Streams
from shared.export.verification.surroundings import (
    STATE_RECORDED,
    TRUST_CHANGED,
    Surroundings,
    compare_by_proof,
    hashes,
    state_told,
)
from shared.export.verification.zipped import Bundle
from shared.reducers import Replay, StateMap
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.merkle import Frontier
from shared.tlog.tiles import WIDTH

Progress = Callable[[int], None]
HELD_BACK = 16_384
"""How many records a replay stays behind: a state is told after the records that it covers."""


class WholeLog:
    """Reads the records once, in order, and says what they prove."""

    def __init__(
        self,
        bundle: Bundle,
        around: Surroundings,
        service: str,
        at: Checkpoint,
        progress: Progress,
    ) -> None:
        self._bundle, self._around, self._progress = bundle, around, progress
        self._service, self._at = service, at
        self._where = f"log {service}"
        self._seen = around.seen.get(at.origin)
        self._seen_root: bytes | None = None
        self._entries: list[Entry] = []
        self._late: list[tuple[int, Fields]] = []
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
        self._states = None if self._start else _States(self._service)

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

    def _read(self) -> None:
        self._look_back()
        for part in parts(self._bundle, self._around, self._service, self._entries):
            if part.wrong is not None:
                raise BrokenError(*part.wrong)
            first = self._frontier.size
            self._grow(part.leaves)
            self._take_all(first, part)
            self._progress(part.weight)
        if self._states is not None and not self._is_broken:
            self._replayed(self._states.replay(self._frontier.size))
            self._compare_late()

    def _grow(self, leaves: Sequence[bytes]) -> None:
        """Let the tree grow, with a halt where the remembered one ended."""
        upto = self._seen.size - self._frontier.size if self._seen is not None else 0
        if 0 < upto <= len(leaves):
            self._frontier.extend(leaves[:upto])
            self._look_back()
            leaves = leaves[upto:]
        self._frontier.extend(leaves)

    def _take_all(self, first: int, part: Part) -> None:
        items = zip(part.items, part.leaves, strict=True)
        for index, (item, leaf) in enumerate(items, start=first):
            self._take(index, item, leaf)
        if self._states is not None and not self._is_broken:
            self._replayed(self._states.catch_up())

    def _look_back(self) -> None:
        if self._seen is not None and self._seen.size == self._frontier.size:
            self._seen_root = self._frontier.root()

    def _take(self, index: int, item: Item | Wrong, leaf: bytes) -> None:
        try:
            if not isinstance(item, Item):
                raise BrokenError(*item)
            self._streams.follow(item)
        except BrokenError as error:
            self._is_broken = True
            self.found.broken(Verdict.INTACT, error, f"{self._where}, record {index}")
            return
        if item.sealed is not None:
            self.found.sealed.merge(item.sealed)
        if item.type == TRUST_CHANGED and self._around.has_trust:
            self._judge(Verdict.AUTHENTIC, index, self._around.require_known_trust, item.facts)
        if self._states is None or self._is_broken:
            return
        self._states.take(index, item, leaf)
        if item.type == STATE_RECORDED:
            self._judge(Verdict.REPRODUCED, index, self._compare_state, (index, item.facts))

    def _judge(self, verdict: Verdict, index: int, check: Callable[[Any], None], on: Any) -> None:
        try:
            check(on)
        except BrokenError as error:
            self.found.broken(verdict, error, f"{self._where}, record {index}")

    def _compare_state(self, told: tuple[int, Fields]) -> None:
        index, facts = told
        assert self._states is not None  # asked before
        if not self._around.has_reducer_of(facts):
            why = f"{self._where}, record {index}: these reducers are not ours"
            self.found.open(Verdict.REPRODUCED, why)
            return
        size, _, _ = state_told(facts)
        if size > index:
            message = f"a state of size {size} stands at {index}"
            raise BrokenError("state-of-the-future", message)
        if self._states.is_past(size):
            self._late.append(told)
            return
        self._replayed(self._states.reach(size))
        self._states.compare(facts)

    def _compare_late(self) -> None:
        """Replay everything again for states that were told long after what they cover."""
        if not self._late:
            return
        assert self._states is not None  # asked before
        again = _States(self._service, {state_told(facts)[0] for _, facts in self._late})
        index = 0
        for part in parts(self._bundle, self._around, self._service, self._entries):
            for item, leaf in zip(part.items, part.leaves, strict=True):
                if isinstance(item, Item):
                    again.take(index, item, leaf)
                index += 1
            list(again.catch_up())
        list(again.replay(index))
        for at, facts in self._late:
            self._judge(Verdict.REPRODUCED, at, again.compare, facts)
        self._states.compared += again.compared

    def _replayed(self, failures: Iterable[tuple[int, BrokenError]]) -> None:
        for index, error in failures:
            self.found.broken(Verdict.REPRODUCED, error, f"{self._where}, record {index}")

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
    """All streams on their way, and the state roots at the sizes that were recorded.

    `stops`: sizes known beforehand. The others are told by the records, while the replay waits.
    """

    def __init__(self, service: str, stops: Iterable[int] = ()) -> None:
        self._service = service
        self._stops = deque(sorted(set(stops)))
        self._waiting: deque[tuple[int, Item, bytes]] = deque()
        self._at = 0
        self._streams: dict[str, Replay] = {}
        self._moved: set[str] = set()
        self._map = StateMap()
        self._roots: dict[int, tuple[str, int]] = {}
        self.compared: list[int] = []

    def take(self, index: int, item: Item, leaf: bytes) -> None:
        """Take the next record; it is replayed later."""
        self._waiting.append((index, item, leaf))

    def catch_up(self) -> Iterator[tuple[int, BrokenError]]:
        """Replay those that need not wait any longer."""
        if len(self._waiting) > HELD_BACK:
            yield from self.replay(self._waiting[-HELD_BACK][0])

    def replay(self, size: int) -> Iterator[tuple[int, BrokenError]]:
        """Replay what stands before this size; yield which ones make no sense as events."""
        while self._stops and self._stops[0] < size:
            yield from self.reach(self._stops.popleft())
        while self._waiting and self._waiting[0][0] < size:
            index, item, leaf = self._waiting.popleft()
            try:
                self._replay(item, leaf)
            except (TypeError, ValueError, OverflowError):
                message = f"{item.stream} cannot be replayed"
                yield index, BrokenError("not-replayable", message)
        self._at = max(self._at, size)

    def _replay(self, item: Item, leaf: bytes) -> None:
        replay = self._streams.get(item.stream)
        if replay is None:
            replay = self._streams[item.stream] = Replay(self._service, item.stream)
        self._moved.add(item.stream)
        event = {"type": intern(item.type), "version": item.version, "data": item.facts}
        replay.take(event, leaf, item.facts_digest)

    def is_past(self, size: int) -> bool:
        """Return whether the replay has gone on without the root at this size."""
        return size < self._at and size not in self._roots

    def reach(self, size: int) -> Iterator[tuple[int, BrokenError]]:
        """Replay up to this size and compute the root there."""
        if size in self._roots or size < self._at:
            return
        yield from self.replay(size)
        for stream in self._moved:
            replay = self._streams[stream]
            self._map.put(stream, replay.version, replay.head.hex(), replay.digest())
        self._moved.clear()
        self._roots[size] = (self._map.root().hex(), len(self._map))

    def compare(self, facts: Fields) -> None:
        """Compare a recorded state with what was computed; raises BrokenError."""
        size, root, heads = state_told(facts)
        if self._roots.get(size) != (root, heads):
            raise BrokenError("state-differs", f"at size {size} the records give another state")
        self.compared.append(size)
