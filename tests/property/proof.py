"""What an auditor does with a history: replay it, export it, and have two verifiers judge it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.audit.domain.moment import Moment
from shared.contracts.log import StateRecorded
from shared.eventstore.record import RecordedEvent
from shared.export.exporter import Wanted as WantedExport
from shared.export.exporter import export
from shared.export.heads import Patience
from shared.export.sources import SealedValue
from shared.reducers import leaf_hash, state_digest, state_of, state_root
from shared.tlog.tiles import Tile
from shared.verifier.checkpoints import parse_checkpoint
from shared.verifier.notes import parse_key
from shared.verifier.verify import Wanted, verify
from tests.attacks.agreement import require_agreement, second_opinion
from tests.property.city import MANY, City
from tests.property.memory import Life, Memory, picture
from tests.property.offices import ALL

VERDICTS = (
    "INTACT", "AUTHENTIC", "WITNESSED", "CONSISTENT-WITH-SEEN", "REPRODUCED", "COMPLETE",
)  # fmt: skip
LOOKS = 60.0


def require_replay_equals_what_was(city: City) -> None:
    """Fail unless the stores tell, at every version, what was live when it was reached."""
    for service in ALL:
        records = city[service].store.read(0, MANY)
        told = [one.raw for one in city.memory.records(service)]
        assert [one.raw for one in records] == told, f"{service} holds other records"
        streams: dict[str, list[RecordedEvent]] = {}
        for one in records:
            streams.setdefault(one.record.stream, []).append(one)
        for stream, found in streams.items():
            _require_same_digests(city.memory, service, stream, found)
            _require_same_lives(city, service, stream, found)


def _require_same_digests(
    memory: Memory, service: str, stream: str, records: Sequence[RecordedEvent]
) -> None:
    parsed = [json.loads(one.raw) for one in records]
    for version in range(1, len(parsed) + 1):
        digest = state_digest(state_of(parsed[:version]))
        assert digest == memory.digests[service, stream, version], f"{stream} at {version}"


def _require_same_lives(
    city: City, service: str, stream: str, records: Sequence[RecordedEvent]
) -> None:
    lives = {
        version: life
        for (owner, of, version), life in city.memory.lives.items()
        if (owner, of) == (service, stream)
    }
    if not lives:
        return
    any_life = next(iter(lives.values()))
    thing = any_life.kind(any_life.key)
    for one in records:
        thing.replayed(one.event, one.record.version, one.digest)
        if one.record.version in lives:
            _require_same(stream, lives[one.record.version], picture(thing))
    loaded = city[service].store.reconstruct(any_life.kind, any_life.key)
    assert picture(loaded) == picture(thing), f"{stream} is loaded as another"


def _require_same(stream: str, life: Life, replayed: tuple[str, dict[str, object]]) -> None:
    was, now = life.picture[1], replayed[1]
    differing = {name: (was.get(name), now.get(name)) for name in was | now
                 if was.get(name) != now.get(name)}  # fmt: skip
    assert not differing, f"{stream} at {was['version']}: live and replayed differ: {differing}"


def require_time_travel_equals_what_was_told(city: City) -> None:
    """Fail unless audit answers now, about then, what it answered then: by position, by time."""
    for given in city.memory.answers:
        at = Moment(positions=given.positions)
        assert city.answer(given.problem_no, at) == given.answer, f"at {given.positions}"
    for given in city.memory.answers[::4]:
        as_of = Moment(as_of=given.last.recorded_at)
        found = city.answer(given.problem_no, as_of)
        assert found == given.answer, f"as of {given.last.recorded_at}"


def require_recorded_states_follow(city: City) -> None:
    """Fail unless each recorded state root is the one of the live digests of the records before."""
    for service in ALL:
        records = city.memory.records(service)
        for one in records:
            if isinstance(one.event, StateRecorded):
                before = _heads(city.memory, records[: one.event.size])
                assert one.event.state_root == state_root(before).hex(), f"{service}: {one.event}"
                assert one.event.heads == len(before)


def _heads(memory: Memory, records: Sequence[RecordedEvent]) -> dict[str, tuple[int, str, str]]:
    return {
        one.record.stream: (
            one.record.version,
            leaf_hash(one.raw).hex(),
            memory.digests[one.record.service, one.record.stream, one.record.version],
        )
        for one in records
    }


@dataclass
class Auditor:
    """Keeps checkpoints of all logs, exports everything, and verifies with the pinned root key."""

    city: City
    place: Path
    seen: list[bytes] = field(default_factory=list)

    def keep_checkpoints(self) -> None:
        """Have every log record its state, and keep what was signed."""
        for service in ALL:
            self.city[service].sealer.record_state()
        self.seen = [self.city[service].tlog.checkpoint().encode() for service in ALL]

    def require_proof(self) -> None:
        """Fail unless a full export verifies with six times yes, in both verifiers."""
        bundle = self._exported()
        roots = (parse_key(str(self.city.trust.root)),)
        wanted = Wanted(roots=roots, seen=tuple(map(parse_checkpoint, self.seen)))
        report = verify(bundle, wanted)
        require_agreement(report, second_opinion(bundle, wanted, self.seen))
        found = {verdict.value: answer.value for verdict, answer in report.verdicts.items()}
        assert found == dict.fromkeys(VERDICTS, "yes"), report.as_text()

    def _exported(self) -> Path:
        patience = Patience(within=LOOKS, sleep=lambda _: self.city.look())
        target = self.place / "full.duban.zip"
        return export(CityLogs(self.city), self.city.trust, target, WantedExport(),
                      patience=patience).path  # fmt: skip


@dataclass(frozen=True)
class CityLogs:
    """The sealed logs, read where the services' routes read them."""

    city: City

    @property
    def services(self) -> list[str]:
        return sorted(ALL)

    def record_state(self, service: str) -> int:
        return self.city[service].sealer.record_state().size

    def checkpoint(self, service: str, size: int | None = None) -> bytes:
        return self.city[service].tlog.checkpoint(size).encode()

    def tile(self, service: str, tile: Tile) -> bytes:
        return self.city[service].tlog.tile(tile)

    def disclosures(
        self, service: str, sealed: Sequence[SealedValue], purpose: str
    ) -> dict[str, list[str]]:
        return {}
