"""One record: canonical, complete, and at its place (V4).

There is one written form and no other: sorted keys, each once; no spaces; no needless escapes;
plain integers. A text that shows this by what does not stand in it (no escape, no space, no more
keys than were parsed) needs no second look; any other is written down again and compared.
"""

import hashlib
import json
import re
import unicodedata
from typing import Any, NoReturn
from uuid import UUID

from shared.verifier.errors import BrokenError

FORMAT = "duban/1"
MAX_RECORD = 65_535
_MAX_INTEGER = 2**53 - 1
_KEY = re.compile(r"[a-z0-9_$]{1,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_TIME = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])"
    r":[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
)
_NAMESPACE = UUID("5b0c8a8e-6f0e-5d0b-9a55-6475626e2f31").bytes
_TYPE_OF = {
    "actor": dict, "causation": str, "class": str, "command": str, "correlation": str,
    "data": dict, "f": str, "id": str, "policy": str, "prev": str, "schema": int, "service": str,
    "stream": str, "tenant": str, "time": str, "trace": str, "type": str, "version": int,
}  # fmt: skip
_FIELDS, _TYPES = tuple(_TYPE_OF), tuple(_TYPE_OF.values())
"""Sorted, as they stand in every canonical record."""

_ACTOR = ("org", "person_ref", "role", "via")
_ACTOR_TYPES = (str,) * len(_ACTOR)
_CLASSES = frozenset(("C0", "C1", "C2", "C3", "C4", "C5"))
_MOST_KNOWN = 10_000
_MINUS_ZERO = re.compile(rb"-0[,}\]]")


def parse(raw: bytes) -> dict[str, Any]:
    """Return the value of a record's bytes; raises BrokenError unless they are canonical."""
    try:
        text = raw.decode()
        value, end = _scan(text, 0)
    except (ValueError, StopIteration, RecursionError):
        raise BrokenError("not-json", "a record is not JSON") from None
    if type(value) is not dict:
        raise BrokenError("not-json", "a record is not an object")
    keys = _count_keys(value)
    if end != len(text) or not (_is_plain(raw, keys) or _is_rewritten(value, text)):
        _explain(text)
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        _require_normal(value)
    if b"\\" in raw:
        _require_plain(value)
    return value


def _is_plain(raw: bytes, keys: int) -> bool:
    """Return whether nothing in a text can be another way of writing its value.

    Without escapes and spaces, a quote before a colon ends a key, or begins a text with a colon:
    never are there fewer of these than keys, and more than were parsed when one stands twice.
    """
    if b"\\" in raw or b" " in raw or b"\n" in raw or b"\t" in raw or b"\r" in raw:
        return False
    return raw.count(b'":') == keys and not _MINUS_ZERO.search(raw)


def _is_rewritten(value: Any, text: str) -> bool:
    try:
        return "".join(_chunks(value, 0)) == text
    except RecursionError:
        raise BrokenError("not-json", "a record is nested too deeply") from None


def require_envelope(record: dict[str, Any], service: str, tenant: str) -> None:
    """Check the fields around the facts; raises BrokenError. An empty `tenant` is not compared."""
    if tuple(record) != _FIELDS:
        raise BrokenError("fields", "a record has missing or unknown fields")
    if tuple(map(type, record.values())) != _TYPES or not _is_actor(record["actor"]):
        raise BrokenError("fields", "a field of a record has the wrong type")
    if record["version"] < 1 or record["schema"] < 1:
        raise BrokenError("fields", "a version counts from 1")
    if record["f"] != FORMAT or record["service"] != service:
        raise BrokenError("foreign-record", f"a record belongs to {record['service']}, not here")
    if tenant and record["tenant"] != tenant:
        raise BrokenError("foreign-record", "a record belongs to another tenant")
    if not record["type"].startswith((service + ".", "log.")) or not record["stream"]:
        raise BrokenError("foreign-record", f"{record['type']} does not belong into this log")
    if not _TIME.fullmatch(record["time"]) or record["class"] not in _CLASSES:
        raise BrokenError("fields", "the time or the class of a record is not written as it must")


def _is_actor(actor: dict[str, Any]) -> bool:
    return tuple(actor) == _ACTOR and tuple(map(type, actor.values())) == _ACTOR_TYPES


def record_id(service: str, stream: str, version: int) -> str:
    """Return the id that follows from a record's place (UUID version 5)."""
    name = _NAMESPACE + f"{service}\n{stream}\n{version}".encode()
    found = hashlib.sha1(name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(found[16], 16) & 3]
    return f"{found[:8]}-{found[8:12]}-5{found[13:16]}-{variant}{found[17:20]}-{found[20:32]}"


def written_facts(raw: bytes) -> bytes:
    """Return the facts as they stand in the canonical bytes of a checked record."""
    start = raw.find(b',"data":{') + len(b',"data":')
    return raw[start : raw.rfind(b',"f":"duban/1","id":"')]


def _explain(text: str) -> NoReturn:
    """Say in what way a record differs from its one written form."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise BrokenError("duplicate-key", "a key stands twice in a record")
        return dict(pairs)

    try:
        json.loads(text, object_pairs_hook=once)
    except ValueError:
        raise BrokenError("not-json", "a record is not JSON") from None
    raise BrokenError("not-canonical", "a record is not in its one written form")


def _count_keys(value: dict[str, Any]) -> int:
    """Return how many keys there are, however deep; raises BrokenError for what no record holds."""
    count, objects = 0, [value]
    for one in objects:  # grows on the way
        keys = tuple(one)
        count += len(keys)
        if keys not in _known:
            _learn(keys)
        for inner in one.values():
            kind = type(inner)
            if kind is dict:
                objects.append(inner)
            elif kind is not str:
                _look_into(inner, objects)
    return count


def _look_into(value: Any, objects: list[dict[str, Any]]) -> None:
    """Check a number, or what is not text in a list; objects are only added to the others."""
    if type(value) is int:
        if not -_MAX_INTEGER <= value <= _MAX_INTEGER:
            raise BrokenError("large-integer", "an integer in a record is outside ±(2^53 - 1)")
    elif type(value) is dict:
        objects.append(value)
    elif type(value) is list:
        for inner in _flat(value):
            if type(inner) is not str:
                _look_into(inner, objects)
    elif value is None:
        raise BrokenError("null", "a record holds null")


def _flat(value: list[Any]) -> list[Any]:
    """Return what is in a list, and in lists in it; the lists themselves are left out."""
    found: list[Any] = []
    lists = [value]
    for one in lists:  # grows on the way
        for inner in one:
            (lists if type(inner) is list else found).append(inner)
    return found


_known: set[tuple[str, ...]] = set()
"""The keys of objects that were found right: these come again and again."""


def _learn(keys: tuple[str, ...]) -> None:
    if not all(map(_KEY.fullmatch, keys)):
        raise BrokenError("odd-key", "a key in a record has characters that no key has")
    if list(keys) != sorted(keys):
        raise BrokenError("not-canonical", "the keys in a record are not sorted")
    if len(_known) < _MOST_KNOWN:
        _known.add(keys)


def _no_float(_: str) -> NoReturn:
    raise BrokenError("float", "a record holds a number that is not an integer")


def _require_normal(value: Any) -> None:
    for text in _texts(value):
        if not unicodedata.is_normalized("NFC", text):
            raise BrokenError("not-nfc", "text in a record is not in Unicode normal form C")


def _require_plain(value: Any) -> None:
    for text in _texts(value):
        if _CONTROL.search(text):
            raise BrokenError("control-character", "text in a record holds a control character")


def _texts(value: Any) -> list[str]:
    """Return all text in a value."""
    return [one for one in _scalars(value) if isinstance(one, str)]


def _scalars(value: Any) -> list[Any]:
    """Return all that is neither object nor list in a value."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        else:
            found.append(one)
    return found


def _no_value(value: Any) -> NoReturn:
    raise BrokenError("not-json", f"{type(value).__name__} has no written form")


def _slow_chunks(value: Any, _: int) -> Any:
    return json.JSONEncoder(
        sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).iterencode(value)


_decoder: Any = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)
_scan = _decoder.scan_once
"""Parses without looking for spaces around, which no record has."""

_make_chunks: Any = json.encoder.c_make_encoder  # type: ignore[attr-defined]  # C only, see below
"""The encoder that `json.dumps` makes anew for every call; absent where Python has no C part."""

_chunks: Any = (
    _make_chunks(
        None, _no_value, json.encoder.encode_basestring, None, ":", ",", True, False, False
    )
    if _make_chunks
    else _slow_chunks
)
