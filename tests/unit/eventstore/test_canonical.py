"""Canonical JSON: one value, one byte string, whichever library writes it."""

import unicodedata
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.eventstore import canonical
from shared.kernel.errors import NotCanonicalError

keys = st.from_regex(r"[a-z0-9_$]{1,12}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40).map(
    lambda text: unicodedata.normalize("NFC", text)
)
scalars = texts | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)


@given(st.dictionaries(keys, values, max_size=6))
def test_the_bytes_are_those_of_rfc_8785(value: dict[str, Any]) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(st.dictionaries(keys, values, max_size=6))
def test_decoding_gives_back_what_was_encoded(value: dict[str, Any]) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        {"rate": 0.5},
        {"absent": None},
        {"big": 2**53},
        {"Key": 1},
        {"text": "e\u0301"},
        {"text": "a\u0000b"},
        {"text": "\ud800"},
    ],
    ids=["float", "null", "integer", "key", "not-nfc", "control", "surrogate"],
)
def test_what_has_no_canonical_form_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(NotCanonicalError):
        canonical.encode(value)


def test_a_record_over_65535_bytes_is_refused() -> None:
    with pytest.raises(NotCanonicalError):
        canonical.encode({"text": "督" * 22_000})


@pytest.mark.parametrize(
    "raw",
    [b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a": 1}', b"[1]", b"{", b'{"a":1.0}', b"\xff"],
    ids=["twice", "unsorted", "blank", "list", "broken", "float", "not-utf8"],
)
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        canonical.decode(raw)
