"""Starts and stops tracing for one process.

Without an endpoint no span is made, but trace ids are still drawn and handed on, so that records
and log lines always carry one.
"""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from shared.telemetry.names import INSTRUMENTATION, Attribute

EXPORT_EVERY_MS = 200
EXPORT_TIMEOUT_S = 5


class _Tracing:
    """The tracer provider of this process and its one tracer; none where nobody gets spans."""

    provider: TracerProvider | None = None
    tracer: Tracer | None = None

    @classmethod
    def replace(cls, provider: TracerProvider | None) -> TracerProvider | None:
        """Trace with this provider from now on; return the one before."""
        # Asking the provider for a tracer each time costs more than a span.
        before, cls.provider = cls.provider, provider
        cls.tracer = provider.get_tracer(INSTRUMENTATION) if provider else None
        return before


def setup(service: str, endpoint: str = "", *processors: SpanProcessor) -> None:
    """Trace as `service`; export by OTLP over HTTP to `endpoint` (a base URL), "" = do not export.

    What share is exported, `OTEL_TRACES_SAMPLER` says. Further processors (a test's in-memory
    exporter) are added as they are given. A second call stops the first set-up.
    """
    shutdown()
    if not endpoint and not processors:
        return
    provider = TracerProvider(
        resource=Resource.create({Attribute.SERVICE_NAME.value: service}), shutdown_on_exit=True
    )
    if endpoint:
        provider.add_span_processor(_exporting(endpoint))
    for processor in processors:
        provider.add_span_processor(processor)
    _Tracing.replace(provider)


def shutdown() -> None:
    """Export what is still held, then stop. Spans made later are not exported."""
    if before := _Tracing.replace(None):
        before.shutdown()


def flush(timeout_ms: int = 5_000) -> bool:
    """Export what is held now; false when it could not be done in time."""
    return _Tracing.provider is None or _Tracing.provider.force_flush(timeout_ms)


def tracer() -> Tracer | None:
    """Return the tracer of this process, None where nobody gets its spans."""
    return _Tracing.tracer


def _exporting(endpoint: str) -> SpanProcessor:
    exporter = OTLPSpanExporter(endpoint=_traces_url(endpoint), timeout=EXPORT_TIMEOUT_S)
    return BatchSpanProcessor(exporter, schedule_delay_millis=EXPORT_EVERY_MS)


def _traces_url(endpoint: str) -> str:
    base = endpoint.rstrip("/")
    return base if base.endswith("/v1/traces") else f"{base}/v1/traces"
