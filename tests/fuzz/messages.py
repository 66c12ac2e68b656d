"""Puts malformed messages on the topics of a running system, and looks what each comes to.

A message that names no stream is set aside alone, one that names one parks at most that stream;
followers go on, nothing is written, an operator sees each, and a metric counts them.
"""

import asyncio
import importlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import time
from uuid import uuid4

import httpx
import psycopg
from aiokafka import AIOKafkaProducer

from shared.embedded.stack import Stack
from shared.eventstore.record import Record, RecordedEvent, parse
from shared.http.client import ApiClient
from shared.kernel.actor import Role
from shared.kernel.errors import ContractError
from shared.messaging.brokers import Broker
from shared.messaging.headers import decode
from shared.messaging.topics import topic_of
from tests.e2e.intruder import Intruder
from tests.fuzz.outcome import Outcome
from tests.fuzz.poison import Poison, drawn
from tests.support.command_line import duban
from tests.support.eventually import eventually

SAMPLES = 60  # records of each service to draw from
BATCH = 40
SETTLED_WITHIN = 60  # seconds; a bound, not a measure
OURS = "fuzz/"

RECORDS = "SELECT notification_id, state FROM stored_events ORDER BY notification_id DESC LIMIT %s"
EFFECTS = (
    "SELECT count(*) FROM stored_events"
    " WHERE convert_from(state, 'UTF8') LIKE '%%\"via\":\"policy\"%%'"
)
KEPT = "SELECT count(*) FROM followed_records WHERE convert_from(raw, 'UTF8') LIKE '%%fuzz/%%'"
PARKED = "SELECT source, stream FROM dead_letters WHERE status = 'parked'"
LETTERS = "SELECT source, stream, record FROM dead_letters"
MARKS = "SELECT source, stream, version FROM inbox WHERE stream = ANY(%s)"
_GAUGE = re.compile(r'^duban_parked_messages\{.*source="(\w+)".*\} ([0-9.e+]+)$', re.MULTILINE)


@dataclass(frozen=True)
class Sent:
    """A message where it now lies; `record` is what can be read in it, None when nothing can."""

    poison: Poison
    offset: int
    record: Record | None

    @property
    def stream(self) -> str:
        """The stream that it names, or the place that stands for one."""
        if self.record is not None:
            return self.record.stream
        poison = self.poison
        return f"?{topic_of(poison.source)}/{poison.partition}/{self.offset}"


@dataclass
class Poisoning:
    """One run over a running system."""

    stack: Stack
    run: str = field(default_factory=lambda: f"{int(time()):x}")
    open_: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker = Broker(self.stack.broker.bootstrap, self.stack.broker.kind)
        self.followers = {
            service: importlib.import_module(f"services.{service}.policies").reactions.sources
            for service in self.stack.map.services
        }
        self.written = self._written()

    def put(self, made: Sequence[Poison]) -> None:
        """Send these, but what would raise at every follower: that is open already."""
        fit = [(poison, record) for poison in made for record in self._read(poison)]
        places = asyncio.run(self._send([poison for poison, _ in fit]))
        batch = [
            Sent(poison, offset, record)
            for (poison, record), offset in zip(fit, places, strict=True)
            if offset is not None
        ]
        self.sent += batch
        for follower in self.followers:
            self._await(follower, batch)

    def look(self) -> None:
        """Compare what stands in stores, metrics and the command line with what was sent."""
        if self._written() != self.written:
            self.open_.append(f"something was written: {self.written} → {self._written()}")
        if self._kept():
            self.open_.append(f"audit kept {self._kept()} of the messages as records")
        for follower in self.followers:
            self._require_counted(follower)
        listed = duban("dead-letters", "list", "--json", "--data", self.stack.data_dir).json
        shown = Counter(letter["service"] for letter in listed)
        standing = {name: len(self._parked(name)) for name in self.followers}
        if {name: number for name, number in standing.items() if number} != dict(shown):
            self.open_.append(f"duban dead-letters list shows {shown}, there are {standing}")

    def clear(self) -> None:
        """Discard everything, each letter as the first of its stream."""
        token = self.stack.issuer.issue("p-administrator", "inspection-office", Role.ADM)
        with ExitStack() as clients:
            for name, url in self.stack.map.services.items():
                client = clients.enter_context(ApiClient(url, token))
                while found := client.get("/v1/dead-letters", {"limit": 500})["items"]:
                    for letter in found:
                        path = f"/v1/dead-letters/{letter['id']}/discard"
                        client.post(path, {"reason": "fuzzing"}, key=str(uuid4()))
                if self._parked(name):
                    self.open_.append(f"{name}: letters are left after all were discarded")

    def _read(self, poison: Poison) -> Iterator[Record | None]:
        """Yield what a follower reads, None for nothing; nothing at all when reading fails."""
        headers = [(name, value) for name, value in poison.headers]
        try:
            message = decode(topic_of(poison.source), poison.key, poison.value, headers)  # type: ignore[arg-type]  # a header without a value is the point
        except ContractError:
            yield None
        except Exception as error:  # noqa: BLE001  # whatever it raises would end the consumer
            self.open_.append(f"{poison.wrong}: reading it raises {type(error).__name__}")
        else:
            yield message.record

    async def _send(self, made: Sequence[Poison]) -> list[int | None]:
        """Put them on their topics; return the offset of each, None where the broker refused."""
        arguments = self.broker.producer_arguments() | {"max_request_size": 4_000_000}
        producer = AIOKafkaProducer(**arguments)
        await producer.start()
        try:
            return [await self._send_one(producer, poison) for poison in made]
        finally:
            await producer.stop()

    async def _send_one(self, producer: AIOKafkaProducer, poison: Poison) -> int | None:
        place = await producer.send_and_wait(
            topic_of(poison.source),
            poison.value,
            key=poison.key,
            headers=list(poison.headers),
            partition=poison.partition,
        )
        return int(place.offset)

    def _await(self, follower: str, batch: Sequence[Sent]) -> None:
        ours = [one for one in batch if one.poison.source in self.followers[follower]]
        try:
            eventually(lambda: not self._unsettled(follower, ours), within=SETTLED_WITHIN)
        except AssertionError:
            for one in self._unsettled(follower, ours):
                self.open_.append(f"{follower} does nothing about: {one.poison.wrong}")

    def _unsettled(self, follower: str, batch: Sequence[Sent]) -> list[Sent]:
        """Return what is neither a dead letter nor consumed as something without a reaction.

        On kept data the same seed may put the same bytes at the same place of an emptied broker:
        then the letter of the earlier run is theirs.
        """
        with psycopg.connect(self.stack.map.databases[follower]) as connection:
            rows = connection.execute(LETTERS).fetchall()
            letters = {(source, stream, bytes(record)) for source, stream, record in rows}
            streams = [one.stream for one in batch if one.record is not None]
            marks = {(row[0], row[1]): row[2] for row in connection.execute(MARKS, (streams,))}
        return [
            one
            for one in batch
            if (one.poison.source, one.stream, one.poison.value or b"") not in letters
            and not _is_consumed(one, marks)
        ]

    def _require_counted(self, follower: str) -> None:
        def counted() -> bool:
            text = httpx.get(f"{self.stack.url(follower)}/metrics", trust_env=False).text
            gauges = {source: int(float(number)) for source, number in _GAUGE.findall(text)}
            parked = Counter(source for source, _ in self._parked(follower))
            return {name: number for name, number in gauges.items() if number} == dict(parked)

        try:
            eventually(counted, within=20)
        except AssertionError:
            self.open_.append(f"{follower}: duban_parked_messages does not count what is parked")

    def _parked(self, follower: str) -> list[tuple[str, str]]:
        """Return source and stream of each message that is parked."""
        with psycopg.connect(self.stack.map.databases[follower]) as connection:
            return [(row[0], row[1]) for row in connection.execute(PARKED).fetchall()]

    def _written(self) -> dict[str, int]:
        return {name: _one(url, EFFECTS) for name, url in self.stack.map.databases.items()}

    def _kept(self) -> int:
        return _one(self.stack.map.databases["audit"], KEPT)


def fuzz_messages(stack: Stack, number: int, seeded: int) -> Outcome:
    """Return the outcome of so many malformed messages."""
    poisoning = Poisoning(stack)
    intruder = Intruder(stack)
    told = {
        service: (asyncio.run(intruder._generation(service)), records)
        for service in sorted(set().union(*poisoning.followers.values()))
        if (records := _records(stack.map.databases[service]))
    }
    made = list(drawn(number, seeded, poisoning.run, told))
    for start in range(0, len(made), BATCH):
        poisoning.put(made[start : start + BATCH])
    poisoning.look()
    poisoning.clear()
    wrongs = Counter(one.poison.wrong.split()[0] for one in poisoning.sent)
    return Outcome(
        "malformed messages",
        len(told),
        len(poisoning.sent),
        tuple(poisoning.open_),
        f"{len(wrongs)} kinds; {sum(one.record is not None for one in poisoning.sent)} readable",
    )


def _is_consumed(one: Sent, marks: Mapping[tuple[str, str], int]) -> bool:
    if one.record is None:
        return False
    return marks.get((one.poison.source, one.stream), 0) >= one.record.version


def _records(url: str) -> list[RecordedEvent]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(RECORDS, (SAMPLES,)).fetchall()
    return [parse(bytes(raw), position) for position, raw in rows]


def _one(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
