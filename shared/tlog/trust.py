"""Trust notes: which keys count for which log, signed by the root key.

    duban-trust/1
    tenant city:yunlan
    version 2
    prev <SHA-256 of the note before, or ->
    log feedback <vkey> 0-812345
    log feedback <vkey> 812346-
    witness audit <vkey>
    quorum 1
    reducer duban-reducers 1.0.0 sha256:<hex>

A range names the sizes of checkpoints that a key may sign; an open one has no end. Each note
names the digest of the one before, byte for byte with its signatures.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shared.tlog.cosignatures import Cosignature, cosignatures
from shared.tlog.notes import (
    COSIGNATURE,
    ED25519,
    Note,
    NoteError,
    Signer,
    VerifierKey,
    sign,
    verified,
)

HEADER = "duban-trust/1"
NONE = "-"

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_RANGE = re.compile(r"(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})?", re.ASCII)
_PREV = re.compile(r"-|[0-9a-f]{64}", re.ASCII)
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class LogKey:
    """A key that signs one service's checkpoints of these sizes; `last` None = without end."""

    service: str
    key: VerifierKey
    first: int = 0
    last: int | None = None

    def covers(self, size: int) -> bool:
        return self.first <= size and (self.last is None or size <= self.last)

    def line(self) -> str:
        end = "" if self.last is None else self.last
        return f"log {self.service} {self.key} {self.first}-{end}"


@dataclass(frozen=True)
class Reducer:
    """Which reducers made the states in the log."""

    name: str
    version: str
    digest: str

    def line(self) -> str:
        return f"reducer {self.name} {self.version} sha256:{self.digest}"


@dataclass(frozen=True)
class Trust:
    """What one trust note says."""

    tenant: str
    version: int
    prev: str
    logs: tuple[LogKey, ...]
    witnesses: tuple[tuple[str, VerifierKey], ...] = ()
    quorum: int = 0
    reducers: tuple[Reducer, ...] = ()

    def text(self) -> str:
        """Return the note's text."""
        lines = [
            HEADER,
            f"tenant {self.tenant}",
            f"version {self.version}",
            f"prev {self.prev or NONE}",
            *(log.line() for log in self.logs),
            *(f"witness {name} {key}" for name, key in self.witnesses),
            f"quorum {self.quorum}",
            *(reducer.line() for reducer in self.reducers),
        ]
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Trust":
        """Return what a note's text says; raises NoteError unless it is the one written form."""
        lines = iter(text.removesuffix("\n").split("\n"))
        try:
            found = _read(lines)
        except (StopIteration, ValueError, IndexError) as error:
            raise NoteError("not a trust note") from error
        if found.text() != text:
            raise NoteError("a trust note is not in its one written form")
        return found

    def keys_for(self, service: str, size: int) -> list[VerifierKey]:
        """Return the keys that may sign a checkpoint of this size of a service's log."""
        return [log.key for log in self.logs if log.service == service and log.covers(size)]

    @property
    def witness_keys(self) -> list[VerifierKey]:
        return [key for _, key in self.witnesses]

    def witnessed(self, note: Note) -> list[Cosignature]:
        """Return the cosignatures that count, one of each witness; compare with `quorum`.

        Raises NoteError when one of a named witness does not verify.
        """
        found = cosignatures(note, self.witness_keys)
        return list({one.key.public: one for one in found}.values())

    def says_the_same_as(self, other: "Trust") -> bool:
        """Whether only the place in the chain differs."""
        return replace(self, version=other.version, prev=other.prev) == other


def chain(notes: Sequence[bytes], root: VerifierKey) -> list[Trust]:
    """Return what the notes say, the first first; the last one counts.

    Raises NoteError unless the root key signed every one, the versions count from 1, each names
    the digest of the one before and all are of one tenant.
    """
    if not notes:
        raise NoteError("there is no trust note")
    found: list[Trust] = []
    before = NONE
    for number, raw in enumerate(notes, start=1):
        trust = Trust.parse(verified(raw, [root]).text)
        if trust.version != number or trust.prev != before:
            raise NoteError(f"trust note {number} does not follow the one before")
        if trust.tenant != (found[0].tenant if found else trust.tenant):
            raise NoteError(f"trust note {number} is of another tenant")
        found.append(trust)
        before = digest(raw)
    return found


def following(trust: Trust, notes: Sequence[bytes], signer: Signer) -> Note:
    """Return this as the next signed note of the chain: its place there is filled in."""
    prev = digest(notes[-1]) if notes else NONE
    return sign(replace(trust, version=len(notes) + 1, prev=prev).text(), signer)


def digest(raw: bytes) -> str:
    """Return the SHA-256 of a note by which the next one names it."""
    return hashlib.sha256(raw).hexdigest()


def _read(lines: Iterator[str]) -> Trust:
    if next(lines) != HEADER:
        raise ValueError("another header")
    tenant = _after("tenant", next(lines))
    version = _number(_after("version", next(lines)))
    prev = _matching(_PREV, _after("prev", next(lines)))
    rest = [line.split(" ") for line in lines]
    quorums = [_number(words[1]) for words in rest if words[0] == "quorum"]
    if len(quorums) != 1:
        raise ValueError("one quorum")
    found = Trust(
        tenant,
        version,
        prev,
        tuple(_log(words) for words in rest if words[0] == "log"),
        tuple(_witness(words) for words in rest if words[0] == "witness"),
        quorums[0],
        tuple(_reducer(words) for words in rest if words[0] == "reducer"),
    )
    _require_independent(found)
    return found


def _require_independent(trust: Trust) -> None:
    witnesses = {key.public for key in trust.witness_keys}
    if trust.quorum > len(witnesses):
        raise NoteError("a trust note asks for more witnesses than it names")
    if witnesses & {log.key.public for log in trust.logs}:
        raise NoteError("a trust note has a log be its own witness")


def _log(words: Sequence[str]) -> LogKey:
    _, service, key, sizes = words
    found = _RANGE.fullmatch(sizes)
    if found is None:
        raise ValueError("a range of sizes")
    last = int(found[2]) if found[2] else None
    return LogKey(service, _key(key, ED25519), int(found[1]), last)


def _witness(words: Sequence[str]) -> tuple[str, VerifierKey]:
    _, name, key = words
    return name, _key(key, COSIGNATURE)


def _reducer(words: Sequence[str]) -> Reducer:
    _, name, version, named = words
    return Reducer(name, version, named.removeprefix("sha256:"))


def _key(text: str, kind: int) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.kind != kind:
        raise NoteError("a trust note names a key of the wrong type")
    return key


def _after(word: str, line: str) -> str:
    first, _, rest = line.partition(" ")
    if first != word:
        raise ValueError(word)
    return _matching(_WORD, rest)


def _number(text: str) -> int:
    return int(_matching(_NUMBER, text))


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text
