"""Both brokers: clients reach them, and they say clearly why they cannot start."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.embedded import apache_kafka
from shared.embedded.apache_kafka import ApacheKafka
from shared.embedded.broker import EmbeddedBroker
from shared.embedded.ports import LOOPBACK
from shared.kernel.errors import UnavailableError
from tests.support.eventually import eventually


async def send_and_receive(bootstrap: str, topic: str) -> bytes:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait(topic, b"hello", key=b"k")
    await producer.stop()
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    received = await asyncio.wait_for(consumer.getone(), 20)
    await consumer.stop()
    return bytes(received.value or b"")


async def cluster_id(bootstrap: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    described = await admin.describe_cluster()
    await admin.close()
    return str(described["cluster_id"])


@pytest.mark.kafka
def test_what_is_sent_is_received(broker: EmbeddedBroker | ApacheKafka) -> None:
    topic = f"stack.smoke-{broker.pid}"
    assert asyncio.run(send_and_receive(broker.bootstrap, topic)) == b"hello"


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path / "broker.log", pid_file=tmp_path / "broker.pid")
    broker.start()
    yield broker
    broker.stop()


class TestEmbeddedBroker:
    def test_listens_on_the_loopback_address_only(self, embedded: EmbeddedBroker) -> None:
        port = int(embedded.bootstrap.split(":")[1])
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))

    def test_new_start_is_a_new_cluster_at_the_same_address(self, embedded: EmbeddedBroker) -> None:
        address, first = embedded.bootstrap, asyncio.run(cluster_id(embedded.bootstrap))
        os.kill(embedded.pid, signal.SIGKILL)
        eventually(lambda: not embedded.is_running)
        embedded.start()
        assert embedded.bootstrap == address
        assert asyncio.run(cluster_id(address)) == embedded.cluster_id != first
        assert first.startswith("embedded-")

    def test_ends_the_broker_that_a_killed_launcher_left_behind(
        self, embedded: EmbeddedBroker, tmp_path: Path
    ) -> None:
        port = int(embedded.bootstrap.split(":")[1])
        second = EmbeddedBroker(tmp_path / "second.log", port, tmp_path / "broker.pid")
        second.start()
        assert not embedded.is_running
        second.stop()

    def test_refuses_a_taken_port(self, tmp_path: Path) -> None:
        with socket.create_server((LOOPBACK, 0)) as taken:
            broker = EmbeddedBroker(tmp_path / "broker.log", taken.getsockname()[1])
            with pytest.raises(UnavailableError, match="is taken"):
                broker.start()


class TestApacheKafka:
    def test_says_what_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "not found: java, mvn" in (apache_kafka.what_is_missing() or "")
        with pytest.raises(UnavailableError, match="not found: java, mvn"):
            ApacheKafka(tmp_path).start()
