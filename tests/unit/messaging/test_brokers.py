"""The one switch between the brokers."""

import pytest

from shared.messaging.brokers import Broker
from shared.messaging.supervision import FAILURES, Patience
from shared.messaging.topics import partition_of, service_of, topic_of


def test_apache_kafka_is_written_to_idempotently_and_joined_under_a_stable_name() -> None:
    broker = Broker("kafka:9092", "apache")
    assert broker.producer_arguments()["acks"] == "all"
    assert broker.producer_arguments()["enable_idempotence"] is True
    assert broker.consumer_arguments("audit", "audit-1")["group_instance_id"] == "audit-1"
    assert broker.rules.resumes_by_last_position


def test_the_embedded_broker_is_spared_what_it_cannot_do() -> None:
    broker = Broker("127.0.0.1:9092", "embedded")
    consumer = broker.consumer_arguments("audit", "audit-1")
    assert broker.producer_arguments()["enable_idempotence"] is False
    assert "group_instance_id" not in consumer
    assert consumer["enable_auto_commit"] is False
    assert consumer["auto_offset_reset"] == "earliest"
    assert not broker.rules.leaves_groups


def test_a_password_is_not_shown() -> None:
    broker = Broker("kafka:9092", "apache", {"sasl_plain_password": "tide-and-time"})
    assert "tide-and-time" not in repr(broker)
    assert broker.client_arguments()["sasl_plain_password"] == "tide-and-time"


def test_topics_are_named_after_their_service() -> None:
    assert topic_of("feedback") == "feedback.events"
    assert service_of("feedback.events") == "feedback"


def test_a_stream_always_has_the_same_partition() -> None:
    # From Java: Utils.toPositive(Utils.murmur2("foobar".getBytes())) == 1357151166.
    assert partition_of("foobar", 1_000_000_007) == 1357151166 % 1_000_000_007


def test_patience_ends() -> None:
    patience = Patience()
    pauses = [patience.after_failure(OSError()) for _ in range(FAILURES)]
    assert pauses == sorted(pauses)
    with pytest.raises(OSError, match="again"):
        patience.after_failure(OSError("again"))
    patience.reset()
    assert patience.after_failure(OSError()) == pauses[0]
