"""Topics: one per publishing service, with a fixed number of partitions."""

import asyncio
from collections.abc import Collection
from functools import lru_cache

from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from aiokafka.partitioner import murmur2

from shared.kernel.errors import UnavailableError
from shared.messaging.brokers import Broker, connected_admin

PARTITIONS = 6
TOPIC_SUFFIX = ".events"
CREATED_WITHIN = 20.0  # seconds
FOREVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
ANY_TIME = {"message.timestamp.after.max.ms": str(2**63 - 1)}
"""Kafka refuses what is dated more than an hour ahead: a clock that jumped would stop a relay for
good, since what it dated is in the log and stays there."""


def topic_of(service: str) -> str:
    """Return the topic that this service publishes its log to."""
    return f"{service}{TOPIC_SUFFIX}"


def service_of(topic: str) -> str:
    """Return the service that publishes to this topic."""
    return topic.removesuffix(TOPIC_SUFFIX)


@lru_cache(maxsize=20_000)
def partition_of(stream: str, partitions: int) -> int:
    """Return the partition of a stream: murmur2 of the key, as every Kafka client computes it."""
    return int(murmur2(stream.encode()) & 0x7FFFFFFF) % partitions


async def ensure_topics(
    broker: Broker, topics: Collection[str], partitions: int = PARTITIONS
) -> None:
    """Create the topics that are missing, and require that each has exactly `partitions`.

    Another number of partitions would break the order of streams: UnavailableError.
    """
    in_sync = str(broker.min_insync_replicas)
    async with connected_admin(broker) as admin:
        wanted = [
            NewTopic(
                topic,
                partitions,
                broker.replication_factor,
                topic_configs={**FOREVER, **ANY_TIME, "min.insync.replicas": in_sync},
            )
            for topic in sorted(topics)
        ]
        answer = await asyncio.wait_for(admin.create_topics(wanted), CREATED_WITHIN)
        _require_created(answer.topic_errors)
        await asyncio.wait_for(_wait_for_partitions(admin, topics, partitions), CREATED_WITHIN)


def _require_created(errors: list[tuple[object, ...]]) -> None:
    for topic, code, *_ in errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise UnavailableError(f"topic {topic} could not be created: {error.__name__}")


async def _wait_for_partitions(admin: object, topics: Collection[str], partitions: int) -> None:
    counts = await _partition_counts(admin, topics)
    while set(counts.values()) != {partitions}:
        _require_no_other_count(counts, partitions)
        await asyncio.sleep(0.1)  # the metadata of a new topic take a moment
        counts = await _partition_counts(admin, topics)


async def _partition_counts(admin: object, topics: Collection[str]) -> dict[str, int]:
    described = await admin.describe_topics(sorted(topics))  # type: ignore[attr-defined]
    return {
        topic["topic"]: 0 if topic["error_code"] else len(topic["partitions"])
        for topic in described
    }


def _require_no_other_count(counts: dict[str, int], partitions: int) -> None:
    for topic, count in counts.items():
        if count not in (0, partitions):
            raise UnavailableError(f"topic {topic} has {count} partitions, not {partitions}")
