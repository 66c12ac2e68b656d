"""The real servers that tests run on, started once and shared; a fresh database for each test."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import hypothesis
import pytest

from shared.embedded.apache_kafka import ApacheKafka, what_is_missing
from shared.embedded.broker import EmbeddedBroker
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.system_map import BrokerKind
from tests.support.no_network import refuse_the_network

DATABASE_NUMBERS = count(1)
WELL = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
OWN_FILES = pytest.StashKey[Path]()

# No test judges by the clock on the wall: not hypothesis either.
hypothesis.settings.register_profile(
    "duban", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "duban-long", hypothesis.settings.get_profile("duban"), max_examples=2_000
)
hypothesis.settings.load_profile("duban")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests on this machine, and their files in a directory of this run alone.

    Pytest's own directory serves all runs of a user, and each new run closes it to others: to
    PostgreSQL's user, too, when we are root.
    """
    sys.addaudithook(refuse_the_network)
    if config.option.basetemp is None:
        config.option.basetemp = mkdtemp(prefix="duban-tests-")
        config.stash[OWN_FILES] = Path(config.option.basetemp)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Leave no files behind, except after a failure: there are the logs of the processes."""
    if (files := session.config.stash.get(OWN_FILES, None)) and exitstatus in WELL:
        shutil.rmtree(files)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    if exitstatus not in WELL:
        terminalreporter.write_line(f"the files of this run are kept in {config.option.basetemp}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--broker",
        choices=("embedded", "apache"),
        default=os.environ.get("DUBAN_TEST_BROKER", "embedded"),
        help="the broker that tests run on (environment: DUBAN_TEST_BROKER)",
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One PostgreSQL 18 for the whole run.

    Its data lie outside pytest's own directory: another run by root would close that to the
    server's user.
    """
    directory = Path(tempfile.mkdtemp(prefix="duban-tests-"))
    server = EmbeddedPostgres(directory)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a fresh, empty database, dropped after the test."""
    name = f"test_{next(DATABASE_NUMBERS)}"
    postgres.create_database(name)
    yield postgres.uri(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def broker_kind(request: pytest.FixtureRequest) -> BrokerKind:
    """Which broker `--broker` chose; skips, saying why, when it cannot run here."""
    kind: BrokerKind = request.config.getoption("--broker")
    if kind == "apache" and (reason := what_is_missing()):
        pytest.skip(reason)
    return kind


@pytest.fixture(scope="session")
def broker(
    broker_kind: BrokerKind, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedBroker | ApacheKafka]:
    """One broker for the whole run, with `.bootstrap` and `.kind`; `--broker` says which."""
    server = _broker(broker_kind, tmp_path_factory.mktemp("broker"))
    server.start()
    yield server
    server.stop()


def _broker(kind: BrokerKind, directory: Path) -> EmbeddedBroker | ApacheKafka:
    if kind == "embedded":
        return EmbeddedBroker(directory / "broker.log")
    return ApacheKafka(directory)
