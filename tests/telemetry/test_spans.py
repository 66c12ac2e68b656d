"""Kinds, parents and links of the spans, as the conventions and the architecture say."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from shared.telemetry.names import Attribute
from shared.telemetry.propagation import current_traceparent, traceparent_of
from shared.telemetry.spans import (
    answered,
    append_span,
    poll_span,
    process_span,
    reaction_span,
    send_batch_span,
    send_span,
    server_span,
)

TOPIC = "feedback.events"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def named(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def context_of(span: ReadableSpan) -> SpanContext:
    found: SpanContext | None = span.context
    assert found is not None
    return found


def linked(span: ReadableSpan) -> list[int]:
    return [link.context.span_id for link in span.links]


class TestOneTrace:
    def test_joins_the_command_its_append_and_its_effect_in_another_service(
        self, spans: InMemorySpanExporter
    ) -> None:
        with server_span("POST", "/v1/x", {"traceparent": CALLER}) as span:
            with append_span("feedback", 1):
                record_trace = current_traceparent()
            answered(span, "POST", "/v1/{x}", 201)
        with send_span(TOPIC, record_trace):
            pass
        with poll_span(TOPIC, 1) as polled:
            batch = traceparent_of(polled)
        with process_span(TOPIC, record_trace, batch):
            reaction = reaction_span("open_case_when_feedback_is_issued", "feedback.issued")
            with reaction, append_span("rectification", 2):
                pass

        found = named(spans)
        trace = int("0af7651916cd43dd8448eb211c80319c", 16)
        in_trace = {name for name, span in found.items() if context_of(span).trace_id == trace}
        assert in_trace == {
            "POST /v1/{x}",
            "append feedback",
            f"process {TOPIC}",
            "react open_case_when_feedback_is_issued",
            "append rectification",
        }

    def test_the_server_span_is_a_child_of_the_caller(self, spans: InMemorySpanExporter) -> None:
        with server_span("GET", "/v1/x", {"traceparent": CALLER}) as span:
            answered(span, "GET", "/v1/{x}", 404)

        [server] = spans.get_finished_spans()
        assert server.parent is not None
        assert f"{server.parent.span_id:016x}" == "b7ad6b7169203331"
        assert server.kind is SpanKind.SERVER
        assert server.status.status_code is StatusCode.UNSET
        assert server.resource.attributes["service.name"] == "directory"

    def test_sending_is_linked_to_the_command_and_not_its_child(
        self, spans: InMemorySpanExporter
    ) -> None:
        with send_span(TOPIC, CALLER), send_batch_span(TOPIC, 3, [CALLER, CALLER, ""]):
            pass

        batch, single = spans.get_finished_spans()
        assert single.kind is batch.kind is SpanKind.PRODUCER
        assert single.parent is None
        assert linked(single) == linked(batch) == [int("b7ad6b7169203331", 16)]

    def test_processing_has_the_message_as_parent_and_links_its_batch(
        self, spans: InMemorySpanExporter
    ) -> None:
        with poll_span(TOPIC, 2) as polled:
            batch = traceparent_of(polled)
            with process_span(TOPIC, CALLER, batch):
                pass

        process, poll = spans.get_finished_spans()
        assert process.kind is SpanKind.CONSUMER
        assert process.parent is not None
        assert f"{process.parent.span_id:016x}" == "b7ad6b7169203331"
        assert linked(process) == [context_of(poll).span_id]
        assert process.attributes is not None
        assert process.attributes[Attribute.MESSAGING_OPERATION_TYPE] == "process"

    def test_a_failed_block_tells_the_class_of_the_error_only(
        self, spans: InMemorySpanExporter
    ) -> None:
        with pytest.raises(ValueError, match="138"), append_span("feedback", 1):
            raise ValueError("张三 13800000000")

        [span] = spans.get_finished_spans()
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description is None
        assert not span.events
        assert span.attributes is not None
        assert span.attributes[Attribute.ERROR_TYPE] == "ValueError"
