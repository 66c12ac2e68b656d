"""Canonical JSON: RFC 8785, restricted so that every JSON library agrees on the bytes.

Integers only (within ±(2^53 − 1)), no floats, no null; keys ASCII `[a-z0-9_$]`; text in Unicode
normal form C without control characters other than line feed and tab; at most 65,535 bytes.
"""

import json
import re
import unicodedata
from functools import lru_cache
from typing import Any

from shared.kernel.errors import NotCanonicalError

MAX_BYTES = 65_535
_MAX_INTEGER = 2**53 - 1
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_KEY = re.compile(r"^[a-z0-9_$]{1,64}$")
_FORBIDDEN_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")


def encode(value: dict[str, Any]) -> bytes:
    """Return the canonical bytes of `value`; raises NotCanonicalError for anything outside."""
    _require_canonical(value)
    raw = _ENCODER.encode(value).encode()
    if len(raw) > MAX_BYTES:
        raise NotCanonicalError(f"{len(raw)} bytes, at most {MAX_BYTES} are allowed")
    return raw


def decode(raw: bytes) -> dict[str, Any]:
    """Return the value of canonical bytes; raises NotCanonicalError if they are not canonical."""
    try:
        value = json.loads(raw, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise NotCanonicalError("not JSON") from error
    if not isinstance(value, dict) or encode(value) != raw:
        raise NotCanonicalError("not in canonical form")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonicalError("a key stands twice")
    return found


def _require_canonical(value: dict[str, Any]) -> None:
    waiting: list[Any] = [value]
    for one in waiting:  # grows on the way
        if isinstance(one, dict):
            _require_keys(tuple(one))
            one = one.values()
        for inner in one:
            if type(inner) is str and inner.isascii() and inner.isprintable():
                continue  # most are: codes, numbers, digests
            if isinstance(inner, dict | list):
                waiting.append(inner)
            else:
                _require_scalar(inner)


def _require_scalar(value: Any) -> None:
    if isinstance(value, str):
        _require_canonical_text(value)
    elif not isinstance(value, int):
        raise NotCanonicalError(f"{type(value).__name__} has no canonical form")
    elif abs(value) > _MAX_INTEGER:
        raise NotCanonicalError("an integer is outside ±(2^53 − 1)")


@lru_cache(maxsize=4096)  # objects have few shapes; refusals are not remembered
def _require_keys(keys: tuple[Any, ...]) -> None:
    for key in keys:
        if not isinstance(key, str) or not _KEY.match(key):
            raise NotCanonicalError("a key is not of the form [a-z0-9_$]{1,64}")


def _require_canonical_text(text: str) -> None:
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise NotCanonicalError("text is not in Unicode normal form C")
    if _FORBIDDEN_CONTROL.search(text):
        raise NotCanonicalError("text holds a control character")
