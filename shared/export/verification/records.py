"""One record: its one written form, its envelope, and its place in its stream."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from pydantic_core import SchemaValidator, ValidationError, core_schema, from_json, to_json

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
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z",
    re.ASCII,
)
_NAMESPACE = EVENT_NAMESPACE.bytes
_DATA, _AFTER_DATA = b',"data":', b',"f":"duban/1","id":"'
_CLASSES = ("C0", "C1", "C2", "C3", "C4", "C5")
_shapes: set[tuple[str, ...]] = set()
"""Sorted keys of objects that were found right."""


def read(raw: bytes, service: str, tenant: str) -> Fields:
    """Return the fields of a record of this log; raises BrokenError unless it is right by itself.

    An empty `tenant` is not compared.
    """
    record = _plain(raw)
    if record is None or not _is_of(record, service, tenant):
        record = parsed(raw)
        require_envelope(record, service, tenant)
    return record


def _plain(raw: bytes) -> Fields | None:
    """Return the fields of a record about which there is no doubt; None for a longer look."""
    if b"\\" in raw or not (raw.isascii() or _is_normal(raw)):
        return None
    try:
        record: Fields = _RECORD.validate_json(raw)
        _require_values(record["data"])
    except (ValidationError, BrokenError):
        return None
    return record if to_json(record) == raw else None


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


def require_envelope(record: Fields, service: str, tenant: str) -> None:
    """Raise BrokenError unless the record has the fields of a record of this log."""
    if record.keys() != _ALL or not _has_types(record):
        raise BrokenError("fields", "fields of a record are missing, unknown or of a wrong type")
    if record["f"] != "duban/1" or not _is_of(record, service, tenant):
        raise BrokenError("foreign-record", "a record belongs to another log")
    if not _TIME.fullmatch(record["time"]) or record["class"] not in _CLASSES:
        raise BrokenError("fields", "time or class of a record is not written as it must be")


def _is_of(record: Fields, service: str, tenant: str) -> bool:
    """Return whether a record belongs into the log of this service; any tenant is "" 's."""
    is_ours = record["service"] == service and tenant in ("", record["tenant"])
    return is_ours and record["stream"] != "" and record["type"].startswith((f"{service}.", "log."))


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


def _fields(types: Mapping[str, core_schema.CoreSchema]) -> core_schema.CoreSchema:
    """Return the schema of an object with these fields and no others, in canonical order."""
    fields = {name: core_schema.typed_dict_field(types[name]) for name in sorted(types)}
    return core_schema.typed_dict_schema(fields, extra_behavior="forbid", strict=True)


_TEXT = core_schema.str_schema(strict=True)
_COUNT = core_schema.int_schema(strict=True, ge=1, le=_LARGEST)
_RECORD = SchemaValidator(
    _fields(
        {
            **dict.fromkeys(_TEXTS, _TEXT),
            "f": core_schema.literal_schema(["duban/1"]),
            "class": core_schema.literal_schema(list(_CLASSES)),
            "time": core_schema.str_schema(strict=True, pattern=f"^{_TIME.pattern}$"),
            "version": _COUNT,
            "schema": _COUNT,
            "actor": _fields(dict.fromkeys(_ACTOR, _TEXT)),
            "data": core_schema.dict_schema(strict=True),
        }
    )
)
"""The envelope as one schema; what else a record must be, its written form and facts tell."""

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
