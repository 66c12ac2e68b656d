"""Calls every route of a running service as its OpenAPI describes it, and as it does not.

Schemathesis generates and judges (all its checks, stateful links); `hooks.py` adds our own. Each
persona is a run of its own: schemathesis takes away the one token it knows, and expects a refusal.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.embedded.stack import Stack
from tests.fuzz.outcome import Outcome
from tests.fuzz.personas import KNOWN, PERSONAS, Persona

PROJECT = Path(__file__).parents[2]
SERVICE_OVER = 90  # seconds beyond its time that a run may take to come to its end
LEAST = 15  # seconds
TAKEN = ["2xx", "401", "403", "404", "409", "412", "413", "422", "428", "503"]
"""What well-formed data may be answered with: rules refuse, and most numbers are unknown."""
SOME = 0.6
"""How often a number of something that exists is taken."""


@dataclass(frozen=True)
class Fuzzing:
    """One run of schemathesis: a service, a persona, a seed, so many seconds."""

    stack: Stack
    service: str
    persona: Persona
    phases: str
    seed: int
    seconds: int
    folder: Path

    def outcome(self) -> Outcome:
        """Run it to its end, and return what came of it."""
        self.folder.mkdir(parents=True)
        (self.folder / "schemathesis.toml").write_text(self._settings(), encoding="utf-8")
        with (self.folder / "said.txt").open("wb") as said:
            ended = subprocess.run(
                self._command(),
                cwd=self.folder,
                env=self._environment(),
                stdout=said,
                stderr=subprocess.STDOUT,
                timeout=self.seconds + SERVICE_OVER,
                check=False,
            )
        return self._read(ended.returncode)

    def _command(self) -> list[str]:
        token = self.persona.token(self.stack.issuer)
        speaking = ["--header", f"Authorization: Bearer {token}"] if token else []
        return [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"),
            *("run", f"{self.stack.url(self.service)}/openapi.json"),
            *(
                "--phases",
                self.phases,
                "--max-time",
                str(self.seconds),
                "--seed",
                str(self.seed),
                "--workers",
                "1",
            ),
            *(
                "--checks",
                "all",
                "--continue-on-failure",
                "--no-color",
                "--output-truncate",
                "true",
            ),
            *("--generation-database", "none", "--suppress-health-check", "all"),
            *("--max-examples", str(self.persona.examples), "--request-timeout", "40"),
            *("--report", "json", "--report-json-path", "report.json"),
            *(speaking or ("--exclude-checks", "positive_data_acceptance")),
        ]

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": str(PROJECT),
            "PYTHONHASHSEED": "0",
            "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
            "NO_PROXY": "127.0.0.1",
            "FUZZ_URL": self.stack.url(self.service),
            "FUZZ_DATABASE": self.stack.map.databases[self.service],
            "FUZZ_TOKEN": self.persona.token(self.stack.issuer),
        }

    def _settings(self) -> str:
        """Return schemathesis' configuration; a JSON text or list is one of TOML as well."""
        lines = [
            "[checks.positive_data_acceptance]",
            f"expected-statuses = {json.dumps(TAKEN)}",
            "[checks.negative_data_rejection]",
            f"expected-statuses = {json.dumps(['4xx'])}",
            "[checks.not_a_server_error]",
            f"expected-statuses = {json.dumps(['2xx', '4xx', '503'])}",  # hooks.py says which 503
        ]
        for name, values in KNOWN.items():
            lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values)}"]
        lines.append("[parameters]")
        for place in ("path", "body"):
            lines += [f'"{place}.{name}" = {_bound(name)}' for name in KNOWN]
        return "\n".join(lines)

    def _read(self, code: int) -> Outcome:
        what = f"{self.service}, {self.persona.name}, {self.phases}"
        report = self.folder / "report.json"
        if not report.exists():
            return Outcome(what, 0, 0, (f"schemathesis ended with {code}: {self._last_words()}",))
        told = json.loads(report.read_text(encoding="utf-8"))
        operations, cases = told["operations"] or {}, told["test_cases"]
        found = tuple(_open(told))
        if code and not found:
            found = (f"schemathesis ended with {code}: {self._last_words()}",)
        note = f"{told['running_time']:.0f} s"
        return Outcome(what, operations.get("tested", 0), cases["generated"], found, note)

    def _last_words(self) -> str:
        return (self.folder / "said.txt").read_text(encoding="utf-8", errors="replace")[-600:]


def fuzz_routes(
    stack: Stack, services: tuple[str, ...], seconds: float, seed: int, folder: Path
) -> Iterator[Outcome]:
    """Yield the outcome of every service and persona; services share the time evenly."""
    for service in services:
        for persona in PERSONAS:
            for phases, part in persona.shares:
                share = max(LEAST, round(seconds / len(services) * part))
                place = folder / service / f"{persona.name}-{phases}".replace(" ", "-")
                yield Fuzzing(stack, service, persona, phases, seed, share, place).outcome()


def _bound(name: str) -> str:
    return f'{{ dictionary = "{name}", probability = {SOME} }}'


def _open(told: Mapping[str, Any]) -> Iterator[str]:
    for failure in told["failures"]:
        where = ", ".join(sorted(failure["operations"])[:6])
        yield f"{failure['title']} ×{failure['count']}: {where}"
    for error in told["errors"]:
        yield f"{error['title']} ×{error['count']}"
