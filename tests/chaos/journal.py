"""What the users of a chaos run were told: every acknowledged command and every versioned read."""

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock


@dataclass(frozen=True)
class Acknowledged:
    """A command that was answered with success. Times are seconds of one monotonic clock.

    `begun` is when it was sent first, `ended` when the answer came, after `tries` sendings.
    """

    service: str
    person_ref: str
    key: str
    path: str
    stream: str
    version: int
    position: int
    events: tuple[str, ...]
    begun: float
    ended: float
    tries: int


@dataclass(frozen=True)
class Refused:
    """A command that was answered with a refusal; `tries` above 1: an earlier one is uncertain."""

    service: str
    person_ref: str
    key: str
    path: str
    code: str
    tries: int


@dataclass(frozen=True)
class Seen:
    """A page that was answered with a version, asked for with the token `min_position`."""

    service: str
    path: str
    version: int
    min_position: int
    begun: float
    ended: float


@dataclass
class Journal:
    """Kept by all users at once."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    _sent: dict[tuple[str, str, str], tuple[float, int]] = field(default_factory=dict)
    _written: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    _changes: Lock = field(default_factory=Lock)

    @property
    def retried(self) -> int:
        """How many sendings repeated an earlier one with the same key."""
        with self._changes:
            return sum(tries - 1 for _, tries in self._sent.values())

    @property
    def refusals(self) -> Counter[str]:
        """How often each kind of refusal was given."""
        with self._changes:
            return Counter(refused.code for refused in self.refused)

    def sends(self, service: str, person_ref: str, key: str, at: float) -> tuple[float, int]:
        """Note one more sending; return when the first was, and how many that makes."""
        with self._changes:
            begun, tries = self._sent.get((service, person_ref, key), (at, 0))
            self._sent[service, person_ref, key] = begun, tries + 1
            return begun, tries + 1

    def acknowledges(self, command: Acknowledged, thing: str) -> None:
        """Note an answer; later reads of the thing name its position."""
        with self._changes:
            self.acknowledged.append(command)
            place = command.service, thing
            self._written[place] = max(self._written[place], command.position)

    def refuses(self, command: Refused) -> None:
        with self._changes:
            self.refused.append(command)

    def sees(self, seen: Seen) -> None:
        with self._changes:
            self.seen.append(seen)

    def token(self, service: str, thing: str) -> int:
        """Return the highest position that was acknowledged for a thing, 0 if none."""
        with self._changes:
            return self._written.get((service, thing), 0)

    def keep(self, path: Path) -> None:
        """Write everything down, one JSON object a line: a failed run can be looked into."""
        kinds = {"acknowledged": self.acknowledged, "refused": self.refused, "seen": self.seen}
        with path.open("w", encoding="utf-8") as file:
            for kind, entries in kinds.items():
                file.writelines(
                    json.dumps({"kind": kind, **asdict(entry)}) + "\n"
                    for entry in entries  # type: ignore[attr-defined]  # lists of one class each
                )
