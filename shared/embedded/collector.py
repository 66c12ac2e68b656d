"""Receives the spans that the services really export (OTLP over HTTP), and counts them."""

import gzip
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from shared.embedded.ports import LOOPBACK

LARGEST_BODY = 16 * 1024 * 1024


class SpanCollector:
    """Keeps, for each trace id, which services took part and how many spans it has."""

    def __init__(self, port: int = 0) -> None:
        """Bind to `port` on the loopback address; 0 takes a free one."""
        self._spans: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._changes = threading.Lock()
        self._server = ThreadingHTTPServer((LOOPBACK, port), _receiver(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint(self) -> str:
        """The value for `OTEL_EXPORTER_OTLP_ENDPOINT`."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop receiving; what was received stays readable."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def receive(self, request: ExportTraceServiceRequest) -> None:
        """Take in one export."""
        with self._changes:
            for resource in request.resource_spans:
                service = _service_of(resource)
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self._spans[span.trace_id.hex()][service] += 1

    def traces(self) -> dict[str, dict[str, int]]:
        """Return trace id → service → number of spans."""
        with self._changes:
            return {trace: dict(services) for trace, services in self._spans.items()}

    def span_count(self) -> int:
        """Return how many spans arrived."""
        return sum(sum(services.values()) for services in self.traces().values())

    def services_in_one_trace(self) -> frozenset[str]:
        """Return the services of the trace that joins the most of them."""
        return max(
            (frozenset(services) for services in self.traces().values()),
            key=len,
            default=frozenset(),
        )


def _service_of(resource: ResourceSpans) -> str:
    for attribute in resource.resource.attributes:
        if attribute.key == "service.name":
            return str(attribute.value.string_value)
    return "unknown"


def _receiver(collector: SpanCollector) -> type[BaseHTTPRequestHandler]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            if self.path != "/v1/traces" or not 0 < length <= LARGEST_BODY:
                self.send_error(404 if self.path != "/v1/traces" else 413)
                return
            body = self.rfile.read(length)
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.receive(ExportTraceServiceRequest.FromString(body))
            self._answer(ExportTraceServiceResponse().SerializeToString())

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the collector is part of a program that talks to people."""

    return Receiver
