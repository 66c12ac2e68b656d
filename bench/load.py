"""HTTP load by wrk (Debian's package `wrk`): one thread, so many open connections."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """What wrk saw; latencies in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float


class LoadFailedError(Exception):
    """Requests failed: their figures would say nothing."""


def load(
    url: str,
    kind: Literal["claim", "list"],
    path: str,
    *,
    tokens: Sequence[str],
    clients: int,
    seconds: float,
    body: str = "",
    first: int = 0,
) -> Load:
    """Ask as fast as `clients` connections can; NUMBER in the path counts up from `first`."""
    if shutil.which("wrk") is None:
        raise LoadFailedError("wrk is missing: apt-get install wrk")
    told = {
        "BENCH_KIND": kind,
        "BENCH_PATH": path,
        "BENCH_BODY": body,
        "BENCH_FIRST": str(first),
        "BENCH_TOKENS": ",".join(tokens),
    }
    whole = max(1, round(seconds))
    command = ["wrk", "-t1", f"-c{clients}", f"-d{whole}s", "--timeout", "30s"]
    ended = subprocess.run(
        [*command, "-s", str(SCRIPT), url],
        capture_output=True,
        text=True,
        env={**os.environ, **told},
        check=True,
    )
    return _figures(ended.stdout)


def _figures(said: str) -> Load:
    told = json.loads(said.strip().splitlines()[-1])
    if told["failed"] or not told["requests"]:
        raise LoadFailedError(f"{told['failed']} of {told['requests']} requests failed")
    rate = told["requests"] / told["microseconds"] * 1e6
    return Load(told["requests"], rate, told["p50"] / 1000, told["p99"] / 1000)
