"""The whole system on one machine: real servers, and each service as a process of its own.

    PostgreSQL ── one database per service ──┐
    broker ── one topic per service ─────────┼── directory, feedback, rectification, …
    local issuer ── keys, service tokens ────┘

Whatever dies is started again. A restarted embedded broker is empty and its live clients would
wait for ever, so every service is restarted with it.
"""

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from shared.embedded import log_keys
from shared.embedded.apache_kafka import ApacheKafka
from shared.embedded.broker import EmbeddedBroker
from shared.embedded.directories import DirectoryLock
from shared.embedded.migrated import MigrationStamp
from shared.embedded.ports import LOOPBACK, require_free_port
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.processes import ChildProcess, end_recorded_process
from shared.embedded.restarts import RestartBudget
from shared.embedded.system_map import (
    MAP_FILE,
    PROJECT,
    SERVICES,
    TENANT,
    BrokerKind,
    SystemMap,
    ports,
    service_command,
    vault_key,
)
from shared.http.identity import LocalIssuer
from shared.kernel.actor import Role, system_actor
from shared.messaging.brokers import Broker
from shared.messaging.topics import ensure_topics, topic_of

MIGRATED_WITHIN = 120.0  # seconds
READY_WITHIN = 90.0
ENDED_WITHIN = 20.0
CUT_OFF_WITHIN = 5.0  # a service that cannot reach its broker has nothing to finish
LOOK_EVERY = 0.2
TOKEN_LIFETIME = timedelta(days=365)

Report = Callable[[str], None]
Command = Callable[[str, str], list[str]]


class Stack:
    """The local system whose data lives in `data_dir`; a second start continues where it was.

    `trace_share` is the share of commands whose spans are exported, 0 to 1; every record carries a
    trace id all the same. `report` hears one sentence for every step and every restart;
    `restarts` counts these by name.
    """

    def __init__(
        self,
        data_dir: Path,
        port_base: int | None = None,
        services: Sequence[str] = SERVICES,
        *,
        otlp_endpoint: str = "",
        trace_share: float = 1.0,
        broker_kind: BrokerKind = "embedded",
        tenant: str = TENANT,
        command: Command = service_command,
        report: Report = lambda sentence: None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.restarts: Counter[str] = Counter()
        self._lock = DirectoryLock(self.data_dir)
        self._names = tuple(services)
        self._otlp_endpoint = otlp_endpoint
        self._trace_share = trace_share
        self._tenant = tenant
        self._command = command
        self._report = report
        self._budget = RestartBudget()
        self._services: dict[str, ChildProcess] = {}
        self._ports = ports(self._names, port_base)
        self.postgres = EmbeddedPostgres(
            self.data_dir / "postgres", self._ports.postgres, self._log("postgres")
        )
        self.broker = self._broker(broker_kind)

    @property
    def issuer(self) -> LocalIssuer:
        """The issuer of this system's tokens; its key lives with the data."""
        return LocalIssuer(self.data_dir / "keys")

    @property
    def map(self) -> SystemMap:
        """Where everything is; complete once the servers run."""
        issuer = self.issuer
        return SystemMap(
            tenant=self._tenant,
            services={name: self.url(name) for name in self._names},
            databases={name: self.postgres.uri(name) for name in self._names},
            kafka_bootstrap=self.broker.bootstrap,
            kafka_kind=self.broker.kind,
            keys=str(self.data_dir / "keys"),
            issuer=issuer.issuer,
            audience=issuer.audience,
            otlp_endpoint=self._otlp_endpoint,
        )

    def url(self, service: str) -> str:
        """Return the base URL of a service."""
        return f"http://{LOOPBACK}:{self._ports.services[service]}"

    def pid(self, service: str) -> int:
        """Return the process id of a service."""
        return self._services[service].pid

    def environment(self, service: str) -> dict[str, str]:
        """Return everything that a service's process is told."""
        actor = system_actor(service, "service")
        token = self.issuer.issue(actor.person_ref, actor.org, Role.SYSTEM, lifetime=TOKEN_LIFETIME)
        sampling = {
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": str(self._trace_share),
        }
        return self.map.environment(service, token, vault_key(self.data_dir / "keys")) | sampling

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until every service is ready, else `UnavailableError`."""
        self._lock.acquire()
        try:
            self._prepare()
            self._start_servers()
            self.map.write(self.data_dir)
            self._migrate()
            self._start_services()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the services, then the servers they stand on."""
        self._stop_services()
        self.broker.stop()
        self.postgres.stop()
        (self.data_dir / MAP_FILE).unlink(missing_ok=True)
        self._lock.release()

    def supervise(self, stop: threading.Event) -> None:
        """Start again whatever dies, until `stop` is set; `UnavailableError` when in vain."""
        while not stop.wait(LOOK_EVERY):
            self.heal(stop)

    def heal(self, stop: threading.Event) -> None:
        """Look once at every part, and start again what has died."""
        if not self.postgres.is_running:
            self._pause("PostgreSQL", stop)
            self.postgres.start()
        if not self.broker.is_running:
            self._restart_broker(stop)
        for name, process in self._services.items():
            if not process.is_running:
                self._pause(f"{name} (exit code {process.exit_code})", stop, name)
                process.start()

    def wait_until_ready(self) -> None:
        """Wait until every service says that it is ready, else `UnavailableError`."""
        for name, process in self._services.items():
            process.wait_until(partial(_answers, f"{self.url(name)}/health/ready"), READY_WITHIN)
            self._report(f"{name} is ready at {self.url(name)}")

    def _prepare(self) -> None:
        """Make the directories, and end what a killed launcher left behind: its ports are ours."""
        for name in ("logs", "run"):
            (self.data_dir / name).mkdir(exist_ok=True)
        for pid_file in (self.data_dir / "run").glob("*.pid"):
            end_recorded_process(pid_file)
        for name, port in self._ports.services.items():
            require_free_port(port, name)
        log_keys.prepare(self.data_dir / "keys", self._tenant, self._names)

    def _start_servers(self) -> None:
        self._report("starting PostgreSQL")
        self.postgres.start()
        for name in self._names:
            self.postgres.create_database(name)
        self._start_broker()

    def _start_broker(self) -> None:
        self._report(f"starting the broker ({self.broker.kind})")
        self.broker.start()
        create_topics(self.broker, {*SERVICES, *self._names})

    def _migrate(self) -> None:
        """Bring every database up to date, all at the same time, unless this code just did so."""
        stamp = MigrationStamp(self.postgres.data_dir / "migrated", self._names)
        if stamp.holds():
            return
        self._report("bringing the databases up to date")
        migrations = [self._process(name, "migrate") for name in self._names]
        try:
            for migration in migrations:
                migration.start()
            for migration in migrations:
                migration.wait_until_done(MIGRATED_WITHIN)
        finally:
            for migration in migrations:
                migration.stop(signal.SIGTERM, ENDED_WITHIN)
        stamp.set()

    def _start_services(self) -> None:
        for name in self._names:
            self._services[name] = self._process(name, "all")
            self._services[name].start()

    def _stop_services(self, within: float = ENDED_WITHIN) -> None:
        for process in self._services.values():
            process.ask_to_end(signal.SIGTERM)
        for process in self._services.values():
            process.stop(signal.SIGTERM, within)

    def _restart_broker(self, stop: threading.Event) -> None:
        self._pause("broker", stop)
        if self.broker.kind == "apache":
            self._start_broker()
            return
        # First the clients end: what they still ask for would become topics of a wrong size.
        self._stop_services(CUT_OFF_WITHIN)
        self._start_broker()
        for process in self._services.values():
            process.start()

    def _pause(self, what: str, stop: threading.Event, name: str = "") -> None:
        pause = self._budget.spend(name or what)
        self.restarts[name or what] += 1
        self._report(f"{what} has died; starting it again")
        stop.wait(pause)

    def _process(self, service: str, role: str) -> ChildProcess:
        label = service if role == "all" else f"{service}-{role}"
        return ChildProcess(
            label,
            self._command(service, role),
            self._log(label),
            environment=self.environment(service),
            directory=PROJECT,
            pid_file=self.data_dir / "run" / f"{label}.pid",
        )

    def _broker(self, kind: BrokerKind) -> EmbeddedBroker | ApacheKafka:
        pid_file = self.data_dir / "run" / "broker.pid"
        if kind == "apache":
            return ApacheKafka(self.data_dir / "kafka", self._ports.broker, pid_file)
        return EmbeddedBroker(self._log("broker"), self._ports.broker, pid_file)

    def _log(self, name: str) -> Path:
        return self.data_dir / "logs" / f"{name}.log"


def create_topics(broker: EmbeddedBroker | ApacheKafka, services: Iterable[str]) -> None:
    """Create the topic of every service at once, before any client asks for one.

    The embedded broker makes a topic of another size out of every unknown name it is asked for.
    """
    topics = [topic_of(name) for name in services]
    asyncio.run(ensure_topics(Broker(broker.bootstrap, broker.kind), topics))


def _answers(address: str) -> bool:
    try:
        # No proxy of the environment stands between us and the loopback address.
        return httpx.get(address, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False
