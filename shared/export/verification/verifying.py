"""The whole of the second verification."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shared.export.verification.findings import (
    BrokenError,
    Findings,
    Report,
    Verdict,
)
from shared.export.verification.one_case import Cases
from shared.export.verification.side_by_side import Head, SideBySide
from shared.export.verification.surroundings import Surroundings, commitment_to
from shared.export.verification.zipped import Bundle
from shared.reducers import REDUCER, digest_of
from shared.tlog import trust as trust_notes
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.cosignatures import cosignatures
from shared.tlog.notes import Note, NoteError, VerifierKey
from shared.tlog.trust import Trust

Told = Callable[[int, int], None]
"""Takes how many more bytes of records were checked, and how many there are in all."""

_SEALED = re.compile(r"sealed/([0-9a-f]{64})\.json")
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{2})/([0-9a-f]{64})")


@dataclass(frozen=True)
class Wanted:
    """What the auditor brings along."""

    roots: tuple[VerifierKey, ...] = ()
    witnesses: tuple[VerifierKey, ...] = ()
    seen: Mapping[str, Checkpoint] = field(default_factory=dict)
    min_sizes: Mapping[str, int] = field(default_factory=dict)
    """By service; under "" for every log."""

    reducer_hash: str = ""


def verify(
    path: Path, wanted: Wanted, progress: Told = lambda *_: None, processes: int = 0
) -> Report:
    """Return the report on a bundle; no bundle makes this raise.

    It is the same for any number of processes; 0: as many as are worth it.
    """
    report = Report(path.name, bool(wanted.roots))
    try:
        bundle = Bundle(path)
    except BrokenError as error:
        report.findings.broken(Verdict.INTACT, error, "the bundle")
        return report
    with bundle:
        _Verifying(path, bundle, wanted, report, progress, processes).run()
    return report


class _Verifying:
    def __init__(
        self,
        path: Path,
        bundle: Bundle,
        wanted: Wanted,
        report: Report,
        progress: Told,
        processes: int,
    ) -> None:
        self._path, self._bundle, self._wanted = path, bundle, wanted
        self._processes = processes
        self._report, self._found = report, report.findings
        self._progress = progress
        self._is_of_cases = bool(bundle.names("cases/"))
        self._notes: list[bytes] = []

    def run(self) -> None:
        """Answer all six questions."""
        self._trust = self._counting_trust()
        self._check_reducers()
        around = self._surroundings()
        heads = [head for one in self._bundle.services if (head := self._head(one))]
        for findings in self._checked(around, heads):
            self._found.merge(findings)
        self._conclude_seen(heads)
        self._conclude_missing()
        self._conclude_sealed(around)
        if not self._bundle.services:
            self._found.no(Verdict.INTACT, "no-log", "the bundle", "it holds no log")

    # Trust and reducers

    def _counting_trust(self) -> Trust | None:
        count = sum(1 for name in self._bundle.names("trust/") if name.endswith(".note"))
        try:
            roots = self._wanted.roots or (_key(self._bundle.read("trust/root.vkey")),)
            self._notes = [self._bundle.read(f"trust/{n + 1}.note") for n in range(count)]
            found = [trust_notes.chain(self._notes, root)[-1] for root in roots][-1]
        except BrokenError as error:
            self._found.broken(Verdict.AUTHENTIC, error, "trust notes")
            return None
        except NoteError as error:
            self._found.no(Verdict.AUTHENTIC, error.code, "trust notes", error.detail)
            return None
        if not self._wanted.roots:
            for verdict in (Verdict.AUTHENTIC, Verdict.WITNESSED):
                why = "the root key is not pinned: the keys come out of the bundle itself"
                self._found.open(verdict, why)
        return found

    def _check_reducers(self) -> None:
        names = self._bundle.names("reducer/")
        if not names:
            self._report.notes.append("the bundle carries no reducers; our own were used")
            return
        try:
            files = {name.removeprefix("reducer/"): self._bundle.read(name) for name in names}
        except BrokenError as error:
            self._found.broken(Verdict.REPRODUCED, error, "reducer/")
            return
        if digest_of(files) not in self._counting_reducers():
            message = "the reducers in the bundle are not those that count"
            self._found.no(Verdict.REPRODUCED, "reducer-swapped", "reducer/", message)

    def _counting_reducers(self) -> set[str]:
        if self._wanted.reducer_hash:
            return {self._wanted.reducer_hash}
        named = {one.digest for one in self._trust.reducers} if self._trust else set()
        return named or {REDUCER["digest"]}

    def _surroundings(self) -> Surroundings:
        trust = self._trust
        return Surroundings(
            tenant=trust.tenant if trust else "",
            trust_notes=tuple(trust_notes.digest(raw) for raw in self._notes) if trust else (),
            has_trust=trust is not None,
            reducers=frozenset(one.digest for one in trust.reducers) if trust else frozenset(),
            reducer_hash=self._wanted.reducer_hash,
            seen=self._wanted.seen,
            shown=frozenset(self._shown()),
            attached=frozenset(self._attached()),
        )

    # Heads of logs

    def _head(self, service: str) -> Head | None:
        where = f"log {service}"
        try:
            note = Note.parse(self._bundle.read(f"logs/{service}/checkpoint"))
            at = Checkpoint.parse(note.text)
        except (BrokenError, NoteError) as error:
            for verdict in (Verdict.INTACT, Verdict.AUTHENTIC):
                self._found.no(verdict, error.code, where, str(error))
            return None
        head = Head(service, at)
        described = {"service": service, "origin": at.origin, "size": at.size}
        self._report.logs.append({**described, "root": at.root.hex(), "witnesses": []})
        if self._trust is None:
            self._found.open(Verdict.WITNESSED, f"{where}: no trust note counts")
        else:
            self._check_signature(head, note, self._trust)
            self._check_witnesses(head, note, self._trust)
        self._check_size(head)
        return head

    def _check_signature(self, head: Head, note: Note, trust: Trust) -> None:
        where = f"log {head.service}"
        try:
            require_signed(head.service, head.checkpoint, note, trust)
        except BrokenError as error:
            self._found.broken(Verdict.AUTHENTIC, error, where)
        else:
            what = f"{where}: signed by its key at size {head.checkpoint.size}"
            self._found.yes(Verdict.AUTHENTIC, what)

    def _check_witnesses(self, head: Head, note: Note, trust: Trust) -> None:
        where, verdict = f"log {head.service}", Verdict.WITNESSED
        pinned = self._wanted.witnesses
        quorum = len(pinned) or trust.quorum
        try:
            found = cosignatures(note, pinned or trust.witness_keys)
        except NoteError as error:
            self._found.no(verdict, "bad-cosignature", where, error.detail)
            return
        told = [f"{one.key.name} at {_moment(one.time)}" for one in found]
        self._report.logs[-1]["witnesses"] = told
        count = len({one.key.public for one in found})
        if not quorum:
            self._found.open(verdict, f"{where}: no witness is asked for")
        elif count < quorum:
            message = f"{count} of {quorum} witnesses saw this head"
            self._found.no(verdict, "too-few-witnesses", where, message)
        else:
            self._found.yes(verdict, f"{where}: {', '.join(told)}")

    def _check_size(self, head: Head) -> None:
        least = self._wanted.min_sizes.get(head.service, self._wanted.min_sizes.get("", 0))
        if head.checkpoint.size < least:
            message = f"it has {head.checkpoint.size} records, at least {least} are asked for"
            self._found.no(Verdict.COMPLETE, "too-small", f"log {head.service}", message)

    # Records

    def _checked(self, around: Surroundings, heads: list[Head]) -> list[Findings]:
        if self._is_of_cases:
            return [
                Cases(self._bundle, around, head.service, head.checkpoint).check() for head in heads
            ]
        total = sum(self._bundle.weight(head.service) for head in heads)
        return SideBySide(self._path, self._bundle, around).check(
            heads, lambda count: self._progress(count, total), self._processes
        )

    # What concerns all logs

    def _conclude_seen(self, heads: list[Head]) -> None:
        verdict, origins = Verdict.CONSISTENT_WITH_SEEN, {one.checkpoint.origin for one in heads}
        if not self._wanted.seen:
            self._found.open(verdict, "no remembered checkpoint was given (--seen)")
            return
        for origin in sorted(self._wanted.seen):
            if origin not in origins and not self._is_of_cases:
                self._found.no(verdict, "log-missing", origin, "the bundle lacks this log")
        for origin in sorted(origins - set(self._wanted.seen)):
            self._found.open(verdict, f"{origin}: no checkpoint of it is remembered")

    def _conclude_missing(self) -> None:
        if self._trust is None or self._is_of_cases:
            return
        for service in sorted({log.service for log in self._trust.logs}):
            if service not in self._bundle.services:
                message = "the trust note names this log, the bundle lacks it"
                self._found.no(Verdict.COMPLETE, "log-missing", f"log {service}", message)

    # Sealed values and attachments

    def _shown(self) -> list[str]:
        found = []
        for name in self._bundle.names("sealed/"):
            match = _SEALED.fullmatch(name)
            try:
                if match is None or commitment_to(self._bundle.read(name)) != match[1]:
                    raise BrokenError("disclosure-mismatch", "it is not what was committed to")
                found.append(match[1])
            except BrokenError as error:
                self._found.broken(Verdict.INTACT, error, name)
        return found

    def _attached(self) -> list[str]:
        found = []
        for name in self._bundle.names("blobs/"):
            match, digest = _BLOB.fullmatch(name), hashlib.sha256()
            try:
                self._bundle.feed(name, digest.update)
                if match is None or match[2] != digest.hexdigest() or match[2][:2] != match[1]:
                    raise BrokenError("attachment-mismatch", "its bytes are not those of its name")
                found.append(match[2])
            except BrokenError as error:
                self._found.broken(Verdict.INTACT, error, name)
        return found

    def _conclude_sealed(self, around: Surroundings) -> None:
        sealed = self._found.sealed
        erased = sum(n for subject, n in sealed.kept_back.items() if subject in sealed.destroyed)
        counts = {
            "disclosed": sealed.disclosed,
            "withheld": sealed.kept_back.total() - erased,
            "erased": erased,
        }
        if any(counts.values()):
            self._report.sealed = counts
        for name in sorted(around.shown - sealed.shown):
            self._unused("disclosure-of-nothing", f"sealed/{name}")
        for name in sorted(around.attached - sealed.attached):
            self._unused("attachment-of-nothing", f"blobs/{name}")

    def _unused(self, code: str, where: str) -> None:
        self._found.no(Verdict.INTACT, code, where, "no record of the bundle speaks of it")


def require_signed(service: str, at: Checkpoint, note: Note, trust: Trust) -> None:
    """Raise BrokenError unless a key that counts for this log at this size signed its head."""
    own = [log for log in trust.logs if log.service == service]
    if not own:
        raise BrokenError("unknown-log", "the trust note names no key of this log")
    if at.origin not in [log.key.name for log in own]:
        raise BrokenError("wrong-origin", f"{at.origin} is not the origin of this log")
    try:
        signers = note.signers(log.key for log in own)
    except NoteError as error:
        raise BrokenError("bad-signature", error.detail) from None
    if not signers:
        raise BrokenError("unsigned", "no key of this log signed the checkpoint")
    counting = [key for key in trust.keys_for(service, at.size) if key.name == at.origin]
    if not set(counting) & set(signers):
        raise BrokenError("retired-key", f"the key that signed does not count at size {at.size}")


def _key(raw: bytes) -> VerifierKey:
    return VerifierKey.parse(raw.decode("utf-8", "replace").strip())


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"
