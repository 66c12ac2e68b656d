"""The map of the local system: which parts there are, where each listens, what each is told."""

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from shared.embedded.log_keys import log_directory, witness_vkeys
from shared.embedded.ports import LOOPBACK, free_port
from shared.embedded.processes import inherited_environment
from shared.kernel.errors import UnavailableError

SERVICES = ("directory", "feedback", "rectification", "supervision", "accountability", "audit")
"""In the order in which people meet them; each has its own process and its own database."""

TENANT = "city:yunlan"
PROJECT = Path(__file__).parents[2]
MAP_FILE = "system.json"
POSTGRES_OFFSET, BROKER_OFFSET, COLLECTOR_OFFSET = 50, 51, 52

BrokerKind = Literal["embedded", "apache"]


@dataclass(frozen=True)
class Ports:
    """Where every part listens on the loopback address."""

    services: Mapping[str, int]
    postgres: int
    broker: int
    collector: int


def ports(services: Sequence[str], base: int | None) -> Ports:
    """Return free ports, or with a base: services from it upwards, servers from base + 50."""
    if base is None:
        return Ports({name: free_port() for name in services}, *(free_port() for _ in range(3)))
    return Ports(
        {name: base + number for number, name in enumerate(services)},
        base + POSTGRES_OFFSET,
        base + BROKER_OFFSET,
        base + COLLECTOR_OFFSET,
    )


@dataclass(frozen=True)
class SystemMap:
    """A running system, as another process needs to know it. It holds passwords."""

    tenant: str
    services: Mapping[str, str]
    databases: Mapping[str, str]
    kafka_bootstrap: str
    kafka_kind: BrokerKind
    keys: str
    issuer: str
    audience: str
    otlp_endpoint: str

    def write(self, data_dir: Path) -> None:
        """Keep the map beside the data, readable by its owner only."""
        path = data_dir / MAP_FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, data_dir: Path) -> "SystemMap":
        """Return the map that `write` kept; `UnavailableError` when nothing runs there."""
        path = data_dir / MAP_FILE
        if not path.exists():
            raise UnavailableError(f"no system runs in {data_dir}: start one with `duban up`")
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def environment(self, service: str, token: str, vault_key: str) -> dict[str, str]:
        """Return everything that one service's process is told."""
        _, port = self.services[service].rsplit(":", 1)
        return {
            **inherited_environment("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH"),
            "PYTHONPATH": _python_path(),
            "PYTHONUNBUFFERED": "1",
            "DUBAN_TENANT": self.tenant,
            "DUBAN_DATABASE_URL": self.databases[service],
            "DUBAN_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "DUBAN_KAFKA_KIND": self.kafka_kind,
            "DUBAN_HTTP_HOST": LOOPBACK,
            "DUBAN_HTTP_PORT": port,
            "DUBAN_JWKS": str(Path(self.keys) / "jwks.json"),
            "DUBAN_ISSUER": self.issuer,
            "DUBAN_AUDIENCE": self.audience,
            "DUBAN_SERVICE_TOKEN": token,
            "DUBAN_SOURCES": json.dumps(dict(self.services)),
            "DUBAN_DIRECTORY_URL": self.services.get("directory", ""),
            "DUBAN_VAULT_KEY": vault_key,
            "DUBAN_LOG_KEY_DIR": str(log_directory(Path(self.keys), service)),
            "DUBAN_TRUST_DIR": str(Path(self.keys) / "trust"),
            "DUBAN_WITNESS_VKEYS": json.dumps(witness_vkeys(Path(self.keys))),
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.otlp_endpoint,
        }


def service_command(service: str, role: str) -> list[str]:
    """Return the command of a service's process: `python -m services.<name> <role>`."""
    return [sys.executable, "-m", f"services.{service}", role]


def vault_key(keys: Path) -> str:
    """Return the key (base64, 32 bytes) that wraps sealed values here; drawn at the first use."""
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = keys / "vault.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(base64.b64encode(secrets.token_bytes(32)).decode("ascii"), encoding="ascii")
    return path.read_text(encoding="ascii")


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH", ""))))
