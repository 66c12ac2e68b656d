"""The report: six verdicts, what speaks against each, and what could not be checked (V9)."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.verifier import VERSION

MAX_FAULTS = 200


class Verdict(StrEnum):
    """The six questions, each answered for itself."""

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
    """Something that makes a verdict no; `code` is stable, `where` a file, log or record."""

    verdict: Verdict
    code: str
    where: str
    message: str


@dataclass
class Report:
    """Collects what the steps find."""

    bundle: str
    is_pinned: bool = False
    faults: list[Fault] = field(default_factory=list)
    unlisted: int = 0
    confirmed: dict[Verdict, list[str]] = field(default_factory=dict)
    unchecked: dict[Verdict, list[str]] = field(default_factory=dict)
    denied: set[Verdict] = field(default_factory=set)
    logs: list[dict[str, Any]] = field(default_factory=list)
    sealed: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def fault(self, verdict: Verdict, code: str, where: str, message: str) -> None:
        """Answer a verdict with no, and say why."""
        self.denied.add(verdict)
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(verdict, code, where, message))
        else:
            self.unlisted += 1

    def confirm(self, verdict: Verdict, what: str) -> None:
        """Say what speaks for a verdict."""
        self.confirmed.setdefault(verdict, []).append(what)

    def leave_open(self, verdict: Verdict, why: str) -> None:
        """Say what could not be checked: the verdict cannot be yes any more."""
        self.unchecked.setdefault(verdict, []).append(why)

    def answer(self, verdict: Verdict) -> Answer:
        if verdict in self.denied:
            return Answer.NO
        if verdict in self.unchecked or verdict not in self.confirmed:
            return Answer.NOT_CHECKED
        return Answer.YES

    @property
    def verdicts(self) -> dict[Verdict, Answer]:
        return {verdict: self.answer(verdict) for verdict in Verdict}

    @property
    def exit_code(self) -> int:
        """0 when no verdict is no; else the sum of 1, 2, 4 … 32 for those that are, in order."""
        return sum(1 << at for at, verdict in enumerate(Verdict) if verdict in self.denied)

    def reasons(self, verdict: Verdict) -> list[str]:
        """Return why a verdict is what it is."""
        if verdict in self.denied:
            return [f"{one.where}: {one.message} [{one.code}]" for one in self._faults_of(verdict)]
        return self.unchecked.get(verdict) or self.confirmed.get(verdict) or ["nothing to check"]

    def _faults_of(self, verdict: Verdict) -> list[Fault]:
        return [one for one in self.faults if one.verdict is verdict]

    def as_json(self) -> str:
        """Return the report for machines; sorted, so that it can be signed."""
        whole = {
            "report": "duban-verification/1",
            "verifier": VERSION,
            "bundle": self.bundle,
            "root_key_pinned": self.is_pinned,
            "verdicts": {
                verdict.value: {"answer": answer.value, "reasons": self.reasons(verdict)}
                for verdict, answer in self.verdicts.items()
            },
            "faults": [
                {"verdict": f.verdict.value, "code": f.code, "where": f.where, "message": f.message}
                for f in self.faults
            ],
            "faults_not_listed": self.unlisted,
            "logs": self.logs,
            "sealed_values": self.sealed,
            "notes": self.notes,
        }
        return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True)

    def as_text(self) -> str:
        """Return the report for people."""
        lines = [f"Duban verification report (verifier {VERSION})", f"Bundle: {self.bundle}", ""]
        if not self.is_pinned:
            lines += [_NOT_PINNED, ""]
        for verdict, answer in self.verdicts.items():
            lines.append(f"{verdict.value:<22}{answer.value}")
            lines += [f"    {reason}" for reason in self.reasons(verdict)[:_MOST_REASONS]]
        lines += ["", *self._log_lines(), *self._sealed_lines()]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes), ""])

    def _log_lines(self) -> list[str]:
        return [
            f"Log {log['service']}: {log['origin']}, size {log['size']}, root {log['root']}"
            for log in self.logs
        ]

    def _sealed_lines(self) -> list[str]:
        if not self.sealed:
            return []
        counts = ", ".join(f"{count} {kind}" for kind, count in self.sealed.items())
        return [f"Sealed values: {counts}"]


_MOST_REASONS = 12
_NOT_PINNED = (
    "!!! THE ROOT KEY IS NOT PINNED. The keys used here come out of the bundle itself: whoever\n"
    "!!! made the bundle may have made them too. Run again with --root and the key that you\n"
    "!!! received on another way. 根公钥未经核对：本次所用公钥取自数据包本身，不能证明来源。"
)
