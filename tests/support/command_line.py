"""Runs the `duban` command as people and scripts do: as a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
DUBAN = (sys.executable, "-c", "from shared.cli.main import app; app()")


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout; raises when there is anything else."""
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[Any]:
        """The JSON values on stdout, one a line (NDJSON)."""
        return [json.loads(line) for line in self.stdout.splitlines()]


def duban(*arguments: str | Path, within: float = 120) -> Ended:
    """Run `duban` with these arguments; of our environment it sees nothing of Duban's."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("DUBAN_")}
    ended = subprocess.run(
        [*DUBAN, *(str(argument) for argument in arguments)],
        cwd=PROJECT,
        env={**inherited, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
