"""What a verification finds, and the report on it."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

NAME = "duban verify 1.0.0"
MOST_FAULTS = 200
MOST_REASONS = 12

NOT_PINNED = (
    "!!! THE ROOT KEY IS NOT PINNED: the keys used here come out of the bundle itself. Whoever\n"
    "!!! made the bundle may have made them too. Run again with --root. 根公钥未经核对。"
)


class BrokenError(Exception):
    """Something in a bundle is not as it must be; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Verdict(StrEnum):
    """The six questions."""

    INTACT = "INTACT"
    AUTHENTIC = "AUTHENTIC"
    WITNESSED = "WITNESSED"
    CONSISTENT_WITH_SEEN = "CONSISTENT-WITH-SEEN"
    REPRODUCED = "REPRODUCED"
    COMPLETE = "COMPLETE"


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Fault:
    """What speaks against a verdict."""

    verdict: Verdict
    code: str
    where: str
    message: str


@dataclass
class Sealed:
    """What one or several logs say about sealed values and attachments."""

    shown: set[str] = field(default_factory=set)
    attached: set[str] = field(default_factory=set)
    disclosed: int = 0
    kept_back: Counter[str] = field(default_factory=Counter)
    destroyed: set[str] = field(default_factory=set)

    def merge(self, other: "Sealed") -> None:
        self.shown |= other.shown
        self.attached |= other.attached
        self.disclosed += other.disclosed
        self.kept_back += other.kept_back
        self.destroyed |= other.destroyed


@dataclass
class Findings:
    """What speaks for and against each verdict, and what stays open."""

    faults: list[Fault] = field(default_factory=list)
    unlisted: dict[Verdict, int] = field(default_factory=dict)
    good: dict[Verdict, list[str]] = field(default_factory=dict)
    unclear: dict[Verdict, list[str]] = field(default_factory=dict)
    sealed: Sealed = field(default_factory=Sealed)

    def no(self, verdict: Verdict, code: str, where: str, message: str) -> None:
        """Say what speaks against a verdict."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(verdict, code, where, message))
        else:
            self.unlisted[verdict] = self.unlisted.get(verdict, 0) + 1

    def broken(self, verdict: Verdict, error: BrokenError, where: str) -> None:
        """Say that this error speaks against a verdict."""
        self.no(verdict, error.code, where, error.message)

    def yes(self, verdict: Verdict, what: str) -> None:
        """Say what speaks for a verdict."""
        self.good.setdefault(verdict, []).append(what)

    def open(self, verdict: Verdict, why: str) -> None:
        """Say what could not be checked."""
        self.unclear.setdefault(verdict, []).append(why)

    def merge(self, other: "Findings") -> None:
        """Take over what was found elsewhere."""
        for fault in other.faults:
            self.no(fault.verdict, fault.code, fault.where, fault.message)
        for verdict, count in other.unlisted.items():
            self.unlisted[verdict] = self.unlisted.get(verdict, 0) + count
        for verdict, what in other.good.items():
            self.good.setdefault(verdict, []).extend(what)
        for verdict, why in other.unclear.items():
            self.unclear.setdefault(verdict, []).extend(why)
        self.sealed.merge(other.sealed)

    def answer(self, verdict: Verdict) -> Answer:
        if verdict in self.unlisted or any(fault.verdict is verdict for fault in self.faults):
            return Answer.NO
        is_clear = verdict in self.good and verdict not in self.unclear
        return Answer.YES if is_clear else Answer.NOT_CHECKED

    def reasons(self, verdict: Verdict) -> list[str]:
        """Return why the answer is what it is."""
        against = [
            f"{one.where}: {one.message} [{one.code}]"
            for one in self.faults
            if one.verdict is verdict
        ]
        found = against or self.unclear.get(verdict) or self.good.get(verdict)
        return found or ["nothing to check"]


@dataclass
class Report:
    """The answers, for people and for machines."""

    bundle: str
    is_pinned: bool
    findings: Findings = field(default_factory=Findings)
    logs: list[dict[str, Any]] = field(default_factory=list)
    sealed: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def verdicts(self) -> dict[Verdict, Answer]:
        return {verdict: self.findings.answer(verdict) for verdict in Verdict}

    @property
    def exit_code(self) -> int:
        """0 when no verdict is no; else the sum of 1, 2, 4 … 32 for those that are, in order."""
        answers = enumerate(self.verdicts.values())
        return sum(1 << place for place, answer in answers if answer is Answer.NO)

    def as_json(self) -> str:
        """Return the report as `verify.pyz --json` writes it."""
        found = self.findings
        whole = {
            "report": "duban-verification/1",
            "verifier": NAME,
            "bundle": self.bundle,
            "root_key_pinned": self.is_pinned,
            "verdicts": {
                one.value: {"answer": answer.value, "reasons": found.reasons(one)}
                for one, answer in self.verdicts.items()
            },
            "faults": [{**vars(fault), "verdict": fault.verdict.value} for fault in found.faults],
            "faults_not_listed": sum(found.unlisted.values()),
            "logs": self.logs,
            "sealed_values": self.sealed,
            "notes": self.notes,
        }
        return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True)

    def as_text(self) -> str:
        """Return the report for people."""
        lines = [f"Duban verification report ({NAME})", f"Bundle: {self.bundle}", ""]
        lines += [] if self.is_pinned else [NOT_PINNED, ""]
        for verdict, answer in self.verdicts.items():
            lines.append(f"{verdict.value:<22}{answer.value}")
            lines += _indented(self.findings.reasons(verdict))
        lines += ["", *(_log_line(log) for log in self.logs)]
        if self.sealed:
            counts = ", ".join(f"{count} {kind}" for kind, count in self.sealed.items())
            lines.append(f"Sealed values: {counts}")
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes), ""])


def _indented(reasons: Iterable[str]) -> list[str]:
    return [f"    {reason}" for reason in list(reasons)[:MOST_REASONS]]


def _log_line(log: dict[str, Any]) -> str:
    return f"Log {log['service']}: {log['origin']}, size {log['size']}, root {log['root']}"
