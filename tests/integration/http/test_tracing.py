"""One request is one server span; its trace id stands in the record and in the problem."""

from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from shared.eventstore.store import EventStore
from shared.http.client import ApiClient
from shared.kernel.actor import Role
from shared.telemetry.setup import setup, shutdown
from tests.integration.http.conftest import Sign
from tests.support.eventually import eventually


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    setup("directory", "", SimpleSpanProcessor(exporter))
    yield exporter
    shutdown()


def server_spans(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER]


class TestServerSpan:
    def test_is_in_the_callers_trace_and_so_is_the_record(
        self, spans: InMemorySpanExporter, base_url: str, sign: Sign, store: EventStore, ref: str
    ) -> None:
        token = sign(Role.OFF).removeprefix("Bearer ")
        with ApiClient(base_url, token) as client:
            answer = client.post("/v1/persons", {"person_ref": ref}, key=f"trace-{ref}")

        server = eventually(lambda: server_spans(spans))[0]
        [caller] = [span for span in spans.get_finished_spans() if span.parent is None]
        [stored] = store.read_stream(f"person/{ref}")
        assert server.context is not None
        assert caller.context is not None
        assert server.parent is not None
        assert server.parent.span_id == caller.context.span_id
        assert stored.record.trace.split("-")[1] == f"{server.context.trace_id:032x}"
        assert server.name == "POST /v1/persons"
        assert server.attributes is not None
        assert server.attributes["duban.position"] == answer["position"]
        assert server.attributes["duban.correlation"] == ref

    def test_of_a_failure_says_so_and_its_problem_names_the_trace(
        self, spans: InMemorySpanExporter, http: httpx.Client, key: str
    ) -> None:
        told = http.post("/v1/persons/fail/bug", headers={"Idempotency-Key": key}).json()

        server = eventually(lambda: server_spans(spans))[0]
        assert server.context is not None
        assert told["trace_id"] == f"{server.context.trace_id:032x}"
        assert server.status.status_code is StatusCode.ERROR
        assert server.name == "POST /v1/persons/fail/{how}"

    def test_there_is_none_for_health_and_metrics(
        self, spans: InMemorySpanExporter, http: httpx.Client
    ) -> None:
        http.get("/health/live")
        http.get("/metrics")

        assert server_spans(spans) == []
