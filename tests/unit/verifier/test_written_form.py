"""Both verifications find the one written form of a record, as plain writing again would."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.export.verification.findings import BrokenError as SecondError
from shared.export.verification.records import parsed
from shared.verifier.errors import BrokenError
from shared.verifier.records import parse

Parse = Callable[[bytes], Any]
KEYS = st.from_regex(r"[a-z0-9_$]{1,8}", fullmatch=True)
SCALARS = st.text(max_size=8) | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
PARSES = pytest.mark.parametrize("look", [parse, parsed], ids=["verify.pyz", "duban verify"])


def written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def accepts(look: Parse, raw: bytes) -> bool:
    try:
        look(raw)
    except (BrokenError, SecondError) as error:
        return error.code in ("not-nfc", "control-character")
    return True


@PARSES
@settings(max_examples=50, deadline=None)
@given(value=st.dictionaries(KEYS, VALUES, max_size=4))
def test_what_is_written_so_is_taken(look: Parse, value: dict[str, Any]) -> None:
    assert accepts(look, written(value).encode())


@PARSES
@settings(max_examples=100, deadline=None)
@given(
    value=st.dictionaries(KEYS, VALUES, min_size=1, max_size=4),
    at=st.integers(0, 200),
    put=st.sampled_from([" ", "\n", "\\u0061", "\\/", "-0", "0", ".0", "e1", '"', ",", "\t", "{}"]),
)
def test_what_is_written_otherwise_is_refused(
    look: Parse, value: dict[str, Any], at: int, put: str
) -> None:
    text = written(value)
    at = min(at, len(text))
    changed = text[:at] + put + text[at:]
    assert accepts(look, changed.encode()) <= is_written_so(changed)


def is_written_so(text: str) -> bool:
    try:
        return written(json.loads(text)) == text
    except ValueError:
        return False


@PARSES
@pytest.mark.parametrize(
    "text",
    ['{"b":1,"a":2}', '{"a":1,"a":1}', '{"a":{"c":1,"b":2}}', '{"a":-0}', '{"a":1} ', ' {"a":1}',
     '{"a" :1}', '{"a":1,"b":[1, 2]}', '{"a":"\\u00e9"}', '{"a":"\\/"}', '{"a":1.0}', '{"a":1e3}',
     '{"a":NaN}', '{"a":01}', '{"a":9007199254740992}', '{"a":null}', '{"A":1}', "[]", '"a"', "",
     '{"a":1}{"a":1}', '{"a":1,"a":"x:y"}', '{"a":"b:c","a":2}'],
)  # fmt: skip
def test_no_other_form_is_taken(look: Parse, text: str) -> None:
    assert not accepts(look, text.encode())
