"""What a fetch has brought: read, or set aside under the name of its place."""

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from shared.messaging.arrivals import Arrivals
from shared.messaging.generations import Generations

PLACE = TopicPartition("lighthouse.events", 3)


def record_with(headers: list[tuple[str, bytes | None]]) -> ConsumerRecord:
    return ConsumerRecord(
        topic=PLACE.topic,
        partition=PLACE.partition,
        offset=7,
        timestamp=0,
        timestamp_type=0,
        key=b"lamp/north",
        value=b"no record",
        checksum=None,
        serialized_key_size=10,
        serialized_value_size=9,
        headers=headers,
    )


def test_a_header_without_a_value_is_set_aside_like_any_other() -> None:
    arrivals = Arrivals("lighthouse")
    known: Generations = None  # type: ignore[assignment]  # nothing is read, so nothing is asked
    arrivals.take(record_with([("ce_id", None), ("n\0l", b"\xff\0")]), PLACE, known)
    [(unreadable, failure)] = arrivals.unreadable
    assert unreadable.stream == "?lighthouse.events/3/7"
    assert unreadable.headers == {"ce_id": "", "n?l": "\\xff?"}
    assert failure.code == "contract-broken"
