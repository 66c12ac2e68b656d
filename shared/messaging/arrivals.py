"""What a fetch has brought from one source: read, checked and sorted, not yet handled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from shared.kernel.errors import ContractError
from shared.messaging.dead_letters import Failure, Unreadable
from shared.messaging.generations import Generations
from shared.messaging.headers import Message, decode
from shared.messaging.topics import service_of

Fetched = Mapping[TopicPartition, Sequence[ConsumerRecord]]


@dataclass
class Arrivals:
    """Messages in order, where each stream begins, and where each partition has been read to.

    `filled_anew` are partitions of an unknown generation, to be read from the beginning.
    """

    source: str
    messages: list[Message] = field(default_factory=list)
    unreadable: list[tuple[Unreadable, Failure]] = field(default_factory=list)
    begins: dict[str, tuple[TopicPartition, int]] = field(default_factory=dict)
    ends: dict[TopicPartition, int] = field(default_factory=dict)
    filled_anew: dict[TopicPartition, str] = field(default_factory=dict)

    def take(self, record: ConsumerRecord, place: TopicPartition, known: Generations) -> bool:
        """Add one record; False when its partition must be read from the beginning instead."""
        try:
            message = decode(record.topic, record.key, record.value, record.headers)
        except ContractError as error:
            self.unreadable.append((_unreadable(self.source, record), Failure.of(error)))
        else:
            if not known.is_known(self.source, place.partition, message.generation, record.offset):
                self.filled_anew[place] = message.generation
                return False
            self.messages.append(message)
            self.begins.setdefault(message.stream, (place, record.offset))
        self.ends[place] = record.offset + 1
        return True


def read_arrivals(source: str, fetched: Fetched, known: Generations) -> Arrivals:
    """Return what these records of one source hold."""
    arrivals = Arrivals(source)
    for place, records in fetched.items():
        for record in records:
            if not arrivals.take(record, place, known):
                break
    return arrivals


def by_source(fetched: Fetched) -> dict[str, dict[TopicPartition, Sequence[ConsumerRecord]]]:
    """Return the fetched records, source by source."""
    sources: dict[str, dict[TopicPartition, Sequence[ConsumerRecord]]] = {}
    for place, records in fetched.items():
        sources.setdefault(service_of(place.topic), {})[place] = records
    return sources


def _unreadable(source: str, record: ConsumerRecord) -> Unreadable:
    # Kafka allows a header without a value.
    told = [(name, value or b"") for name, value in record.headers]
    headers = {name: value.decode(errors="backslashreplace") for name, value in told}
    # PostgreSQL's jsonb refuses the character 0.
    safe = {name.replace("\0", "?"): text.replace("\0", "?") for name, text in headers.items()}
    value = record.value or b""
    return Unreadable(source, record.topic, record.partition, record.offset, safe, value)
