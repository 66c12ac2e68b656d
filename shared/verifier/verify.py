"""The whole verification, step by step (V0 to V9)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shared.reducers import REDUCER, digest_of
from shared.verifier import trust
from shared.verifier.bundle import Bundle
from shared.verifier.cases import CaseCheck
from shared.verifier.checkpoints import Checkpoint, parse_checkpoint
from shared.verifier.errors import BrokenError
from shared.verifier.logs import LogCheck, Surroundings
from shared.verifier.notes import Key, parse_key
from shared.verifier.readers import Readers, Step, processes_for
from shared.verifier.report import Report, Verdict
from shared.verifier.rows import Expected
from shared.verifier.sealed import Disclosures
from shared.verifier.trust import Trust

MAX_TRUST_NOTES = 1000
ROOT_IN_BUNDLE = "trust/root.vkey"


@dataclass(frozen=True)
class Wanted:
    """What the auditor brings along: pinned keys, remembered checkpoints, least sizes."""

    roots: tuple[Key, ...] = ()
    witnesses: tuple[Key, ...] = ()
    seen: tuple[Checkpoint, ...] = ()
    min_sizes: dict[str, int] = field(default_factory=dict)
    """By service; under "" for every log."""

    reducer_hash: str = ""


Told = Callable[[int, int], None]
"""Takes how many more bytes of records are checked, and how many there are in all."""


def verify(
    path: Path, wanted: Wanted, progress: Told = lambda *_: None, processes: int = 0
) -> Report:
    """Verify a bundle and return the report; whatever is in the bundle, nothing is raised.

    The report is the same for any number of processes; 0: as many as are worth it.
    """
    report = Report(bundle=path.name, is_pinned=bool(wanted.roots))
    try:
        bundle = Bundle(path)
    except BrokenError as error:
        report.fault(Verdict.INTACT, error.code, "the bundle", error.message)
        return report
    try:
        _Verification(path, bundle, wanted, report, progress, processes).run()
    finally:
        bundle.close()
    return report


class _Verification:
    def __init__(
        self,
        path: Path,
        bundle: Bundle,
        wanted: Wanted,
        report: Report,
        progress: Told,
        processes: int,
    ) -> None:
        self._bundle, self._wanted, self._report = bundle, wanted, report
        self._is_of_cases = bool(bundle.names("cases/"))
        self._trust = self._read_trust()
        disclosures, total = Disclosures(bundle, report), _weight(bundle)
        expected = Expected(self._trust.tenant if self._trust else "", disclosures.attached)
        plan = [] if self._is_of_cases else _plan(bundle)
        self._around = Surroundings(
            bundle,
            report,
            disclosures,
            Readers(path, bundle, expected, plan, processes or processes_for(total)),
            self._trust,
            {one.origin: one for one in sorted(wanted.seen, key=lambda one: one.size)},
            wanted.reducer_hash,
            lambda count: progress(count, total),
        )

    def run(self) -> None:
        """Answer all six questions."""
        try:
            self._run()
        finally:
            self._around.readers.close()

    def _run(self) -> None:
        self._check_bundled_reducers()
        found = {service: self._checkpoint(service) for service in self._bundle.services()}
        for service, checkpoint in found.items():
            if checkpoint is not None:
                self._check_log(service, checkpoint)
        self._require_all_logs([one for one in found.values() if one is not None])
        self._around.disclosures.conclude()
        if not found:
            where, message = "the bundle", "it holds no log"
            self._report.fault(Verdict.INTACT, "no-log", where, message)

    def _read_trust(self) -> Trust | None:
        """V1: the chain of trust notes, down to a root key."""
        try:
            roots = self._wanted.roots or (self._bundled_root(),)
            notes = [self._bundle.read(f"trust/{n}.note") for n in _numbers(self._bundle)]
            found = trust.newest(notes, roots)
        except BrokenError as error:
            self._report.fault(Verdict.AUTHENTIC, error.code, "trust notes", error.message)
            return None
        if not self._wanted.roots:
            for verdict in (Verdict.AUTHENTIC, Verdict.WITNESSED):
                why = "the root key is not pinned: the keys come out of the bundle itself"
                self._report.leave_open(verdict, why)
        return found

    def _bundled_root(self) -> Key:
        return parse_key(self._bundle.read(ROOT_IN_BUNDLE).decode("utf-8", "replace"))

    def _checkpoint(self, service: str) -> Checkpoint | None:
        """V2: the signed head of a log."""
        where = f"log {service}"
        try:
            found = parse_checkpoint(self._bundle.read(f"logs/{service}/checkpoint"))
        except BrokenError as error:
            for verdict in (Verdict.INTACT, Verdict.AUTHENTIC):
                self._report.fault(verdict, error.code, where, error.message)
            return None
        self._report.logs.append(_described(service, found))
        if self._trust is not None:
            self._check_signature(service, found, self._trust)
            self._check_witnesses(service, found, self._trust)
        else:
            self._report.leave_open(Verdict.WITNESSED, f"{where}: no trust note counts")
        return found

    def _check_signature(self, service: str, found: Checkpoint, trust: Trust) -> None:
        where = f"log {service}"
        try:
            require_signed(service, found, trust)
        except BrokenError as error:
            self._report.fault(Verdict.AUTHENTIC, error.code, where, error.message)
            return
        what = f"{where}: signed by its key at size {found.size}"
        self._report.confirm(Verdict.AUTHENTIC, what)

    def _check_witnesses(self, service: str, found: Checkpoint, trust: Trust) -> None:
        """V3: enough independent witnesses saw this very head."""
        where, verdict = f"log {service}", Verdict.WITNESSED
        pinned = self._wanted.witnesses
        keys = list(pinned) or [key for _, key in trust.witnesses]
        quorum = len(pinned) or trust.quorum
        try:
            times = {key: at for key in keys if (at := found.note.cosigned_at(key)) is not None}
        except BrokenError as error:
            self._report.fault(verdict, error.code, where, error.message)
            return
        seen_by = [f"{key.name} at {_moment(at)}" for key, at in times.items()]
        self._report.logs[-1]["witnesses"] = seen_by
        count = len({key.public for key in times})
        if not quorum:
            self._report.leave_open(verdict, f"{where}: no witness is asked for")
        elif count < quorum:
            message = f"{count} of {quorum} witnesses saw this head"
            self._report.fault(verdict, "too-few-witnesses", where, message)
        else:
            self._report.confirm(verdict, f"{where}: {', '.join(seen_by)}")

    def _check_log(self, service: str, checkpoint: Checkpoint) -> None:
        least = self._wanted.min_sizes.get(service, self._wanted.min_sizes.get("", 0))
        if checkpoint.size < least:
            message = f"its size is {checkpoint.size}, at least {least} is asked for"
            self._report.fault(Verdict.COMPLETE, "too-small", f"log {service}", message)
        check = CaseCheck if self._is_of_cases else LogCheck
        try:
            check(self._around, service, checkpoint).run()
        except BrokenError as error:
            self._report.fault(Verdict.INTACT, error.code, f"log {service}", error.message)

    def _require_all_logs(self, found: Sequence[Checkpoint]) -> None:
        """Every log that the trust note names, or that the auditor remembers, must be here."""
        origins, verdict = {one.origin for one in found}, Verdict.CONSISTENT_WITH_SEEN
        for origin in self._around.seen:
            if origin not in origins and not self._is_of_cases:
                self._report.fault(verdict, "log-missing", origin, "the bundle lacks this log")
        for origin in sorted(origins):
            if self._around.seen and origin not in self._around.seen:
                self._report.leave_open(verdict, f"{origin}: no checkpoint of it is remembered")
        if not self._around.seen:
            self._report.leave_open(verdict, "no remembered checkpoint was given (--seen)")
        for service in self._missing_services():
            message = "the trust note names this log, the bundle lacks it"
            self._report.fault(Verdict.COMPLETE, "log-missing", f"log {service}", message)

    def _missing_services(self) -> list[str]:
        if self._trust is None or self._is_of_cases:
            return []
        return [one for one in self._trust.services if one not in self._bundle.services()]

    def _check_bundled_reducers(self) -> None:
        """The reducers in the bundle are shown, not run; they must be those that count."""
        names = self._bundle.names("reducer/")
        if not names:
            self._report.notes.append("the bundle carries no reducers; this verifier has its own")
            return
        try:
            files = {one.removeprefix("reducer/"): self._bundle.read(one) for one in names}
        except BrokenError as error:
            self._report.fault(Verdict.REPRODUCED, error.code, "reducer/", error.message)
            return
        if digest_of(files) not in self._counting_reducers():
            message = "the reducers in the bundle are not those that count"
            self._report.fault(Verdict.REPRODUCED, "reducer-swapped", "reducer/", message)

    def _counting_reducers(self) -> tuple[str, ...]:
        if self._wanted.reducer_hash:
            return (self._wanted.reducer_hash,)
        named = self._trust.reducers if self._trust else ()
        return named or (REDUCER["digest"],)


def require_signed(service: str, found: Checkpoint, trust: Trust) -> None:
    """Raise BrokenError unless a key that counts for this log at this size signed the head.

    A signature of any key of the log must verify; a retired key alone does not count.
    """
    keys = trust.keys_of(service)
    if not keys:
        raise BrokenError("unknown-log", "the trust note names no key of this log")
    if all(one.key.name != found.origin for one in keys):
        raise BrokenError("wrong-origin", f"{found.origin} is not the origin of this log")
    signers = [one for one in keys if found.note.is_signed_by(one.key)]
    if not signers:
        raise BrokenError("unsigned", "no key of this log signed the checkpoint")
    if not any(one.covers(found.size) and one.key.name == found.origin for one in signers):
        raise BrokenError("retired-key", f"the key that signed does not count at size {found.size}")


def _weight(bundle: Bundle) -> int:
    """Return how many bytes of records there are."""
    return sum(bundle.size(name) for name in bundle.names("logs/") if "/tile/entries/" in name)


def _plan(bundle: Bundle) -> list[Step]:
    """Return the entry bundles of all logs in the order in which they are checked."""
    plan = []
    for service in bundle.services():
        with suppress(BrokenError):  # the check of this log reports it
            plan += [(service, one.name, one.width) for one in bundle.entries(service)]
    return plan


def _numbers(bundle: Bundle) -> range:
    count = sum(1 for name in bundle.names("trust/") if name.endswith(".note"))
    if count > MAX_TRUST_NOTES:
        raise BrokenError("too-large", f"{count} trust notes are more than any chain has")
    return range(1, count + 1)


def _described(service: str, found: Checkpoint) -> dict[str, object]:
    return {
        "service": service,
        "origin": found.origin,
        "size": found.size,
        "root": found.root.hex(),
        "witnesses": [],
    }


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"
