"""One record: its one written form, its envelope, and its place in its stream."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NoReturn

from shared.export.verification.findings import BrokenError
from shared.kernel.ids import EVENT_NAMESPACE

Fields = dict[str, Any]

_TEXTS = frozenset(
    ("f", "tenant", "service", "stream", "prev", "id", "type", "time", "command", "correlation",
     "causation", "trace", "class", "policy")
)  # fmt: skip
_ALL = _TEXTS | {"version", "schema", "actor", "data"}
_ACTOR = {"person_ref", "org", "role", "via"}
_KEY = re.compile(r"[a-z0-9_$]{1,64}", re.ASCII)
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_LARGEST = 2**53 - 1
_SURELY_SMALL = 15
_STRINGS = {str}
_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z",
    re.ASCII,
)
_NAMESPACE = EVENT_NAMESPACE.bytes
_DATA, _AFTER_DATA = b',"data":', b',"f":"duban/1","id":"'
_keys: set[str] = set()


def parsed(raw: bytes) -> Fields:
    """Return the fields of a record; raises BrokenError unless it is in its one written form."""
    try:
        text = raw.decode()
        value = _decoder.decode(text)
    except (ValueError, RecursionError):
        raise BrokenError("not-json", "a record is not JSON") from None
    if type(value) is not dict:
        raise BrokenError("not-json", "a record is not an object")
    if _encode(value) != text:
        _explain(text)
    if _needs_a_look(text):
        for one in _leaves(value):
            _require_plain(one)
    return value


def require_envelope(record: Fields, service: str, tenant: str) -> None:
    """Raise BrokenError unless the record has the fields of a record of this log."""
    if record.keys() != _ALL or not _has_types(record):
        raise BrokenError("fields", "fields of a record are missing, unknown or of a wrong type")
    is_ours = record["f"] == "duban/1" and record["service"] == service
    is_ours &= tenant in ("", record["tenant"]) and bool(record["stream"])
    if not is_ours or not record["type"].startswith((f"{service}.", "log.")):
        raise BrokenError("foreign-record", "a record belongs to another log")
    if not _TIME.fullmatch(record["time"]) or record["class"] not in (
        "C0", "C1", "C2", "C3", "C4", "C5",
    ):  # fmt: skip
        raise BrokenError("fields", "time or class of a record is not written as it must be")


def facts_digest(raw: bytes) -> bytes:
    """Return SHA-256 of the facts as they stand in a record that was found canonical."""
    start, end = raw.index(_DATA) + len(_DATA), raw.rindex(_AFTER_DATA)
    return hashlib.sha256(memoryview(raw)[start:end]).digest()


def id_at(service: str, stream: str, version: int) -> str:
    """Return the id of the record at this place (UUID version 5), as `event_id` does, but fast."""
    place = f"{service}\n{stream}\n{version}".encode()
    raw = bytearray(hashlib.sha1(_NAMESPACE + place, usedforsecurity=False).digest()[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x50, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Streams:
    """Where each stream of a log stands. `is_whole`: the first record of each must be here."""

    def __init__(self, *, is_whole: bool = True) -> None:
        self._is_whole = is_whole
        self._last: dict[str, tuple[int, str]] = {}
        self._past: set[str] = set()
        self._expected: set[str] = set()

    def follow(self, raw: bytes, record: Fields) -> None:
        """Take the next record of a stream; raises BrokenError when it does not follow."""
        stream, version = record["stream"], record["version"]
        known = self._last.get(stream)
        self._last[stream] = (version, hashlib.sha256(raw).hexdigest())
        if known is None:
            if self._is_whole and (version, record["prev"]) != (1, ""):
                raise BrokenError("chain-start", f"{stream} begins with version {version}")
        elif version != known[0] + 1:
            raise BrokenError("chain-version", f"{stream} goes from {known[0]} to {version}")
        elif record["prev"] != known[1]:
            raise BrokenError("chain-prev", f"{stream} version {version} follows another record")
        if record["id"] != id_at(record["service"], stream, version):
            raise BrokenError("wrong-id", f"{stream} version {version} has another record's id")
        self._follow_cause(record)

    def _follow_cause(self, record: Fields) -> None:
        own, cause = record["id"], record["causation"]
        self._past.add(own)
        if own in self._expected:
            raise BrokenError("cause-later", f"{record['stream']}: its effect stands before it")
        if cause and cause not in self._past:
            self._expected.add(cause)


def _explain(text: str) -> NoReturn:
    """Say in which way a record is not in its one written form."""

    def once(pairs: list[tuple[str, Any]]) -> Fields:
        if len(dict(pairs)) != len(pairs):
            raise BrokenError("duplicate-key", "a key stands twice in a record")
        return dict(pairs)

    json.loads(text, object_pairs_hook=once)
    raise BrokenError("not-canonical", "a record is not in its one written form")


def _needs_a_look(text: str) -> bool:
    """Whether something may stand in there that plain comparison does not show."""
    is_normal = text.isascii() or unicodedata.is_normalized("NFC", text)
    return not is_normal or "\\" in text or "null" in text


def _require_plain(value: Any) -> None:
    if value is None:
        raise BrokenError("null", "a record holds null")
    if type(value) is str:
        if not unicodedata.is_normalized("NFC", value):
            raise BrokenError("not-nfc", "text in a record is not in Unicode normal form C")
        if _UNWANTED.search(value):
            raise BrokenError("control-character", "text in a record holds a control character")


def _leaves(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if type(one) is dict:
            waiting.extend(one.values())
        elif type(one) is list:
            waiting.extend(one)
        else:
            yield one


def _has_types(record: Fields) -> bool:
    version, schema, actor = record["version"], record["schema"], record["actor"]
    return (
        set(map(type, map(record.__getitem__, _TEXTS))) == _STRINGS
        and type(version) is type(schema) is int
        and version > 0
        and schema > 0
        and type(record["data"]) is type(actor) is dict
        and actor.keys() == _ACTOR
        and set(map(type, actor.values())) == _STRINGS
    )


def _object(fields: Fields) -> Fields:
    if not _keys.issuperset(fields):
        for key in fields:
            if not _KEY.fullmatch(key):
                raise BrokenError("odd-key", "a key in a record has characters that no key has")
        if len(_keys) < 10_000:
            _keys.update(fields)
    return fields


def _integer(digits: str) -> int:
    found = int(digits)
    if len(digits) > _SURELY_SMALL and abs(found) > _LARGEST:
        raise BrokenError("large-integer", "an integer in a record is too large")
    return found


def _no_float(_: str) -> NoReturn:
    raise BrokenError("float", "a record holds a number that is not an integer")


_decoder = json.JSONDecoder(
    object_hook=_object, parse_float=_no_float, parse_int=_integer, parse_constant=_no_float
)
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
