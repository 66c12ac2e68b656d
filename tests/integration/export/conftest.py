"""Two logs to export, and an auditor who asks both verifiers."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shared.export import verification
from shared.verifier.checkpoints import parse_checkpoint
from shared.verifier.notes import parse_key
from shared.verifier.verify import Wanted, verify
from tests.attacks.agreement import require_agreement, second_opinion
from tests.attacks.make_bundle import ROOT, feedback_log, rectification_log
from tests.integration.export.memory_logs import MemoryLogs

Answers = Mapping[str, str]
Judge = Callable[..., Answers]


@pytest.fixture
def logs() -> MemoryLogs:
    return MemoryLogs({"feedback": feedback_log(), "rectification": rectification_log()})


@pytest.fixture
def judged() -> Judge:
    """Return the answers, which both verifiers must give alike."""

    def answers(bundle: Path, *, seen: list[bytes] | None = None, root: str = "") -> Answers:
        roots = (parse_key(root or ROOT.vkey),)
        wanted = Wanted(roots=roots, seen=tuple(map(parse_checkpoint, seen or [])))
        report = verify(bundle, wanted)
        second: verification.Report = second_opinion(bundle, wanted, seen or [])
        require_agreement(report, second)
        return {verdict.value: answer.value for verdict, answer in second.verdicts.items()}

    return answers
