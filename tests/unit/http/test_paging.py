"""Cursors and ETags: what we wrote we read again, anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.etags import etag_of, version_of
from shared.http.paging import decode_cursor, encode_cursor, page_of
from shared.kernel.errors import InvalidValueError


class TestCursor:
    @given(st.text(max_size=30), st.integers(-(2**60), 2**60))
    def test_is_read_as_it_was_written(self, name: str, number: int) -> None:
        assert decode_cursor(encode_cursor(name, number), str, int) == (name, number)

    @given(st.text(max_size=40))
    def test_that_is_not_ours_is_refused_or_well_formed(self, text: str) -> None:
        try:
            key = decode_cursor(text, str, int)
        except InvalidValueError:
            return
        assert key is not None
        assert [type(part) for part in key] == [str, int]

    def test_of_another_list_is_refused(self) -> None:
        with pytest.raises(InvalidValueError):
            decode_cursor(encode_cursor("a"), str, int)


class TestPage:
    def test_has_a_next_only_when_there_is_more(self) -> None:
        def key(row: int) -> tuple[int]:
            return (row,)

        first, last = page_of([1, 2, 3], 2, key), page_of([3], 2, key)

        assert (first.items, first.next) == ([1, 2], encode_cursor(2))
        assert (last.items, last.next) == ([3], None)


class TestEtag:
    @given(st.integers(1, 10**9))
    def test_is_read_as_it_was_written(self, version: int) -> None:
        assert version_of(etag_of(version)) == version

    def test_may_be_absent(self) -> None:
        assert version_of(None) is None

    @given(st.text(max_size=12))
    def test_that_is_not_ours_is_refused(self, text: str) -> None:
        if text.strip().strip('"').isascii() and text.strip().strip('"').isdecimal():
            return
        with pytest.raises(InvalidValueError):
            version_of(text)
