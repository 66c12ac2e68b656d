"""One record: its one written form, its envelope, and its place in its stream."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, NoReturn

from pydantic_core import from_json, to_json

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
_MOST_SHAPES = 10_000
_STRINGS = {str}
_TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z",
    re.ASCII,
)
_NAMESPACE = EVENT_NAMESPACE.bytes
_DATA, _AFTER_DATA = b',"data":', b',"f":"duban/1","id":"'
_CLASSES = ("C0", "C1", "C2", "C3", "C4", "C5")
_shapes: set[tuple[str, ...]] = set()
"""Sorted keys of objects that were found right."""


class Told(NamedTuple):
    """What a record says; `written` are the bytes of its facts."""

    service: str
    tenant: str
    type: str
    stream: str
    version: int
    prev: str
    id: str
    causation: str
    facts: Fields
    written: bytes


def read(raw: bytes, service: str, tenant: str) -> Told:
    """Return what a record of this log says; raises BrokenError unless it is right by itself.

    An empty `tenant` is not compared.
    """
    told = _plain(raw)
    if told is None:
        record = parsed(raw)
        require_envelope(record)
        told = _told_by(record, raw)
    if not _is_of(told, service, tenant):
        raise BrokenError("foreign-record", "a record belongs to another log")
    return told


def _plain(raw: bytes) -> Told | None:
    """Return what a record says about which there is no doubt; None for a longer look."""
    at = raw.rfind(_AFTER_DATA)
    first, last = _FIRST_FIELDS.match(raw), _LAST_FIELDS.fullmatch(raw, max(at, 0))
    if first is None or last is None:
        return None
    written = raw[first.end() : at]
    facts = _plain_facts(written)
    if facts is None:
        return None
    event_id, prev, service, stream, tenant, event_type, version = last.groups()
    return Told(
        service.decode(), tenant.decode(), event_type.decode(), stream.decode(), int(version),
        prev.decode(), event_id.decode(), first[1].decode(), facts, written,
    )  # fmt: skip


def _told_by(record: Fields, raw: bytes) -> Told:
    start, end = raw.index(_DATA) + len(_DATA), raw.rindex(_AFTER_DATA)
    names = ("service", "tenant", "type", "stream", "version", "prev", "id", "causation", "data")
    return Told._make([*map(record.__getitem__, names), raw[start:end]])


def _plain_facts(raw: bytes) -> Fields | None:
    if b"\\" in raw or not (raw.isascii() or _is_normal(raw)):
        return None
    try:
        facts = from_json(raw, allow_inf_nan=False, cache_strings="keys")
        _require_values({"data": facts})
    except (ValueError, BrokenError):
        return None
    return facts if type(facts) is dict and to_json(facts) == raw else None


def _is_normal(raw: bytes) -> bool:
    return unicodedata.is_normalized("NFC", raw.decode(errors="replace"))


def parsed(raw: bytes) -> Fields:
    """Return the fields of a record; raises BrokenError unless it is in its one written form."""
    try:
        value = from_json(raw, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        value = _slowly_parsed(raw)
    if type(value) is not dict:
        raise BrokenError("not-json", "a record is not an object")
    _require_values(value)
    if _written(value) != raw:
        _explain(raw)
    text = raw.decode()
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        _require_each(value, _require_normal)
    if "\\" in text:
        _require_each(value, _require_plain)
    return value


def _written(value: Fields) -> bytes:
    """Return a value in its written form; its keys are known to be sorted."""
    try:
        return to_json(value)
    except (ValueError, RecursionError):
        return _encode(value).encode("utf-8", "surrogatepass")


def require_envelope(record: Fields) -> None:
    """Raise BrokenError unless the record has the fields of a record."""
    if record.keys() != _ALL or not _has_types(record):
        raise BrokenError("fields", "fields of a record are missing, unknown or of a wrong type")
    if record["f"] != "duban/1":
        raise BrokenError("foreign-record", "a record is written in another format")
    if not _TIME.fullmatch(record["time"]) or record["class"] not in _CLASSES:
        raise BrokenError("fields", "time or class of a record is not written as it must be")


def _is_of(told: Told, service: str, tenant: str) -> bool:
    """Return whether a record belongs into the log of this service; any tenant is "" 's."""
    is_ours = told.service == service and tenant in ("", told.tenant) and bool(told.stream)
    return is_ours and told.type.startswith((f"{service}.", "log."))


def id_at(service: str, stream: str, version: int) -> str:
    """Return the id of the record at this place (UUID version 5), as `event_id` does, but fast."""
    place = f"{service}\n{stream}\n{version}".encode()
    raw = bytearray(hashlib.sha1(_NAMESPACE + place, usedforsecurity=False).digest()[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x50, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _explain(raw: bytes) -> NoReturn:
    """Say in which way a record is not in its one written form."""

    def once(pairs: list[tuple[str, Any]]) -> Fields:
        if len(dict(pairs)) != len(pairs):
            raise BrokenError("duplicate-key", "a key stands twice in a record")
        return dict(pairs)

    json.loads(raw, object_pairs_hook=once)
    raise BrokenError("not-canonical", "a record is not in its one written form")


def _slowly_parsed(raw: bytes) -> Any:
    """Parse what the fast parser refuses: it is deeply nested, or no JSON at all."""
    try:
        return json.loads(raw.decode(), parse_constant=float)
    except (ValueError, RecursionError):
        raise BrokenError("not-json", "a record is not JSON") from None


def _require_values(value: Fields) -> None:
    """Raise BrokenError for odd or unsorted keys, floats, null and large integers."""
    waiting = [value]
    while waiting:
        one: Any = waiting.pop()
        if type(one) is dict:
            if tuple(one) not in _shapes:
                _learn(tuple(one))
            one = one.values()
        for inner in one:
            kind = type(inner)
            if kind is dict or kind is list:
                waiting.append(inner)
            elif kind is not str:
                _require_scalar(inner)


def _require_scalar(value: Any) -> None:
    if value is None:
        raise BrokenError("null", "a record holds null")
    if type(value) is float:
        raise BrokenError("float", "a record holds a number that is not an integer")
    if abs(value) > _LARGEST:
        raise BrokenError("large-integer", "an integer in a record is too large")


def _learn(keys: tuple[str, ...]) -> None:
    if not all(map(_KEY.fullmatch, keys)):
        raise BrokenError("odd-key", "a key in a record has characters that no key has")
    if list(keys) != sorted(keys):
        raise BrokenError("not-canonical", "the keys in a record are not sorted")
    if len(_shapes) < _MOST_SHAPES:
        _shapes.add(keys)


def _require_normal(text: str) -> None:
    if not unicodedata.is_normalized("NFC", text):
        raise BrokenError("not-nfc", "text in a record is not in Unicode normal form C")


def _require_plain(text: str) -> None:
    if _UNWANTED.search(text):
        raise BrokenError("control-character", "text in a record holds a control character")


def _require_each(value: Any, require: Callable[[str], None]) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if type(one) is dict:
            waiting.extend(one.values())
        elif type(one) is list:
            waiting.extend(one)
        elif type(one) is str:
            require(one)


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


def _fields_pattern(names: Iterable[str]) -> str:
    """Return the pattern of these fields as they stand in a plain record, one after the other."""
    return ",".join(f'"{name}":{_FORMS[name]}' for name in names)


_PLAIN_TEXT = '"[ !#-\\[\\]-~]*"'
_FORMS = {
    **dict.fromkeys(_TEXTS, _PLAIN_TEXT),
    **{
        name: f'"(?P<{name}>{_PLAIN_TEXT[1:-1]})"'
        for name in ("causation", "id", "prev", "service", "stream", "tenant", "type")
    },
    "actor": "{" + ",".join(f'"{name}":{_PLAIN_TEXT}' for name in sorted(_ACTOR)) + "}",
    "class": f'"(?:{"|".join(_CLASSES)})"',
    "data": "",
    "f": '"duban/1"',
    "schema": "[1-9][0-9]{0,14}",
    "time": f'"{_TIME.pattern}"',
    "version": "(?P<version>[1-9][0-9]{0,14})",
}
_NAMES = sorted(_ALL)
_UPTO_DATA = _NAMES.index("data") + 1
_FIRST_FIELDS = re.compile(("{" + _fields_pattern(_NAMES[:_UPTO_DATA])).encode())
_LAST_FIELDS = re.compile(("," + _fields_pattern(_NAMES[_UPTO_DATA:]) + "}").encode())
"""The fields before and after the facts; any other way of writing them takes a longer look."""

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
