"""The one place that knows which broker it is: the embedded one or Apache Kafka.

They differ in four things: what clients are told, whether a relay resumes after the last
published position, where the generation of a topic comes from, and how a group member ends.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from shared.settings import ServiceSettings

ANSWERED_WITHIN = 10.0  # seconds; the longest wait for any one answer of the broker
_log = logging.getLogger(__name__)

_PRODUCER: dict[str, Any] = {
    "acks": "all",
    "linger_ms": 5,
    "max_batch_size": 512 * 1024,
    "request_timeout_ms": 10_000,
}
_CONSUMER: dict[str, Any] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "isolation_level": "read_uncommitted",  # there are no Kafka transactions to wait for
    "session_timeout_ms": 6_000,
    "heartbeat_interval_ms": 1_500,
    "fetch_max_wait_ms": 100,
    "max_poll_interval_ms": 600_000,
    "request_timeout_ms": 10_000,
}


@dataclass(frozen=True)
class BrokerRules:
    """What one kind of broker can and cannot do, as measured (docs/adr)."""

    idempotent_producer: bool
    resumes_by_last_position: bool
    generation_is_cluster_id: bool
    static_membership: bool
    leaves_groups: bool
    checked_every: float
    """Seconds between two questions whether it still is the same broker."""


RULES: dict[str, BrokerRules] = {
    "apache": BrokerRules(
        idempotent_producer=True,
        resumes_by_last_position=True,
        generation_is_cluster_id=False,
        static_membership=True,
        leaves_groups=True,
        checked_every=15.0,
    ),
    # Ends of partitions are told wrongly, a left group can stay without a leader for ever, and a
    # restarted broker is empty under a new cluster id.
    "embedded": BrokerRules(
        idempotent_producer=False,
        resumes_by_last_position=False,
        generation_is_cluster_id=True,
        static_membership=False,
        leaves_groups=False,
        checked_every=2.0,
    ),
}


@dataclass(frozen=True)
class Broker:
    """The address of a broker, its kind, and how to be let in.

    `security` are aiokafka's own keyword arguments (`security_protocol`, `sasl_mechanism`,
    `sasl_plain_username`, `sasl_plain_password`), and `cafile` for TLS.
    """

    bootstrap: str
    kind: Literal["embedded", "apache"]
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)
    replication_factor: int = 1
    min_insync_replicas: int = 1

    @classmethod
    def of(cls, settings: ServiceSettings) -> "Broker":
        """Return the broker that the environment names."""
        security = {
            "security_protocol": settings.kafka_security_protocol,
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password,
            "cafile": settings.kafka_ca_file,
        }
        return cls(
            settings.kafka_bootstrap,
            settings.kafka_kind,
            {name: value for name, value in security.items() if value},
            settings.kafka_replication,
            settings.kafka_min_insync,
        )

    @property
    def rules(self) -> BrokerRules:
        return RULES[self.kind]

    def client_arguments(self) -> dict[str, Any]:
        """Return what every client is told: where the broker is and how to be let in."""
        security = {key: value for key, value in self.security.items() if key != "cafile"}
        if str(security.get("security_protocol", "")).endswith("SSL"):
            cafile = self.security.get("cafile")
            security["ssl_context"] = ssl.create_default_context(cafile=cafile)
        return {"bootstrap_servers": self.bootstrap, **security}

    def producer_arguments(self) -> dict[str, Any]:
        return {
            **_PRODUCER,
            **self.client_arguments(),
            "enable_idempotence": self.rules.idempotent_producer,
        }

    def consumer_arguments(self, group: str, member: str) -> dict[str, Any]:
        """Return the arguments of a member of `group`; `member` is stable over restarts."""
        arguments = {**_CONSUMER, **self.client_arguments(), "group_id": group}
        if self.rules.static_membership:
            arguments.update(group_instance_id=member, rebalance_timeout_ms=30_000)
        return arguments

    def reader_arguments(self) -> dict[str, Any]:
        """Return the arguments of a consumer without a group, that only looks."""
        return {**_CONSUMER, **self.client_arguments()}


@asynccontextmanager
async def connected_admin(broker: Broker) -> AsyncIterator[AIOKafkaAdminClient]:
    """Lend a connected admin client."""
    admin = AIOKafkaAdminClient(**broker.client_arguments(), request_timeout_ms=10_000)
    try:
        await asyncio.wait_for(admin.start(), ANSWERED_WITHIN)
        yield admin
    finally:
        await ended(admin.close())


async def cluster_id(broker: Broker) -> str:
    """Return the id of the cluster that answers now."""
    async with connected_admin(broker) as admin:
        described = await asyncio.wait_for(admin.describe_cluster(), ANSWERED_WITHIN)
        return str(described["cluster_id"])


async def stop_producer(producer: AIOKafkaProducer) -> None:
    """Stop the producer, within bounds, whatever state it is in."""
    await ended(producer.stop())


async def stop_consumer(consumer: AIOKafkaConsumer, broker: Broker) -> None:
    """Stop the consumer, within bounds, whatever state it is in."""
    coordinator = consumer._coordinator
    if not broker.rules.leaves_groups and hasattr(coordinator, "_maybe_leave_group"):
        # A member that leaves makes the embedded broker's group leaderless; one that falls
        # silent is missed after the session time-out, and the others go on.
        coordinator._maybe_leave_group = _stay
    await ended(consumer.stop())


async def _stay() -> None:
    return None


async def ended(closing: Any) -> None:
    """Wait a bounded time for a client to close; what it raises at its end is only logged."""
    task = asyncio.ensure_future(closing)
    await asyncio.wait({task}, timeout=ANSWERED_WITHIN)
    if not task.done():
        task.cancel()
    elif not task.cancelled() and (error := task.exception()) is not None:
        _log.warning("a Kafka client did not close cleanly: %s", type(error).__name__)
