"""`duban verify` on the command line, told beside `verify.pyz`; and the wait for witnesses."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.cli.main import app
from shared.export.exporter import export
from shared.export.heads import Patience
from shared.verifier.build import build
from tests.attacks.make_bundle import ROOT, full, rectification_log, write
from tests.integration.export.memory_logs import AT_ONCE, TRUST, MemoryLogs


@pytest.fixture
def bundle(logs: MemoryLogs, tmp_path: Path) -> Path:
    return export(logs, TRUST, tmp_path / "full.zip", patience=AT_ONCE).path


def told(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["verify", *arguments])
    return result.exit_code, result.stdout


def test_the_report_has_the_form_of_the_other_verifier(bundle: Path, tmp_path: Path) -> None:
    build(tmp_path / "verify.pyz")
    arguments = [str(bundle), "--root", ROOT.vkey, "--json"]
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.pyz"), *arguments]
    other = subprocess.run(command, capture_output=True, check=True, env=dict(os.environ))
    code, own = told(*arguments)
    first, second = json.loads(other.stdout), json.loads(own)
    assert code == other.returncode == 0
    assert first.keys() == second.keys()
    for name in ("report", "bundle", "root_key_pinned", "faults", "logs", "sealed_values"):
        assert first[name] == second[name]
    answers = [
        {name: one["answer"] for name, one in report["verdicts"].items()}
        for report in (first, second)
    ]
    assert answers[0] == answers[1]


def test_checkpoints_that_were_kept_count_the_next_time(bundle: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    code, text = told(str(bundle), "--root", ROOT.vkey, "--keep", str(kept))
    assert (code, "not checked" in text) == (0, True)
    names = sorted(path.name for path in kept.iterdir())
    assert names == ["feedback-319.checkpoint", "rectification-6.checkpoint"]
    for seen in (kept, bundle):
        code, text = told(str(bundle), "--root", ROOT.vkey, "--seen", str(seen))
        assert (code, "not checked" in text) == (0, False)


def test_says_loudly_that_no_key_is_pinned(bundle: Path) -> None:
    code, text = told(str(bundle))
    assert code == 0
    assert "NOT PINNED" in text
    _, report = told(str(bundle), "--json")
    assert json.loads(report)["verdicts"]["AUTHENTIC"]["answer"] == "not checked"


def test_the_exit_code_names_the_verdicts(tmp_path: Path) -> None:
    log = rectification_log()
    log.records[1] = log.records[1].replace(b"p-3", b"p-4")
    code, _ = told(str(write(full(log), tmp_path / "x.zip")), "--root", ROOT.vkey)
    assert code & 1
    assert told(str(tmp_path / "nothing.zip"))[0] == 3
    assert told(str(tmp_path / "x.zip"), "--min-size", "many")[0] == 2
    assert told(str(tmp_path / "x.zip"), "--min-size", "7", "--root", ROOT.vkey)[0] & 32


def test_an_export_waits_for_the_witness_and_not_for_ever(logs: MemoryLogs, tmp_path: Path) -> None:
    logs.is_witnessed = False
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        logs.is_witnessed = clock[0] >= 5

    patience = Patience(within=20, monotonic=lambda: clock[0], sleep=sleep)
    found = export(logs, TRUST, tmp_path / "x.zip", patience=patience)
    assert (list(found.unwitnessed), clock[0]) == ([], 5)

    logs.is_witnessed, clock[0] = False, 0.0
    hurried = replace(patience, within=3)
    found = export(logs, TRUST, tmp_path / "y.zip", patience=hurried)
    assert list(found.unwitnessed) == ["feedback", "rectification"]
    assert clock[0] <= 4
