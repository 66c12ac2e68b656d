"""Reads docker-compose.yml as Compose would: anchors merged, variables put in."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[3]
FILE = PROJECT / "docker-compose.yml"

VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?:(?P<kind>:-|:\?)(?P<rest>[^}]*))?\}")


@dataclass(frozen=True)
class Compose:
    """The file with its variables still open."""

    content: dict[str, Any]
    text: str

    @property
    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = self.content["services"]
        return found

    @property
    def variables(self) -> dict[str, str | None]:
        """Every variable of the file with its default, None when it must be given."""
        return {
            found["name"]: found["rest"] if found["kind"] == ":-" else None
            for found in VARIABLE.finditer(self.text)
        }

    def environment(self, service: str, given: dict[str, str]) -> dict[str, str]:
        """Return what Compose would put into the service's environment."""
        listed = self.services[service].get("environment", {})
        return {name: interpolate(str(value), given) for name, value in listed.items()}


def interpolate(text: str, given: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        default = found["rest"] if found["kind"] == ":-" else None
        chosen = given.get(found["name"], default)
        assert chosen is not None, f"{found['name']} is not given"
        return chosen

    return VARIABLE.sub(value, text)


def load() -> Compose:
    text = FILE.read_text(encoding="utf-8")
    return Compose(yaml.safe_load(text), text)


def read_env_file(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="ascii").splitlines()
    return dict(line.split("=", 1) for line in lines)
