"""The span collector counts what a real exporter sends, and nothing else."""

from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import set_span_in_context

from shared.embedded.collector import SpanCollector


@pytest.fixture
def collector() -> Iterator[SpanCollector]:
    collector = SpanCollector()
    collector.start()
    yield collector
    collector.stop()


def traced(service: str, collector: SpanCollector) -> TracerProvider:
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    exporter = OTLPSpanExporter(endpoint=f"{collector.endpoint}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


class TestSpanCollector:
    def test_finds_the_trace_that_joins_the_most_services(self, collector: SpanCollector) -> None:
        feedback, rectification = traced("feedback", collector), traced("rectification", collector)
        alone = feedback.get_tracer("test").start_span("alone")
        alone.end()
        command = feedback.get_tracer("test").start_span("command")
        effect = rectification.get_tracer("test").start_span(
            "effect", context=set_span_in_context(command)
        )
        effect.end()
        command.end()
        feedback.shutdown()
        rectification.shutdown()
        assert collector.services_in_one_trace() == {"feedback", "rectification"}
        assert collector.span_count() == 3
        assert len(collector.traces()) == 2

    def test_has_seen_nothing_at_first(self, collector: SpanCollector) -> None:
        assert collector.services_in_one_trace() == frozenset()

    @pytest.mark.parametrize(("path", "body"), [("/v1/metrics", b"x"), ("/v1/traces", b"")])
    def test_refuses_what_is_no_export_of_spans(
        self, collector: SpanCollector, path: str, body: bytes
    ) -> None:
        answer = httpx.post(f"{collector.endpoint}{path}", content=body, trust_env=False)
        assert answer.is_client_error
        assert collector.span_count() == 0
