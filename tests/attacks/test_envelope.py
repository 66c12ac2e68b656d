"""The pattern of plain records accepts nothing that a look at each field would refuse."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.export.verification import records as second
from shared.export.verification.findings import BrokenError as SecondError
from shared.verifier.bundle import split
from shared.verifier.envelope import Record, read, read_slowly
from shared.verifier.errors import BrokenError
from tests.attacks.make_bundle import FEEDBACK, TENANT, full

ENTRIES = f"logs/{FEEDBACK}/tile/entries/000"
RECORDS = list(split(full()[ENTRIES]))
PIECES = [
    b'"', b"\\", b" ", b"\n", b"\x00", b"0", b"-0", b"1.0", b"null", b"{}", b"[]", b",", b":",
    b'"f":"duban/1","id":"', b',"data":{', '"é":'.encode(), "é".encode(), "e\u0301".encode(),
    b"\xff", b'"a":1,', b'"f":"duban/1"', b"log.", b"\\u0041",
]  # fmt: skip


@st.composite
def altered(draw: st.DrawFn) -> bytes:
    """A record of a log with some bytes cut out and others put in."""
    raw = draw(st.sampled_from(RECORDS))
    start = draw(st.integers(0, len(raw)))
    end = min(len(raw), start + draw(st.integers(0, 3)))
    put_in = draw(st.sampled_from(PIECES) | st.binary(max_size=3))
    return raw[:start] + put_in + raw[end:]


def outcome(reading: Callable[[bytes, str, str], Record], raw: bytes) -> Record | str:
    try:
        return reading(raw, FEEDBACK, TENANT)
    except BrokenError as error:
        return error.code


def test_plain_records_read_alike() -> None:
    for raw in RECORDS:
        assert outcome(read, raw) == outcome(read_slowly, raw)


@settings(max_examples=2000)
@given(raw=altered())
def test_altered_records_read_alike(raw: bytes) -> None:
    assert outcome(read, raw) == outcome(read_slowly, raw)


@settings(max_examples=2000)
@given(raw=altered())
def test_both_verifiers_read_the_same_out_of_altered_records(raw: bytes) -> None:
    found = outcome(read, raw)
    try:
        told = second.read(raw, FEEDBACK, TENANT)
    except SecondError:
        assert isinstance(found, str)
        return
    assert found == Record(
        told.stream, told.version, told.prev, told.id, told.causation, told.type, told.facts,
        told.written,
    )  # fmt: skip
