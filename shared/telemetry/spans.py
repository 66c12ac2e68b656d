"""The spans that Duban makes, each in one function, with the kinds, parents and links of
the OpenTelemetry conventions.

A span of a failed block gets the class of the error (`error.type`), never its text: a text may
hold what must not travel.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from shared.telemetry.names import Attribute, Operation, http_span_name, span_name
from shared.telemetry.propagation import (
    context_from_headers,
    context_from_traceparent,
    links_from,
)
from shared.telemetry.setup import tracer

Attributes = Mapping[str, AttributeValue]


@contextmanager
def server_span(
    method: str, path: str, headers: Mapping[str, str], scheme: str = "http"
) -> Iterator[Span]:
    """Serve one HTTP request; the parent is the caller's span. See `answered` for its end."""
    attributes: Attributes = {
        Attribute.HTTP_REQUEST_METHOD: method,
        Attribute.URL_PATH: path,
        Attribute.URL_SCHEME: scheme,
    }
    parent = context_from_headers(headers)
    with _span(http_span_name(method, ""), SpanKind.SERVER, attributes, parent) as span:
        yield span


def answered(span: Span, method: str, route: str, status: int) -> None:
    """Tell a server span its route and status; only a 5xx is a failure of the server."""
    span.update_name(http_span_name(method, route))
    if route:
        span.set_attribute(Attribute.HTTP_ROUTE, route)
    span.set_attribute(Attribute.HTTP_RESPONSE_STATUS_CODE, status)
    if status >= 500:
        span.set_attribute(Attribute.ERROR_TYPE, str(status))
        span.set_status(Status(StatusCode.ERROR))


@contextmanager
def client_span(method: str, host: str, port: int) -> Iterator[Span]:
    """Make one HTTP request to another service."""
    attributes: Attributes = {
        Attribute.HTTP_REQUEST_METHOD: method,
        Attribute.SERVER_ADDRESS: host,
        Attribute.SERVER_PORT: port,
    }
    with _span(method, SpanKind.CLIENT, attributes) as span:
        yield span


@contextmanager
def append_span(service: str, count: int) -> Iterator[Span]:
    """Append `count` events to the service's log; a child of the command or reaction."""
    attributes: Attributes = {
        Attribute.DB_SYSTEM_NAME: "postgresql",
        Attribute.DB_OPERATION_NAME: Operation.APPEND,
        Attribute.DB_BATCH_SIZE: count,
    }
    with _span(span_name(Operation.APPEND, service), SpanKind.CLIENT, attributes) as span:
        yield span


@contextmanager
def send_span(topic: str, traceparent: str, attributes: Attributes | None = None) -> Iterator[Span]:
    """Send one record; a PRODUCER span of its own trace, linked to the command's context."""
    with _messaging_span(
        Operation.SEND, topic, SpanKind.PRODUCER, attributes, links=links_from(traceparent)
    ) as span:
        yield span


@contextmanager
def send_batch_span(
    topic: str, traceparents: Sequence[str], attributes: Attributes | None = None
) -> Iterator[Span]:
    """Send several records together; linked to the context of every command in the batch."""
    size = {Attribute.MESSAGING_BATCH_COUNT: len(traceparents), **(attributes or {})}
    with _messaging_span(
        Operation.SEND, topic, SpanKind.PRODUCER, size, links=links_from(*traceparents)
    ) as span:
        yield span


@contextmanager
def poll_span(topic: str, count: int) -> Iterator[Span]:
    """Receive one batch of messages: what `process_span` links to."""
    attributes: Attributes = {Attribute.MESSAGING_BATCH_COUNT: count}
    with _messaging_span(Operation.POLL, topic, SpanKind.CLIENT, attributes) as span:
        yield span


@contextmanager
def process_span(
    topic: str, traceparent: str, batch: str = "", attributes: Attributes | None = None
) -> Iterator[Span]:
    """Process one message: CONSUMER, parent = the message's context, linked to the batch span.

    `batch` is the traceparent of the batch span. So the effects stand in the command's trace.
    """
    with _messaging_span(
        Operation.PROCESS,
        topic,
        SpanKind.CONSUMER,
        attributes,
        parent=context_from_traceparent(traceparent),
        links=links_from(batch),
    ) as span:
        yield span


@contextmanager
def commit_span(service: str, count: int, batch: str = "") -> Iterator[Span]:
    """Commit the effects of `count` messages together: a child of their batch span.

    Each effect stands in the trace of its own message by `process_span`; a commit has many.
    """
    attributes: Attributes = {Attribute.MESSAGING_BATCH_COUNT: count}
    name = span_name(Operation.COMMIT, service)
    parent = context_from_traceparent(batch)
    with _span(name, SpanKind.INTERNAL, attributes, parent) as span:
        yield span


@contextmanager
def reaction_span(name: str, event_type: str) -> Iterator[Span]:
    """Run one reaction, named by its sentence."""
    attributes: Attributes = {Attribute.REACTION: name, Attribute.EVENT_TYPE: event_type}
    with _span(span_name(Operation.REACT, name), SpanKind.INTERNAL, attributes) as span:
        yield span


@contextmanager
def work_span(name: str) -> Iterator[Span]:
    """Do work that time itself causes: a timer, the sealer. It begins a trace of its own."""
    with _span(span_name(Operation.WORK, name), SpanKind.INTERNAL, {}) as span:
        yield span


@contextmanager
def project_span(read_model: str, count: int) -> Iterator[Span]:
    """Bring a read model up to date with `count` events."""
    attributes: Attributes = {Attribute.DB_BATCH_SIZE: count}
    with _span(span_name(Operation.PROJECT, read_model), SpanKind.INTERNAL, attributes) as span:
        yield span


_OPERATION_TYPES = {Operation.SEND: "send", Operation.POLL: "receive", Operation.PROCESS: "process"}


@contextmanager
def _messaging_span(
    operation: Operation,
    topic: str,
    kind: SpanKind,
    attributes: Attributes | None = None,
    parent: Context | None = None,
    links: Sequence[Link] = (),
) -> Iterator[Span]:
    named: Attributes = {
        Attribute.MESSAGING_SYSTEM: "kafka",
        Attribute.MESSAGING_DESTINATION_NAME: topic,
        Attribute.MESSAGING_OPERATION_NAME: operation,
        Attribute.MESSAGING_OPERATION_TYPE: _OPERATION_TYPES[operation],
        **(attributes or {}),
    }
    with _span(span_name(operation, topic), kind, named, parent, links) as span:
        yield span


@contextmanager
def _span(
    name: str,
    kind: SpanKind,
    attributes: Attributes,
    parent: Context | None = None,
    links: Sequence[Link] = (),
) -> Iterator[Span]:
    with tracer().start_as_current_span(
        name,
        context=parent,
        kind=kind,
        attributes=attributes,
        links=links,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute(Attribute.ERROR_TYPE, type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR))
            raise
