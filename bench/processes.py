"""Runs a command as a user does: how long it takes, and how much memory it and its children use."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLED_EVERY_S = 0.05


@dataclass(frozen=True)
class Run:
    """What one run of a command took. `peak` is in MB: of all its processes at one moment."""

    seconds: float
    peak: float
    output: bytes


def run(command: Sequence[str | Path], output: Path) -> Run:
    """Run a command to its end; raises CalledProcessError when it fails."""
    began = time.perf_counter()
    with output.open("wb") as file, subprocess.Popen(command, stdout=file) as process:
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(SAMPLED_EVERY_S)
        seconds = time.perf_counter() - began
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output.read_bytes())
    return Run(seconds, peak, output.read_bytes())


def resident(pid: int) -> float:
    """Return the resident memory (MB) of a process and all below it; pages shared count twice."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):  # it ended in this moment
        return 0.0
    own = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
    return sum(map(int, own)) / 1024 + sum(resident(int(child)) for child in children)
