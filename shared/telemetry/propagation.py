"""Carries the trace context as a W3C traceparent: in headers, in records, in messages.

https://www.w3.org/TR/trace-context/
"""

import re
from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = "traceparent"

_propagator = TraceContextTextMapPropagator()
_OURS = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def current_traceparent() -> str:
    """Return the traceparent of the current span, "" outside any."""
    return traceparent_of(trace.get_current_span())


def traceparent_of(span: trace.Span) -> str:
    """Return the traceparent that names this span, "" if it is not a real one.

    Written here, not by the propagator: it stands in every record, message and log line.
    """
    named = span.get_span_context()
    if not named.is_valid:
        return ""
    return f"00-{named.trace_id:032x}-{named.span_id:016x}-{named.trace_flags:02x}"


def context_from_traceparent(traceparent: str) -> Context:
    """Return the context whose current span is the one named; an empty one if none is."""
    named = _named(traceparent)
    if named is None:
        return Context()
    return trace.set_span_in_context(trace.NonRecordingSpan(named), Context())


def context_from_headers(headers: Mapping[str, str]) -> Context:
    """Return the caller's context from HTTP headers in lower case."""
    return _propagator.extract(dict(headers), Context())


def link_from_traceparent(traceparent: str) -> Link | None:
    """Return a link to the span named, None if the text names none."""
    named = _named(traceparent)
    return None if named is None else Link(named)


def _named(traceparent: str) -> SpanContext | None:
    """Return the span that the text names; the form that we write is read without detours."""
    if ours := _OURS.fullmatch(traceparent):
        trace_id, span_id, flags = (int(part, 16) for part in ours.groups())
        found = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    else:
        other = _propagator.extract({TRACEPARENT: traceparent}, Context())
        found = trace.get_current_span(other).get_span_context()
    return found if found.is_valid else None


def links_from(*traceparents: str) -> list[Link]:
    """Return the links to those spans that the texts name; each span once."""
    links = (link_from_traceparent(text) for text in dict.fromkeys(traceparents))
    return [link for link in links if link is not None]


def trace_id_of(traceparent: str) -> str:
    """Return the 32 hexadecimal digits of the trace, "" if the text names none."""
    link = link_from_traceparent(traceparent)
    return trace.format_trace_id(link.context.trace_id) if link else ""


def current_trace_id() -> str:
    """Return the 32 hexadecimal digits of the current trace, "" outside any."""
    named = trace.get_current_span().get_span_context()
    return trace.format_trace_id(named.trace_id) if named.is_valid else ""
