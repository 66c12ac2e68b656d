"""The ground that benchmarks stand on: a real PostgreSQL and, when asked, a real broker."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from shared.embedded.apache_kafka import ApacheKafka
from shared.embedded.broker import EmbeddedBroker
from shared.embedded.postgres import EmbeddedPostgres

BrokerKind = Literal["embedded", "apache"]


@dataclass
class Ground:
    """What one benchmark may use; all of it ends with the run."""

    folder: Path
    brokers: tuple[BrokerKind, ...]
    size: float
    turns: int
    _postgres: EmbeddedPostgres | None = None

    def __post_init__(self) -> None:
        self._ends = ExitStack()
        self._numbers = count(1)
        self._bootstraps: dict[BrokerKind, str] = {}

    def amount(self, full: int, least: int = 1) -> int:
        """Returns the share of `full` that this run's `--size` asks for."""
        return max(least, round(full * self.size))

    def database(self) -> str:
        """Returns the address of a new, empty database."""
        name = f"bench_{next(self._numbers)}"
        self.postgres.create_database(name)
        return self.postgres.uri(name)

    @property
    def postgres(self) -> EmbeddedPostgres:
        """The server of this run, started at first use with the settings of the local stack."""
        if self._postgres is None:
            self._postgres = EmbeddedPostgres(self.folder / "postgres")
            self._postgres.start()
            self._ends.callback(self._postgres.stop)
        return self._postgres

    def bootstrap(self, kind: BrokerKind) -> str:
        """Returns the address of a broker of that kind, started at first use."""
        if kind not in self._bootstraps:
            broker = self._broker(kind)
            broker.start()
            self._ends.callback(broker.stop)
            self._bootstraps[kind] = broker.bootstrap
        return self._bootstraps[kind]

    def _broker(self, kind: BrokerKind) -> EmbeddedBroker | ApacheKafka:
        if kind == "embedded":
            return EmbeddedBroker(self.folder / "broker.log")
        return ApacheKafka(self.folder / "apache-kafka")

    def close(self) -> None:
        """Stops what was started, newest first."""
        self._ends.close()


@contextmanager
def ground(brokers: tuple[BrokerKind, ...], size: float, turns: int) -> Iterator[Ground]:
    """Gives a ground in a folder of its own, and clears it away."""
    with tempfile.TemporaryDirectory(prefix="duban-bench-") as folder:
        made = Ground(Path(folder), brokers, size, turns)
        try:
            yield made
        finally:
            made.close()
