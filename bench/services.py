"""Real service processes to load: started as the local stack starts them, with its settings."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from signal import SIGTERM

import httpx

from bench.ground import Ground
from shared.embedded.ports import LOOPBACK, free_port
from shared.embedded.processes import ChildProcess
from shared.embedded.system_map import PROJECT, TENANT, SystemMap
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role

READY_WITHIN = 90.0  # seconds
TOKEN = "none"  # these processes ask no other service


@dataclass(frozen=True)
class Served:
    """A running service process, and who may come in."""

    url: str
    pid: int
    issuer: LocalIssuer

    def token(self, person: str, org: str, *roles: Role) -> str:
        """Return a bearer token."""
        return self.issuer.issue(person, org, *roles)


@contextmanager
def served(
    ground: Ground, name: str, database: str, command: Sequence[str], bootstrap: str = ""
) -> Iterator[Served]:
    """Run `python -m COMMAND` with the settings of the service `name`, until the block ends."""
    issuer = LocalIssuer(ground.folder / "keys")
    url = f"http://{LOOPBACK}:{free_port()}"
    system = SystemMap(
        tenant=TENANT,
        services={name: url},
        databases={name: database},
        kafka_bootstrap=bootstrap or "127.0.0.1:9",
        kafka_kind="embedded",
        keys=str(ground.folder / "keys"),
        issuer=issuer.issuer,
        audience=issuer.audience,
        otlp_endpoint="",
    )
    environment = system.environment(name, TOKEN, "") | {"DUBAN_LOG_KEY_DIR": ""}
    process = ChildProcess(
        name,
        [sys.executable, "-m", *command],
        ground.folder / f"{name}.log",
        environment=environment,
        directory=PROJECT,
    )
    process.start()
    try:
        process.wait_until(lambda: _answers(f"{url}/health/live"), READY_WITHIN)
        yield Served(url, process.pid, issuer)
    finally:
        process.stop(SIGTERM, 20)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False
