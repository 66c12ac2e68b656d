"""The spans that Duban makes, each in one function, with the kinds, parents and links of
the OpenTelemetry conventions.

A span of a failed block gets the class of the error (`error.type`), never its text: a text may
hold what must not travel.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from shared.telemetry.names import Attribute, Operation, http_span_name, span_name
from shared.telemetry.propagation import (
    context_from_headers,
    context_from_traceparent,
    links_from,
)
from shared.telemetry.setup import tracer

Attributes = Mapping[str, AttributeValue]


def server_span(
    method: str, path: str, headers: Mapping[str, str], scheme: str = "http"
) -> AbstractContextManager[Span]:
    """Serve one HTTP request; the parent is the caller's span. See `answered` for its end."""
    attributes: Attributes = {
        Attribute.HTTP_REQUEST_METHOD: method,
        Attribute.URL_PATH: path,
        Attribute.URL_SCHEME: scheme,
    }
    parent = context_from_headers(headers)
    return _span(http_span_name(method, ""), SpanKind.SERVER, attributes, parent)


def answered(span: Span, method: str, route: str, status: int) -> None:
    """Tell a server span its route and status; only a 5xx is a failure of the server."""
    span.update_name(http_span_name(method, route))
    if route:
        span.set_attribute(Attribute.HTTP_ROUTE, route)
    span.set_attribute(Attribute.HTTP_RESPONSE_STATUS_CODE, status)
    if status >= 500:
        span.set_attribute(Attribute.ERROR_TYPE, str(status))
        span.set_status(Status(StatusCode.ERROR))


def client_span(method: str, host: str, port: int) -> AbstractContextManager[Span]:
    """Make one HTTP request to another service."""
    attributes: Attributes = {
        Attribute.HTTP_REQUEST_METHOD: method,
        Attribute.SERVER_ADDRESS: host,
        Attribute.SERVER_PORT: port,
    }
    return _span(method, SpanKind.CLIENT, attributes)


def append_span(service: str, count: int) -> AbstractContextManager[Span]:
    """Append `count` events to the service's log; a child of the command or reaction."""
    attributes: Attributes = {
        Attribute.DB_SYSTEM_NAME: "postgresql",
        Attribute.DB_OPERATION_NAME: Operation.APPEND,
        Attribute.DB_BATCH_SIZE: count,
    }
    return _span(span_name(Operation.APPEND, service), SpanKind.CLIENT, attributes)


def send_span(
    topic: str, traceparent: str, attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """Send one record; a PRODUCER span of its own trace, linked to the command's context."""
    return _messaging_span(
        Operation.SEND, topic, SpanKind.PRODUCER, attributes, linked=(traceparent,)
    )


def send_batch_span(
    topic: str, count: int, traceparents: Iterable[str], attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """Send `count` records together; linked to the context of every command in the batch."""
    size = {Attribute.MESSAGING_BATCH_COUNT: count, **(attributes or {})}
    return _messaging_span(Operation.SEND, topic, SpanKind.PRODUCER, size, linked=traceparents)


def poll_span(topic: str, count: int) -> AbstractContextManager[Span]:
    """Receive one batch of messages: what `process_span` links to."""
    attributes: Attributes = {Attribute.MESSAGING_BATCH_COUNT: count}
    return _messaging_span(Operation.POLL, topic, SpanKind.CLIENT, attributes)


def process_span(
    topic: str, traceparent: str, batch: str = "", attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """Process one message: CONSUMER, parent = the message's context, linked to the batch span.

    `batch` is the traceparent of the batch span. So the effects stand in the command's trace.
    """
    return _messaging_span(
        Operation.PROCESS,
        topic,
        SpanKind.CONSUMER,
        attributes,
        parent=context_from_traceparent(traceparent),
        linked=(batch,),
    )


def commit_span(service: str, count: int, batch: str = "") -> AbstractContextManager[Span]:
    """Commit the effects of `count` messages together: a child of their batch span.

    Each effect stands in the trace of its own message by `process_span`; a commit has many.
    """
    attributes: Attributes = {Attribute.MESSAGING_BATCH_COUNT: count}
    name = span_name(Operation.COMMIT, service)
    parent = context_from_traceparent(batch)
    return _span(name, SpanKind.INTERNAL, attributes, parent)


def reaction_span(name: str, event_type: str) -> AbstractContextManager[Span]:
    """Run one reaction, named by its sentence."""
    attributes: Attributes = {Attribute.REACTION: name, Attribute.EVENT_TYPE: event_type}
    return _span(span_name(Operation.REACT, name), SpanKind.INTERNAL, attributes)


def work_span(name: str) -> AbstractContextManager[Span]:
    """Do work that time itself causes: a timer, the sealer. It begins a trace of its own."""
    return _span(span_name(Operation.WORK, name), SpanKind.INTERNAL, {})


def project_span(read_model: str, count: int) -> AbstractContextManager[Span]:
    """Bring a read model up to date with `count` events."""
    attributes: Attributes = {Attribute.DB_BATCH_SIZE: count}
    return _span(span_name(Operation.PROJECT, read_model), SpanKind.INTERNAL, attributes)


_IDS = RandomIdGenerator()
_KEPT_BY_OTHERS = TraceFlags(TraceFlags.SAMPLED)
_OPERATION_TYPES = {Operation.SEND: "send", Operation.POLL: "receive", Operation.PROCESS: "process"}


def _messaging_span(
    operation: Operation,
    topic: str,
    kind: SpanKind,
    attributes: Attributes | None = None,
    parent: Context | None = None,
    linked: Iterable[str] = (),
) -> AbstractContextManager[Span]:
    named: Attributes = {
        Attribute.MESSAGING_SYSTEM: "kafka",
        Attribute.MESSAGING_DESTINATION_NAME: topic,
        Attribute.MESSAGING_OPERATION_NAME: operation,
        Attribute.MESSAGING_OPERATION_TYPE: _OPERATION_TYPES[operation],
        **(attributes or {}),
    }
    return _span(span_name(operation, topic), kind, named, parent, linked)


@contextmanager
def _span(
    name: str,
    kind: SpanKind,
    attributes: Attributes,
    parent: Context | None = None,
    linked: Iterable[str] = (),
) -> Iterator[Span]:
    # Written out: the SDK's own block costs twice as much.
    if tracing := tracer():
        span = tracing.start_span(name, parent, kind, attributes, links_from(*linked))
    else:
        span = _handed_on(parent)
    token = attach(set_span_in_context(span))
    try:
        yield span
    except BaseException as error:
        span.set_attribute(Attribute.ERROR_TYPE, type(error).__qualname__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        detach(token)
        span.end()


def _handed_on(parent: Context | None) -> Span:
    """Return what hands the trace on where nobody gets spans: the parent, else a new trace.

    A new one is flagged as sampled: whether spans are kept, those decide who can keep them.
    """
    # A recorded span costs as much as half an append.
    named = get_current_span(parent).get_span_context()
    if not named.is_valid:
        trace_id, span_id = _IDS.generate_trace_id(), _IDS.generate_span_id()
        named = SpanContext(trace_id, span_id, is_remote=False, trace_flags=_KEPT_BY_OTHERS)
    return NonRecordingSpan(named)
