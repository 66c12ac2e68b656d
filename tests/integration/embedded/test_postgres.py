"""The embedded PostgreSQL: durable, on the address it was told, and clear when it cannot start."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shared.embedded.ports import LOOPBACK
from shared.embedded.postgres import EmbeddedPostgres
from shared.kernel.errors import UnavailableError
from tests.support.eventually import eventually
from tests.support.processes import has_ended

LAUNCHER = """
import os, signal, sys
from pathlib import Path
from shared.embedded.postgres import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
server.create_database("kept")
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("own"))
    server.start()
    yield server
    server.stop()


def write(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        connection.execute("INSERT INTO notes VALUES (%s)", (text,))


def read(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM notes")]


class TestEmbeddedPostgres:
    def test_is_version_18_and_durable(self, database_url: str) -> None:
        with psycopg.connect(database_url) as connection:
            version = connection.execute("SHOW server_version").fetchone()
            fsync = connection.execute("SHOW fsync").fetchone()
        assert version is not None and version[0].startswith("18.")
        assert fsync == ("on",)

    def test_application_is_no_super_user(self, database_url: str) -> None:
        with psycopg.connect(database_url) as connection:
            found = connection.execute(
                "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert found == ("duban", False)

    def test_refuses_a_wrong_password(self, postgres: EmbeddedPostgres) -> None:
        url = postgres.uri("postgres").replace(postgres.password, "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url)

    def test_creating_a_database_twice_changes_nothing(self, server: EmbeddedPostgres) -> None:
        server.create_database("twice")
        write(server.uri("twice"), "kept")
        server.create_database("twice")
        assert read(server.uri("twice")) == ["kept"]

    def test_keeps_data_and_address_over_stop_and_start(self, server: EmbeddedPostgres) -> None:
        server.create_database("restart")
        address = server.uri("restart")
        write(address, "before")
        server.stop()
        server.start()
        assert read(address) == ["before"]

    def test_recovers_what_was_committed_when_it_is_killed(self, server: EmbeddedPostgres) -> None:
        server.create_database("killed")
        write(server.uri("killed"), "committed")
        os.kill(server.pid, signal.SIGKILL)
        eventually(lambda: not server.is_running)
        server.start()
        assert read(server.uri("killed")) == ["committed"]

    def test_takes_over_from_a_launcher_that_was_killed(self, tmp_path: Path) -> None:
        killed = subprocess.run(
            [sys.executable, "-c", LAUNCHER, tmp_path], capture_output=True, text=True
        )
        left_behind = int(killed.stdout)
        second = EmbeddedPostgres(tmp_path)
        second.start()
        try:
            assert second.pid != left_behind
            assert has_ended(left_behind)
            write(second.uri("kept"), "reached")
        finally:
            second.stop()

    def test_refuses_a_directory_in_use(self, server: EmbeddedPostgres) -> None:
        with pytest.raises(UnavailableError, match="in use by another process"):
            EmbeddedPostgres(server.data_dir).start()
        assert server.is_running

    def test_refuses_a_taken_port(self, tmp_path: Path) -> None:
        with socket.create_server((LOOPBACK, 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(UnavailableError, match=f"port {port} on 127.0.0.1 is taken"):
                EmbeddedPostgres(tmp_path, port).start()

    def test_refuses_the_data_of_another_version(self, tmp_path: Path) -> None:
        (tmp_path / "cluster").mkdir()
        (tmp_path / "cluster" / "PG_VERSION").write_text("15\n")
        with pytest.raises(UnavailableError, match="belongs to PostgreSQL 15"):
            EmbeddedPostgres(tmp_path).start()
