"""One node of Apache Kafka on this machine, from the jars that Maven fetches (KRaft).

It needs Java 17 or later and Maven; `what_is_missing` says so in words that a skipped test shows.
"""

import base64
import fcntl
import hashlib
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Literal
from uuid import uuid4

from shared.embedded.ports import LOOPBACK, free_port, is_listening, require_free_port
from shared.embedded.processes import ChildProcess
from shared.kernel.errors import UnavailableError

POM = Path(__file__).parent / "apache-kafka" / "pom.xml"
CACHE = Path(__file__).parents[2] / ".cache" / "apache-kafka"
FETCHED_WITHIN = 600.0  # seconds; some 40 jars, once
READY_WITHIN = 60.0
OLDEST_JAVA = 17
HEAP = "-Xmx512m"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{advertised_port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={log_dir}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


def what_is_missing() -> str | None:
    """Return why Apache Kafka cannot be started here, or None when it can."""
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    if missing:
        return f"Apache Kafka needs Java 17 and Maven; not found: {', '.join(missing)}"
    version = _java_version()
    if version < OLDEST_JAVA:
        return f"Apache Kafka needs Java {OLDEST_JAVA} or later; found: {version}"
    return None


class ApacheKafka:
    """One KRaft node whose files live in `data_dir`; data survives `stop` and `start`.

    With an `advertised_port` clients are told that port: a line that leads to the node's own.
    """

    kind: Literal["apache"] = "apache"

    def __init__(
        self, data_dir: Path, port: int | None = None, pid_file: Path | None = None
    ) -> None:
        self.advertised_port: int | None = None
        self._data_dir = data_dir.resolve()
        self._port = port
        self._pid_file = pid_file
        self._server: ChildProcess | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, `127.0.0.1:PORT`; `UnavailableError` before the first start."""
        if self._port is None:
            raise UnavailableError("Apache Kafka has not been started")
        return f"{LOOPBACK}:{self.advertised_port or self._port}"

    @property
    def pid(self) -> int:
        if self._server is None:
            raise UnavailableError("Apache Kafka has not been started")
        return self._server.pid

    @property
    def is_running(self) -> bool:
        return self._server is not None and self._server.is_running

    def start(self) -> None:
        """Start the node and wait until it accepts clients, else `UnavailableError`."""
        if self.is_running:
            return
        if reason := what_is_missing():
            raise UnavailableError(reason)
        jars = fetch_jars()
        self._port = self._port or free_port()
        self._prepare(jars, self._port)
        self._server = ChildProcess(
            "Apache Kafka",
            [*_java(jars), "kafka.Kafka", self._properties],
            self._data_dir / "kafka.log",
            pid_file=self._pid_file,
        )
        self._server.end_leftover()
        require_free_port(self._port, "Apache Kafka")
        self._server.start()
        try:
            self._server.wait_until(self._listens, READY_WITHIN)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop(signal.SIGTERM, within=30)

    @property
    def _properties(self) -> Path:
        return self._data_dir / "server.properties"

    def _listens(self) -> bool:
        return self._port is not None and is_listening(self._port)

    def _prepare(self, jars: Path, port: int) -> None:
        """Write the properties, and format the storage directory once.

        The controller keeps its port for ever: it stands in the storage itself.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        earlier = self._properties.read_text(encoding="utf-8") if self._properties.exists() else ""
        found = re.search(r"(?m)^controller\.quorum\..*:(\d+)$", earlier)
        text = PROPERTIES.format(
            host=LOOPBACK,
            port=port,
            advertised_port=self.advertised_port or port,
            controller_port=int(found[1]) if found else free_port(),
            log_dir=self._data_dir / "log",
        )
        new = self._data_dir / "new.properties"
        new.write_text(text, encoding="utf-8")
        if not earlier:
            tool = [*_java(jars), "kafka.tools.StorageTool", "format", "--standalone"]
            _run([*tool, "--cluster-id", _cluster_id(), "--config", str(new)], within=60)
        new.rename(self._properties)


def fetch_jars() -> Path:
    """Return the directory of Kafka's jars; Maven fetches them once for each edition of the pom.

    Raises `UnavailableError` with Maven's own words when it cannot.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    jars = CACHE / hashlib.sha256(POM.read_bytes()).hexdigest()[:16]
    with (CACHE / "lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs may want them at once
        if not jars.exists():
            new = jars.with_suffix(".new")
            maven = ["mvn", "--batch-mode", "--quiet", "--file", str(POM)]
            goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
            _run([*maven, *goal, f"-DoutputDirectory={new}"], within=FETCHED_WITHIN)
            new.rename(jars)
    return jars


def _java(jars: Path) -> list[str]:
    log_level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return ["java", HEAP, "-XX:+UseSerialGC", log_level, "-cp", f"{jars}/*"]


def _java_version() -> int:
    """Return Java's major version; 0 when it does not say one."""
    said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def _cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid4().bytes).decode("ascii").rstrip("=")


def _run(command: list[str], within: float) -> None:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=within)
    except subprocess.TimeoutExpired as late:
        raise UnavailableError(f"{command[0]} did not end within {within:g} s") from late
    if ended.returncode != 0:
        raise UnavailableError(f"{command[0]} failed: {(ended.stdout + ended.stderr)[-2000:]}")
