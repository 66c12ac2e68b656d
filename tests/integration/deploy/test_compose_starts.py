"""Each service starts with the very command and environment that docker-compose.yml gives it.

Only what names a container, a port inside one or a file inside one is put in anew. The databases
are made by the script that the PostgreSQL container runs.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import psycopg
import pytest

from deploy.make_env import make
from shared.embedded.apache_kafka import ApacheKafka
from shared.embedded.broker import EmbeddedBroker
from shared.embedded.collector import SpanCollector
from shared.embedded.ports import LOOPBACK, free_port
from shared.embedded.postgres import EmbeddedPostgres, binary
from shared.embedded.processes import ChildProcess, inherited_environment
from shared.embedded.stack import create_topics
from shared.embedded.system_map import SERVICES
from tests.integration.deploy.compose_file import PROJECT, Compose, load, read_env_file

SCRIPT = PROJECT / "deploy" / "postgres" / "create-databases.sh"


class Host:
    """This machine in the place of the containers' network."""

    def __init__(self, directory: Path, postgres: EmbeddedPostgres, collector: str) -> None:
        self.compose: Compose = load()
        self.directory = directory
        self.given = read_env_file(make(directory))
        self.ports = {name: free_port() for name in SERVICES}
        self.postgres = postgres
        self.collector = collector

    def environment(self, part: str, broker: EmbeddedBroker | ApacheKafka) -> dict[str, str]:
        told = self.compose.environment(part, self.given)
        keys = self.directory / "deploy" / "keys"
        places = {
            "postgres:5432": f"{LOOPBACK}:{self.postgres.port}",
            "kafka:9092": broker.bootstrap,
            "http://otel-collector:4318": self.collector,
            "/run/duban/log": str(keys / "log" / part.removesuffix("-migrate")),
            "/run/duban": str(keys),
            **{f"//{name}:8080": f"//{LOOPBACK}:{port}" for name, port in self.ports.items()},
        }
        for name in told:
            for inside, here in places.items():
                told[name] = told[name].replace(inside, here)
        told["DUBAN_HTTP_HOST"] = LOOPBACK
        told["DUBAN_HTTP_PORT"] = str(self.ports[part.removesuffix("-migrate")])
        told["DUBAN_KAFKA_KIND"] = broker.kind
        return inherited_environment("PATH") | {"PYTHONPATH": str(PROJECT)} | told

    def process(self, part: str, broker: EmbeddedBroker | ApacheKafka) -> ChildProcess:
        return ChildProcess(
            part,
            here(self.compose.services[part]["command"]),
            self.directory / f"{part}.log",
            environment=self.environment(part, broker),
            directory=self.directory,
        )

    def is_healthy(self, service: str) -> bool:
        """Run the health check of the file."""
        kind, *command = self.compose.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        asked = [part.replace(":8080", f":{self.ports[service]}") for part in here(command)]
        return subprocess.run(asked, capture_output=True).returncode == 0

    def sealed_size(self, service: str) -> int:
        """Ask the service to record and seal its state; return the checkpoint's size."""
        answer = httpx.post(
            f"http://{LOOPBACK}:{self.ports[service]}/v1/log/record-state",
            headers={
                "Authorization": f"Bearer {self.given[f'{service.upper()}_TOKEN']}",
                "Idempotency-Key": "seal-once",
            },
            timeout=60,
        )
        size: int = answer.raise_for_status().json()["size"]
        return size


def here(command: list[str]) -> list[str]:
    return [sys.executable, *command[1:]] if command[0] == "python" else command


@pytest.fixture(scope="module")
def collector() -> Iterator[SpanCollector]:
    collector = SpanCollector()
    collector.start()
    yield collector
    collector.stop()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, collector: SpanCollector) -> Iterator[Host]:
    directory = tmp_path_factory.mktemp("compose")
    postgres = EmbeddedPostgres(directory / "postgres")
    postgres.start()
    host = Host(directory, postgres, collector.endpoint)
    create_databases(host)
    yield host
    postgres.stop()


def create_databases(host: Host) -> None:
    """Run the script of the first start as the PostgreSQL container would."""
    told = {
        **os.environ,
        "PATH": f"{binary('psql').parent}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": LOOPBACK,
        "PGPORT": str(host.postgres.port),
        "PGPASSWORD": host.postgres.password,
        **host.compose.environment("postgres", host.given),
    }
    subprocess.run([str(SCRIPT)], env=told, check=True, capture_output=True)


def test_a_service_may_enter_its_own_database_only(host: Host) -> None:
    password = host.given["DUBAN_DATABASE_PASSWORD"]
    server = f"postgresql://feedback:{password}@{LOOPBACK}:{host.postgres.port}"
    with psycopg.connect(f"{server}/feedback") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("feedback",)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(f"{server}/supervision")


@pytest.mark.kafka
def test_every_service_starts_becomes_healthy_and_seals_its_log(
    host: Host, broker: EmbeddedBroker | ApacheKafka
) -> None:
    running: list[ChildProcess] = []
    create_topics(broker, SERVICES)
    try:
        for name in SERVICES:
            migration = host.process(f"{name}-migrate", broker)
            migration.start()
            migration.wait_until_done(60)
        for name in SERVICES:
            running.append(host.process(name, broker))
            running[-1].start()
        for process in running:
            process.wait_until(partial(host.is_healthy, process.name), 60)
        assert all(host.sealed_size(name) > 0 for name in SERVICES)
    finally:
        for process in running:
            process.ask_to_end(signal.SIGTERM)
        for process in running:
            process.stop(signal.SIGTERM, 20)
    assert [process.exit_code for process in running] == [0] * len(SERVICES)
