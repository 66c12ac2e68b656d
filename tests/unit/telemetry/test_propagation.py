"""The traceparent: read and written as W3C says, and nonsense is no trace."""

import pytest

from shared.telemetry.propagation import (
    current_traceparent,
    link_from_traceparent,
    links_from,
    trace_id_of,
)
from shared.telemetry.spans import process_span

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class TestTraceparent:
    def test_is_handed_on_as_it_came_where_nobody_gets_spans(self) -> None:
        with process_span("feedback.events", GIVEN):
            assert current_traceparent() == GIVEN
        assert current_traceparent() == ""

    def test_becomes_a_link(self) -> None:
        link = link_from_traceparent(GIVEN)

        assert link is not None
        assert f"{link.context.span_id:016x}" == "b7ad6b7169203331"
        assert trace_id_of(GIVEN) == "0af7651916cd43dd8448eb211c80319c"
        assert len(links_from(GIVEN, "", GIVEN)) == 1

    @pytest.mark.parametrize("text", ["", "00-0-0-00", "nonsense", f"00-{'0' * 32}-{'0' * 16}-01"])
    def test_that_is_nonsense_names_nothing(self, text: str) -> None:
        assert link_from_traceparent(text) is None
        assert trace_id_of(text) == ""
