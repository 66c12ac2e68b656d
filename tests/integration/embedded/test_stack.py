"""The local stack: starts everything, starts again what dies, leaves nothing behind."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from shared.embedded.broker import EmbeddedBroker
from shared.embedded.ports import LOOPBACK, is_listening
from shared.embedded.restarts import RestartBudget
from shared.embedded.stack import Stack
from shared.embedded.system_map import SERVICES, BrokerKind, SystemMap, ports
from shared.http.identity import TokenVerifier
from shared.kernel.actor import Role
from shared.kernel.errors import UnavailableError
from shared.messaging.topics import PARTITIONS, topic_of
from tests.support import quiet_service
from tests.support.eventually import eventually
from tests.support.processes import has_ended

NAMES = ("directory", "feedback")

LAUNCHER = """
import os, signal, sys
from pathlib import Path
from tests.integration.embedded.test_stack import NAMES, stack_in

stack = stack_in(Path(sys.argv[1]))
stack.start()
print(stack.postgres.pid, stack.broker.pid, *map(stack.pid, NAMES), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def quiet(service: str, role: str) -> list[str]:
    return [sys.executable, str(quiet_service.__file__), service, role]


def stack_in(directory: Path) -> Stack:
    return Stack(directory, services=NAMES, command=quiet)


async def partitions(bootstrap: str) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    described = await admin.describe_topics()
    await admin.close()
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


def asked(stack: Stack, service: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(stack.url(service), trust_env=False).json()
    return answer


@pytest.fixture
def supervised(stack: Stack) -> Iterator[Stack]:
    stop = threading.Event()
    supervisor = threading.Thread(target=stack.supervise, args=(stop,))
    supervisor.start()
    yield stack
    stop.set()
    supervisor.join()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_in(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


class TestStack:
    def test_tells_each_service_where_everything_is(self, stack: Stack) -> None:
        told = asked(stack, "feedback")["environment"]
        assert told["DUBAN_KAFKA_BOOTSTRAP"] == stack.broker.bootstrap
        assert told["DUBAN_KAFKA_KIND"] == "embedded"
        assert json.loads(told["DUBAN_SOURCES"]) == {name: stack.url(name) for name in NAMES}
        with psycopg.connect(told["DUBAN_DATABASE_URL"]) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("feedback",)

    def test_gives_each_service_a_token_of_its_own(self, stack: Stack) -> None:
        told = asked(stack, "feedback")["environment"]
        verifier = TokenVerifier(
            told["DUBAN_JWKS"], issuer=told["DUBAN_ISSUER"], audience=told["DUBAN_AUDIENCE"]
        )
        principal = verifier.verify(told["DUBAN_SERVICE_TOKEN"])
        assert principal.person_ref == "system:feedback"
        assert principal.roles == {Role.SYSTEM}

    def test_migrates_before_it_serves(self, stack: Stack) -> None:
        log = stack.data_dir / "logs" / "feedback-migrate.log"
        assert log.read_text() == "feedback migrate\n"

    def test_keeps_its_map_for_other_commands_and_for_its_owner_only(self, stack: Stack) -> None:
        assert SystemMap.read(stack.data_dir) == stack.map
        assert stat.S_IMODE((stack.data_dir / "system.json").stat().st_mode) == 0o600

    def test_refuses_a_second_stack_on_the_same_data(self, stack: Stack) -> None:
        with pytest.raises(UnavailableError, match="in use by another process"):
            stack_in(stack.data_dir).start()
        assert asked(stack, "feedback")["pid"] == stack.pid("feedback")
        assert SystemMap.read(stack.data_dir) == stack.map

    def test_starts_a_killed_service_again(self, supervised: Stack) -> None:
        first = supervised.pid("feedback")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: supervised.pid("feedback") != first)
        supervised.wait_until_ready()
        assert asked(supervised, "feedback")["pid"] != first
        assert supervised.restarts["feedback"] == 1

    def test_starts_killed_postgresql_again(self, supervised: Stack) -> None:
        first = supervised.postgres.pid
        os.kill(first, signal.SIGKILL)
        eventually(lambda: supervised.postgres.pid != first, within=20)
        eventually(lambda: supervised.postgres.is_running)
        assert supervised.restarts["PostgreSQL"] == 1

    def test_starts_every_service_again_with_a_killed_broker(self, supervised: Stack) -> None:
        before = {name: supervised.pid(name) for name in NAMES}
        assert isinstance(supervised.broker, EmbeddedBroker)
        cluster = supervised.broker.cluster_id
        os.kill(supervised.broker.pid, signal.SIGKILL)
        eventually(lambda: all(supervised.pid(name) != before[name] for name in NAMES))
        assert supervised.broker.cluster_id != cluster
        assert supervised.restarts["broker"] == 1


def test_stack_continues_where_it_was_and_leaves_no_process(tmp_path: Path) -> None:
    first = stack_in(tmp_path)
    with first:
        pids = [first.postgres.pid, first.broker.pid, *map(first.pid, NAMES)]
        secret = first.environment("directory")["DUBAN_VAULT_KEY"]
        with psycopg.connect(first.map.databases["feedback"]) as connection:
            connection.execute("CREATE TABLE kept (number int)")
    assert all(map(has_ended, pids))
    with pytest.raises(UnavailableError, match="no system runs"):
        SystemMap.read(tmp_path)
    with stack_in(tmp_path) as second:
        assert second.environment("directory")["DUBAN_VAULT_KEY"] == secret
        with psycopg.connect(second.map.databases["feedback"]) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_topics_exist_in_their_size_before_any_service_asks(stack: Stack) -> None:
    assert asyncio.run(partitions(stack.broker.bootstrap)) == {
        topic_of(name): PARTITIONS for name in SERVICES
    }


@pytest.mark.kafka
def test_stack_stands_on_the_chosen_broker(tmp_path: Path, broker_kind: BrokerKind) -> None:
    with Stack(tmp_path, services=NAMES, command=quiet, broker_kind=broker_kind) as stack:
        told = asked(stack, "feedback")["environment"]
        assert told["DUBAN_KAFKA_KIND"] == stack.broker.kind == broker_kind
        assert is_listening(int(told["DUBAN_KAFKA_BOOTSTRAP"].split(":")[1]))


def test_stack_migrates_once_for_the_same_code_and_the_same_databases(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "feedback-migrate.log"
    for _ in range(2):
        with stack_in(tmp_path):
            assert log.read_text() == "feedback migrate\n"
    (tmp_path / "postgres" / "migrated").write_text("by other code")
    with stack_in(tmp_path):
        assert log.read_text() == "feedback migrate\n" * 2


def test_stack_takes_over_from_a_launcher_that_was_killed(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", LAUNCHER, tmp_path], capture_output=True, text=True
    )
    left_behind = [int(pid) for pid in killed.stdout.split()]
    assert len(left_behind) == 4, killed.stderr
    with stack_in(tmp_path) as second:
        assert asked(second, "feedback")["pid"] == second.pid("feedback")
        assert all(map(has_ended, left_behind))


def test_stack_stops_everything_when_a_part_cannot_start(tmp_path: Path) -> None:
    stack = Stack(tmp_path, services=NAMES, command=lambda service, role: ["false"])
    with pytest.raises(UnavailableError, match="directory-migrate ended with exit code 1"):
        stack.start()
    assert not stack.postgres.is_running
    assert not stack.broker.is_running


def test_stack_refuses_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        base = taken.getsockname()[1]
        stack = Stack(tmp_path, base, services=NAMES, command=quiet)
        with pytest.raises(UnavailableError, match=f"port {base} on 127.0.0.1 is taken"):
            stack.start()


def test_port_base_gives_services_first_and_servers_from_fifty() -> None:
    placed = ports(NAMES, 9000)
    assert placed.services == {"directory": 9000, "feedback": 9001}
    assert (placed.postgres, placed.broker, placed.collector) == (9050, 9051, 9052)


class TestRestartBudget:
    def test_pauses_longer_each_time_and_gives_up(self) -> None:
        budget = RestartBudget(most=3, window=60, monotonic=lambda: 0.0)
        assert [budget.spend("feedback") for _ in range(3)] == [0.2, 0.4, 0.8]
        with pytest.raises(UnavailableError, match="feedback died 4 times within 60 s"):
            budget.spend("feedback")
        assert budget.spend("directory") == 0.2

    def test_forgets_what_is_long_past(self) -> None:
        now = [0.0]
        budget = RestartBudget(most=1, window=60, monotonic=lambda: now[0])
        budget.spend("feedback")
        now[0] = 61.0
        assert budget.spend("feedback") == 0.2
