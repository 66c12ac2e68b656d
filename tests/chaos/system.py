"""The system under fire: each service behind lines that can be cut, its clock a file's word."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from aiokafka.errors import KafkaError

from shared.embedded.apache_kafka import ApacheKafka
from shared.embedded.broker import EmbeddedBroker
from shared.embedded.ports import LOOPBACK, free_port
from shared.embedded.processes import ChildProcess
from shared.embedded.restarts import RestartBudget
from shared.embedded.stack import ENDED_WITHIN, Stack
from shared.embedded.system_map import PROJECT, SERVICES, BrokerKind
from shared.kernel.errors import UnavailableError
from tests.chaos.proxy import Proxies

SPLIT = ("rectification", "supervision")
"""These run their roles `api` and `worker` as two processes, the others as one."""

WORKER = "-worker"
BROKER = "broker"
DISK_MIB = 640
ANSWERS_WITHIN = 180.0


class WoundedStack(Stack):
    """A local system that is healed without end, as a supervisor of processes does it.

    Between each service and its database, and between all services and the broker, lies a line
    of `proxies`. With `small_disk` (root only) PostgreSQL's files lie on a small tmpfs.
    """

    def __init__(
        self, data_dir: Path, seed: int, broker_kind: BrokerKind, *, small_disk: bool
    ) -> None:
        self.proxies = Proxies(seed)
        self.disk = data_dir / "postgres" if small_disk else None
        self.healing = threading.RLock()
        self.extra: dict[str, ChildProcess] = {}
        self.complaints: list[str] = []
        self._clocks = data_dir / "clocks"
        self._worker_ports = {name: free_port() for name in SERVICES}
        self._stop = threading.Event()
        super().__init__(
            data_dir, broker_kind=broker_kind, command=self._command_of, trace_share=0.0
        )
        self._budget = RestartBudget(most=sys.maxsize)
        self._watch = threading.Thread(target=self._heal_for_ever, name="healing", daemon=True)

    @property
    def victims(self) -> tuple[str, ...]:
        """The names of all processes of services."""
        return tuple(self._services)

    def start(self) -> None:
        """Mount the small disk, open the lines, start everything, and watch over it."""
        if self.disk is not None:
            self.disk.mkdir(parents=True)
            options = f"size={DISK_MIB}m,mode=755"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "duban", self.disk], check=True)
        self._clocks.mkdir(parents=True, exist_ok=True)
        self.proxies.start()
        for name in SERVICES:
            self.proxies.add(name, self._ports.postgres)
        self.proxies.add(BROKER, self._ports.broker, self.broker.advertised_port)
        super().start()
        self._watch.start()

    def stop(self) -> None:
        """Stop the watch, the processes, the lines; unmount the disk."""
        self._stop.set()
        if self._watch.is_alive():
            self._watch.join()
        super().stop()
        self.proxies.stop()
        if self.disk is not None and self.disk.is_mount():
            subprocess.run(["umount", "--lazy", self.disk], check=True)

    def stop_services(self) -> None:
        """Stop the watch and the services; the databases stay, for whoever wants to read."""
        self._stop.set()
        self._watch.join()
        self._stop_services()

    def url(self, service: str) -> str:
        """Return the base URL of a process's HTTP server."""
        if service.endswith(WORKER):
            return f"http://{LOOPBACK}:{self._worker_ports[service.removesuffix(WORKER)]}"
        return super().url(service)

    def environment(self, service: str) -> dict[str, str]:
        """Return what a service is told: its database is behind its line."""
        told = super().environment(service)
        port, line = urlsplit(told["DUBAN_DATABASE_URL"]).port, self.proxies.lines[service].port
        url = told["DUBAN_DATABASE_URL"].replace(f":{port}/", f":{line}/")
        return told | {"DUBAN_DATABASE_URL": url}

    def process(self, victim: str) -> ChildProcess:
        """Return a process by its name."""
        return self._services[victim]

    def set_clock(self, service: str, seconds: float) -> None:
        """Set the clock of all processes of a service off by so many seconds."""
        (self._clocks / service).write_text(str(seconds), encoding="ascii")

    def add_worker(self, service: str) -> ChildProcess:
        """Start one more worker of a service: one more relay, consumer, projector, sealer."""
        process = self._process(service, "worker", free_port(), f"{service}-extra")
        process.start()
        self.extra[service] = process
        return process

    def end_extra(self) -> None:
        """Kill the additional workers."""
        for process in self.extra.values():
            process.stop(signal.SIGKILL, within=5)
        self.extra.clear()

    def empty_broker(self) -> None:
        """Let the broker come back without anything that was in it."""
        with self.healing:
            self.broker.stop()
            if isinstance(self.broker, ApacheKafka):
                shutil.rmtree(self.data_dir / "kafka")
                self._start_broker()

    def await_answers(self, within: float = ANSWERS_WITHIN) -> list[str]:
        """Wait until every process says it is ready; return those that never did."""
        deadline, silent = time.monotonic() + within, list(self._services)
        while silent and time.monotonic() < deadline:
            silent = [name for name in silent if not self._is_ready(name)]
            time.sleep(0.5 if silent else 0)  # between questions to other processes
        return silent

    def _is_ready(self, name: str) -> bool:
        try:
            # No proxy of the environment stands between us and the loopback address.
            ready = httpx.get(f"{self.url(name)}/health/ready", timeout=2, trust_env=False)
        except httpx.TransportError:
            return False
        return ready.is_success and self._services[name].is_running

    def _heal_for_ever(self) -> None:
        while not self._stop.wait(0.2):
            try:
                with self.healing:
                    self.heal(self._stop)
            except (UnavailableError, KafkaError, OSError) as error:  # a disk still full, say
                self.complaints.append(f"{type(error).__name__}: {error}".splitlines()[0])

    def _stop_services(self, within: float = ENDED_WITHIN) -> None:
        self.end_extra()
        super()._stop_services(within)

    def _start_services(self) -> None:
        for name in self._names:
            if name in SPLIT:
                self._services[name] = self._process(name, "api")
                port = self._worker_ports[name]
                self._services[name + WORKER] = self._process(name, "worker", port)
            else:
                self._services[name] = self._process(name, "all")
        for process in self._services.values():
            process.start()

    def _process(
        self, service: str, role: str, port: int | None = None, label: str = ""
    ) -> ChildProcess:
        label = label or (f"{service}-{role}" if role not in ("all", "api") else service)
        told = self.environment(service)
        if port is not None:
            told |= {"DUBAN_HTTP_PORT": str(port)}
        return ChildProcess(
            label,
            self._command(service, role),
            self._log(label),
            environment=told,
            directory=PROJECT,
            pid_file=self.data_dir / "run" / f"{label}.pid",
        )

    def _command_of(self, service: str, role: str) -> list[str]:
        module = [sys.executable, "-m", "tests.chaos.process"]
        return [*module, str(self._clocks / service), service, role]

    def _broker(self, kind: BrokerKind) -> EmbeddedBroker | ApacheKafka:
        broker = super()._broker(kind)
        broker.advertised_port = free_port()
        return broker
