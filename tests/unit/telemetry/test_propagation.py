"""The traceparent: read and written as W3C says, and nonsense is no trace."""

import pytest

from shared.telemetry.propagation import (
    context_from_traceparent,
    current_traceparent,
    link_from_traceparent,
    links_from,
    trace_id_of,
)
from shared.telemetry.setup import tracer

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class TestTraceparent:
    def test_names_the_current_span_and_that_it_is_not_recorded(self) -> None:
        with tracer().start_as_current_span("a", context=context_from_traceparent(GIVEN)) as span:
            found = span.get_span_context()
            assert current_traceparent() == (
                f"00-0af7651916cd43dd8448eb211c80319c-{found.span_id:016x}-00"
            )
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
