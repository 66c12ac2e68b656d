"""云岚市 at work: commands are given to the real services, and these hear of each other.

Everything that happens is told to the memory at once; what replay gives later is compared with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, groupby
from pathlib import Path
from typing import Any, TypeVar

from services.audit.application import FollowedRecords, TimeTravel
from services.audit.application.received_records import ReceivedRecords
from services.audit.application.witnessing import Witnessing
from services.audit.domain.moment import Moment
from shared.embedded.log_keys import log_directory, prepare, trust_notes
from shared.eventstore.aggregate import Aggregate
from shared.eventstore.record import RecordedEvent
from shared.eventstore.unit_of_work import Receipt, UnitOfWork
from shared.export.trust_folder import TrustFolder
from shared.kernel.actor import Actor
from shared.kernel.clock import SettableClock
from shared.kernel.context import Context
from shared.kernel.errors import DubanError, NotFoundError, UnavailableError
from shared.messaging.crash_points import CrashPoint, no_crash
from shared.messaging.headers import Message
from shared.tlog.notes import Signature
from shared.tlog.signer import FileSigner
from shared.tlog.witness import FileMemory, Witness
from tests.property.memory import Given, Memory
from tests.property.offices import ALL, AUDIT, SERVICES, Office, Watch, opened
from tests.support.in_memory import TENANT
from tests.unit.feedback.yunlan import DYKE, LEVY

A = TypeVar("A", bound=Aggregate)
PROBLEMS = (DYKE, LEVY)
MANY = 100_000


@dataclass(frozen=True)
class Command:
    """What somebody asks of a service: `decide` is the use case with its facts."""

    service: str
    name: str
    actor: Actor
    decide: Callable[[Any, UnitOfWork], object]


class City:
    """All services on their databases, with their keys, and the memory of what was seen."""

    def __init__(
        self,
        urls: Mapping[str, str],
        keys: Path,
        clock: SettableClock,
        memory: Memory | None = None,
        at: CrashPoint = no_crash,
    ) -> None:
        self.urls, self.keys, self.clock, self.at = dict(urls), keys, clock, at
        self.memory = memory or Memory()
        self._numbers = count(1)
        if not trust_notes(keys):
            prepare(keys, TENANT, ALL)
        self.open()

    def open(self) -> None:
        """Start all services."""
        watch = Watch(self._told, lambda step: self.at(step))
        self.offices = {
            name: opened(name, self.urls[name], self.keys, self.clock, watch) for name in ALL
        }
        followed = FollowedRecords(self[AUDIT].store)
        self.travel = TimeTravel(followed, self.clock)
        self.witnessing = self._witnessing()

    def close(self) -> None:
        """Stop all services."""
        for office in self.offices.values():
            office.store.close()

    def start_again(self) -> None:
        """Stop and start all services, and learn what was stored without our knowing."""
        self.close()
        self.open()
        self.learn()

    def __getitem__(self, service: str) -> Office:
        return self.offices[service]

    # Commands

    def give(self, command: Command) -> bool:
        """Give a command; tell whether it was accepted. A refused one must leave no trace."""
        try:
            work = self._begin(command)
            command.decide(self[command.service].application, work)
            work.commit()
        except UnavailableError:
            raise  # nobody knows what was stored
        except DubanError:
            self._require_no_trace(command)
            return False
        self.follow()
        return True

    def _begin(self, command: Command) -> UnitOfWork:
        context = Context(
            tenant=TENANT,
            actor=command.actor,
            command=f"{command.name}/{next(self._numbers)}",
            time=self.clock.now(),
        )
        return self[command.service].store.begin(context)

    def _require_no_trace(self, command: Command) -> None:
        for service in ALL:
            told, found = self.memory.heads(service), self[service].store.heads(0, MANY)
            assert found == told, f"refused, {command.name} changed {service}"

    def read(self, service: str, kind: type[A], key: str) -> A:
        """Return the thing as its service would load it now, a fresh one if there is none."""
        return self[service].store.reconstruct(kind, key) or kind(key)

    # Hearing of each other

    def hear(self) -> None:
        """Deliver everything that was recorded to all who follow it, until all is quiet."""
        while any(self._deliver(self[service]) for service in SERVICES):
            pass
        self.follow()

    def follow(self) -> None:
        """Have audit follow, and keep what it answers now about the problems that changed."""
        news = self.memory.log[self[AUDIT].heard :]
        self._deliver(self[AUDIT])
        for problem_no in PROBLEMS:
            if any(problem_no.encode() in one.raw for one in news):
                self.memory.answers.append(self._given(problem_no))

    def answer(self, problem_no: str, moment: Moment) -> Any:
        """Return what audit tells about a problem at this moment, None when it was not known."""
        try:
            return self.travel.problem(problem_no, moment)
        except NotFoundError:
            return None

    def _given(self, problem_no: str) -> Given:
        positions = {service: self.memory.position(service) for service in ALL}
        answer = self.answer(problem_no, Moment())
        last = max(self.memory.log, key=lambda one: one.recorded_at)
        return Given(problem_no, positions, last, answer)

    def _deliver(self, office: Office) -> bool:
        news = self.memory.log[office.heard :]
        office.heard = len(self.memory.log)
        wanted = [one for one in news if one.record.service in office.handler.reactions.sources]
        for _, run in groupby(wanted, key=lambda one: one.record.service):
            office.hear([Message(one.raw, one.record, one.position) for one in run])
        return bool(wanted)

    # What was seen, and what was not

    def _told(self, service: str, things: Sequence[Aggregate], receipt: Receipt) -> None:
        self.memory.take(receipt.events)
        self.memory.remember(service, things)

    def learn(self) -> list[RecordedEvent]:
        """Take in what is stored and was never told (its teller died); return it."""
        unknown = [
            one
            for service in ALL
            for one in self[service].store.read(self.memory.position(service), MANY)
        ]
        unknown.sort(key=lambda one: one.recorded_at)
        self.memory.take(unknown)
        self.clock.advance(timedelta(hours=1))
        return unknown

    # The witness

    @property
    def trust(self) -> TrustFolder:
        return TrustFolder.read(self.keys / "trust")

    def look(self) -> None:
        """Let audit, as a witness, look at every log."""
        self.follow()
        self.witnessing.look(self.clock.now())

    def _witnessing(self) -> Witnessing:
        received = ReceivedRecords(self[AUDIT].store)
        keys = log_directory(self.keys, AUDIT)
        return Witnessing(
            logs=_Heads(self),
            received=received.after,
            count_received=received.count_to,
            witness=Witness(
                FileSigner(keys / "witness.key"),
                FileMemory(keys / "witness.sqlite"),
                lambda _: (),
                self.clock,
            ),
            trust=lambda: self.trust.newest,
        )


@dataclass(frozen=True)
class _Heads:
    """The services' checkpoints, as the witness reads them."""

    city: City

    @property
    def services(self) -> list[str]:
        return list(ALL)

    def checkpoint(self, service: str) -> bytes | None:
        try:
            return self.city[service].tlog.checkpoint().encode()
        except NotFoundError:
            return None

    def add_cosignature(self, service: str, size: int, line: str) -> None:
        self.city[service].tlog.add_cosignatures(size, [Signature.parse(line)])
