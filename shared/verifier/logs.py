"""One log of a bundle, record by record, in one pass and little memory (V4 to V7)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.verifier.bundle import Bundle, EntryBundle
from shared.verifier.chains import Chains
from shared.verifier.checkpoints import Checkpoint, hash_lines
from shared.verifier.errors import BrokenError
from shared.verifier.merkle import Frontier, is_consistent
from shared.verifier.readers import Readers
from shared.verifier.report import Report, Verdict
from shared.verifier.rows import Entries, Fault, Row
from shared.verifier.sealed import Disclosures
from shared.verifier.states import (
    STATE_RECORDED,
    Recorded,
    States,
    recorded_state,
    require_reducer,
)
from shared.verifier.trust import Trust, require_known

Progress = Callable[[int], None]
TRUST_CHANGED = "log.trust-changed"
_INCOMPLETE = ("records-missing", "record-count")


@dataclass
class Surroundings:
    """What all logs of a run share."""

    bundle: Bundle
    report: Report
    disclosures: Disclosures
    readers: Readers
    trust: Trust | None = None
    seen: dict[str, Checkpoint] = field(default_factory=dict)
    reducer_hash: str = ""
    progress: Progress = lambda _: None

    @property
    def tenant(self) -> str:
        return self.trust.tenant if self.trust else ""


class LogCheck:
    """The check of one service's log against its checkpoint."""

    def __init__(self, around: Surroundings, service: str, checkpoint: Checkpoint) -> None:
        self._around, self._report = around, around.report
        self._service, self._checkpoint = service, checkpoint
        self._entries: list[EntryBundle] = []
        self._frontier = Frontier()
        self._late: list[Recorded] = []
        self._compared: list[int] = []
        self._seen = around.seen.get(checkpoint.origin)
        self._is_broken = False

    @property
    def start(self) -> int:
        """The index of the first record that the bundle holds."""
        return self._entries[0].first if self._entries else 0

    def run(self) -> None:
        """Read the whole log and report."""
        try:
            self._entries = self._around.bundle.entries(self._service)
            self._frontier = self._first_frontier()
            self._require_all_entries()
            self._read_records()
        except BrokenError as error:
            self._fault(Verdict.INTACT, error)
            if error.code in _INCOMPLETE:
                self._fault(Verdict.COMPLETE, error)
            self._leave_rest_open()
            return
        self._conclude_root()
        self._conclude_states()

    def _first_frontier(self) -> Frontier:
        if not self.start:
            return Frontier()
        name = f"logs/{self._service}/proofs/range-{self.start}.txt"
        nodes = hash_lines(self._around.bundle.read(name))
        if len(nodes) != self.start.bit_count():
            raise BrokenError("not-a-range", f"{name} is not the range of {self.start} records")
        return Frontier(self.start, nodes)

    def _require_all_entries(self) -> None:
        end = self.start
        for entry in self._entries:
            if entry.first != end:
                raise BrokenError("records-missing", f"records from {end} on are not in the bundle")
            end = entry.first + entry.width
        if end != self._checkpoint.size:
            raise BrokenError(
                "record-count", f"{end} records, but the checkpoint counts {self._checkpoint.size}"
            )

    def _read_records(self) -> None:
        self._chains = Chains(from_the_beginning=not self.start)
        self._states = None if self.start else States(self._service)
        self._is_seen_alike: bool | None = None
        self._compare_with_seen()
        for entry in self._entries:
            found = self._around.readers.take((self._service, entry.name, entry.width))
            if found.broken is not None:
                raise BrokenError(*found.broken)
            self._take_all(entry.first, found)
            self._grow(found.leaves, found.top)
            self._around.progress(found.size)
        if self._states is not None and not self._is_broken:
            self._fault_each(self._states.advance(self._checkpoint.size))
            self._compare_late_states()

    def _take_all(self, first: int, found: Entries) -> None:
        rows = zip(found.rows, found.leaves, strict=True)
        for index, (row, leaf) in enumerate(rows, start=first):
            self._take(index, row, leaf)
        if self._states is not None and not self._is_broken:
            self._fault_each(self._states.catch_up())

    def _take(self, index: int, row: Row | Fault, leaf: bytes) -> None:
        try:
            if isinstance(row, Fault):
                raise BrokenError(*row)
            self._chains.take(row)
        except BrokenError as error:
            self._is_broken = True
            self._fault(Verdict.INTACT, error, f"record {index}")
            return
        if row.mentions is not None:
            self._around.disclosures.take(row.mentions)
        if row.type == TRUST_CHANGED:
            self._compare_trust(index, row.told)
        if self._states is not None and not self._is_broken:
            self._states.take(index, row, leaf)
            if row.type == STATE_RECORDED:
                self._compare_state(self._states, index, row.told)

    def _compare_trust(self, index: int, data: dict[str, Any]) -> None:
        try:
            if self._around.trust is not None:
                require_known(self._around.trust, data.get("version"), data.get("digest"))
        except BrokenError as error:
            self._fault(Verdict.AUTHENTIC, error, f"record {index}")

    def _compare_state(self, states: States, index: int, told: dict[str, Any]) -> None:
        trusted = self._around.trust.reducers if self._around.trust else ()
        try:
            if not require_reducer(told, trusted, self._around.reducer_hash):
                why = f"log {self._service}, record {index}: this verifier has not those reducers"
                self._report.leave_open(Verdict.REPRODUCED, why)
                return
            recorded = recorded_state(index, told)
        except BrokenError as error:
            self._fault(Verdict.REPRODUCED, error, f"record {index}")
            return
        if states.has_passed(recorded.size):
            self._late.append(recorded)
        else:
            self._fault_each(states.reach(recorded.size))
            self._compare(states, recorded)

    def _compare(self, states: States, recorded: Recorded) -> None:
        try:
            states.compare(recorded)
            self._compared.append(recorded.size)
        except BrokenError as error:
            self._fault(Verdict.REPRODUCED, error, f"record {recorded.index}")

    def _compare_late_states(self) -> None:
        """Compare the states that were told long after the records they cover: replay again."""
        if not self._late:
            return
        again = States(self._service, (recorded.size for recorded in self._late))
        for entry in self._entries:
            found = self._around.readers.read((self._service, entry.name, entry.width))
            for at, row in enumerate(found.rows):
                if isinstance(row, Row):
                    again.take(entry.first + at, row, found.leaves[at])
            list(again.catch_up())
        list(again.advance(self._checkpoint.size))
        for recorded in self._late:
            self._compare(again, recorded)

    def _fault_each(self, found: Iterable[tuple[int, BrokenError]]) -> None:
        for index, error in found:
            self._fault(Verdict.REPRODUCED, error, f"record {index}")

    def _grow(self, leaves: Sequence[bytes], top: bytes) -> None:
        end = self._frontier.size + len(leaves)
        if self._seen and self._frontier.size < self._seen.size < end:
            middle = self._seen.size - self._frontier.size
            self._frontier.extend(leaves[:middle])
            self._compare_with_seen()
            leaves = leaves[middle:]
        self._frontier.extend(leaves, top)
        self._compare_with_seen()

    def _compare_with_seen(self) -> None:
        if self._seen and self._seen.size == self._frontier.size:
            self._is_seen_alike = self._seen.root == self._frontier.root()

    def _conclude_root(self) -> None:
        has_root = self._frontier.root() == self._checkpoint.root
        if not has_root:
            error = BrokenError("root-differs", "the records do not give the checkpoint's root")
            self._fault(Verdict.INTACT, error)
        elif not self._is_broken:
            size, start = self._checkpoint.size, self.start
            self._report.confirm(Verdict.INTACT, f"log {self._service}: records {start} to {size}")
        self._conclude_seen(has_root=has_root)
        self._conclude_complete(has_root=has_root)

    def _conclude_seen(self, *, has_root: bool) -> None:
        """Tell whether the remembered checkpoint is this log's past (V6)."""
        if self._seen is None:
            return
        if self._is_seen_alike is None or not has_root:
            conclude_by_proof(self._around, self._service, self._checkpoint, self._seen)
        elif not self._is_seen_alike:
            message = f"it had another root when it had {self._seen.size} records"
            self._fault(Verdict.CONSISTENT_WITH_SEEN, BrokenError("fork", message))
        else:
            confirm_seen(self._report, self._service, self._seen)

    def _conclude_complete(self, *, has_root: bool) -> None:
        size, is_joined = self._checkpoint.size, self._is_seen_alike is True
        if not has_root:
            why = f"log {self._service}: the records are not those of the checkpoint"
            self._report.leave_open(Verdict.COMPLETE, why)
        elif not self.start:
            self._report.confirm(Verdict.COMPLETE, f"log {self._service} as of size {size}")
        elif is_joined:
            what = f"log {self._service} as of size {size}, from the remembered one on"
            self._report.confirm(Verdict.COMPLETE, what)
        else:
            why = f"log {self._service}: what stands before record {self.start} is not here"
            self._report.leave_open(Verdict.COMPLETE, why)

    def _conclude_states(self) -> None:
        where, size = f"log {self._service}", self._checkpoint.size
        if self._compared and not self._is_broken:
            upto = max(self._compared)
            what = f"{where}: {len(self._compared)} states, the last at size {upto} of {size}"
            self._report.confirm(Verdict.REPRODUCED, what)
        elif size:
            why = "the bundle does not begin at the beginning" if self.start else (
                "records are broken" if self._is_broken else "no state could be compared"
            )  # fmt: skip
            self._report.leave_open(Verdict.REPRODUCED, f"{where}: {why}")

    def _leave_rest_open(self) -> None:
        for verdict in (Verdict.REPRODUCED, Verdict.COMPLETE):
            self._report.leave_open(verdict, f"log {self._service} could not be read to its end")
        if self._seen is not None:
            conclude_by_proof(self._around, self._service, self._checkpoint, self._seen)

    def _fault(self, verdict: Verdict, error: BrokenError, where: str = "") -> None:
        place = f"log {self._service}{', ' if where else ''}{where}"
        self._report.fault(verdict, error.code, place, error.message)


def conclude_by_proof(
    around: Surroundings, service: str, checkpoint: Checkpoint, seen: Checkpoint
) -> None:
    """Compare with a remembered checkpoint without all records: by size, root or proof (V6)."""
    where, verdict = f"log {service}", Verdict.CONSISTENT_WITH_SEEN
    if seen.size > checkpoint.size:
        message = f"it has {checkpoint.size} records, and had {seen.size} already"
        around.report.fault(verdict, "rollback", where, message)
        return
    name = f"logs/{service}/proofs/consistency-{seen.size}.txt"
    if seen.size != checkpoint.size and name not in around.bundle:
        around.report.leave_open(verdict, f"{where}: no proof from size {seen.size} on is here")
        return
    proof = hash_lines(around.bundle.read(name)) if seen.size != checkpoint.size else ()
    if is_consistent(seen.size, checkpoint.size, proof, seen.root, checkpoint.root):
        confirm_seen(around.report, service, seen)
    else:
        message = f"it does not continue what it was at size {seen.size}"
        around.report.fault(verdict, "fork", where, message)


def confirm_seen(report: Report, service: str, seen: Checkpoint) -> None:
    """Say that a log continues a remembered checkpoint."""
    what = f"log {service} continues the checkpoint of size {seen.size}"
    report.confirm(Verdict.CONSISTENT_WITH_SEEN, what)
