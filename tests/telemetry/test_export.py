"""Spans leave the process by OTLP and arrive; without an endpoint none leaves."""

from collections.abc import Iterator

import pytest

from shared.embedded.collector import SpanCollector
from shared.telemetry.propagation import current_trace_id, current_traceparent
from shared.telemetry.setup import setup, shutdown
from shared.telemetry.spans import process_span, server_span


@pytest.fixture
def collector() -> Iterator[SpanCollector]:
    started = SpanCollector()
    started.start()
    yield started
    started.stop()


class TestExport:
    def test_joins_two_services_in_one_trace(self, collector: SpanCollector) -> None:
        setup("feedback", collector.endpoint)
        with server_span("POST", "/v1/x", {}):
            trace, trace_id = current_traceparent(), current_trace_id()
        shutdown()
        setup("rectification", collector.endpoint)
        with process_span("feedback.events", trace):
            pass
        shutdown()

        assert collector.traces()[trace_id] == {"feedback": 1, "rectification": 1}

    def test_follows_a_caller_that_has_no_endpoint(self, collector: SpanCollector) -> None:
        with server_span("POST", "/v1/x", {}):
            trace, trace_id = current_traceparent(), current_trace_id()
        setup("rectification", collector.endpoint)
        with process_span("feedback.events", trace):
            pass
        shutdown()

        assert collector.traces()[trace_id] == {"rectification": 1}

    def test_without_an_endpoint_there_is_a_trace_id_and_no_span(
        self, collector: SpanCollector
    ) -> None:
        setup("feedback")
        with server_span("POST", "/v1/x", {}):
            assert len(current_trace_id()) == 32
            assert current_traceparent().endswith("-01")  # whoever follows may keep its spans
        shutdown()

        assert collector.span_count() == 0
