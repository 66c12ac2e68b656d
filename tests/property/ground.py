"""Databases and key directories for one history after the other, and what befalls them."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from shared.embedded.postgres import EmbeddedPostgres, binary
from shared.embedded.processes import inherited_environment
from tests.property.city import City
from tests.property.offices import ALL, TickingClock
from tests.support.eventually import eventually
from tests.support.in_memory import NOON

TEMPLATE = "migrated"
Dumps = Mapping[str, Path]


@dataclass
class Ground:
    """One server, one directory; each history gets its own databases and keys there."""

    server: EmbeddedPostgres
    directory: Path
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def city(self) -> City:
        """Return a city with nothing recorded yet."""
        number = next(self._numbers)
        keys = self.directory / f"keys-{number}"
        keys.mkdir()
        return City(self._databases(TEMPLATE), keys, TickingClock(NOON))

    def raze(self, city: City) -> None:
        """Stop its services and drop its databases."""
        city.close()
        self.drop(city.urls)

    def drop(self, urls: Mapping[str, str]) -> None:
        """Drop these databases."""
        for url in urls.values():
            self.server.drop_database(url.rsplit("/", 1)[1])

    def _databases(self, template: str) -> dict[str, str]:
        number = next(self._numbers)
        names = {service: f"h{number}_{service}" for service in ALL}
        with psycopg.connect(self.server.administrator_uri(), autocommit=True) as connection:
            for name in names.values():
                statement = "CREATE DATABASE {} TEMPLATE {} OWNER {}"
                parts = (Identifier(one) for one in (name, template, self.server.user))
                connection.execute(SQL(statement).format(*parts))
        return {service: self.server.uri(name) for service, name in names.items()}

    # What befalls it

    def dump(self, city: City) -> Dumps:
        """Back all databases up, with PostgreSQL's own means."""
        number = next(self._numbers)
        dumps = {service: self.directory / f"{number}-{service}.dump" for service in ALL}
        _all_done(
            [str(binary("pg_dump")), "--format=custom", f"--file={path}", city.urls[service]]
            for service, path in dumps.items()
        )
        return dumps

    def restored(self, dumps: Dumps) -> dict[str, str]:
        """Return the addresses of fresh databases that hold what the backups hold."""
        urls = self._databases("template0")
        restore = [str(binary("pg_restore")), "--exit-on-error", "--no-owner"]
        _all_done(
            [*restore, f"--dbname={urls[service]}", str(path)] for service, path in dumps.items()
        )
        return urls

    def kill_the_server(self) -> None:
        """Kill PostgreSQL, whatever it is doing."""
        os.kill(self.server.pid, signal.SIGKILL)
        eventually(lambda: not self.server.is_running)


def _all_done(commands: Iterable[list[str]]) -> None:
    running = [
        subprocess.Popen(one, stderr=subprocess.PIPE, env=inherited_environment("PATH"))
        for one in commands
    ]
    for one in running:
        _, told = one.communicate(timeout=120)
        assert one.returncode == 0, told.decode()
