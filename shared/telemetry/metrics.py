"""The metrics of one process, in one Prometheus registry."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from shared.telemetry.names import Metric

REGISTRY = CollectorRegistry()

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


def _counter(name: Metric, text: str, *labels: str) -> Counter:
    return Counter(name.value, text, labels, registry=REGISTRY)


def _gauge(name: Metric, text: str, *labels: str) -> Gauge:
    return Gauge(name.value, text, labels, registry=REGISTRY)


def _seconds(name: Metric, text: str, *labels: str) -> Histogram:
    return Histogram(name.value, text, labels, registry=REGISTRY)


EVENTS_APPENDED = _counter(Metric.EVENTS_APPENDED, "Events appended to the log", "service")
APPEND_SECONDS = _seconds(Metric.APPEND_SECONDS, "Duration of one append", "service")
SETTLED_POSITION = _gauge(Metric.SETTLED_POSITION, "Position up to which all is known", "service")

EVENTS_PROJECTED = _counter(
    Metric.EVENTS_PROJECTED, "Events applied to a read model", "service", "read_model"
)
PROJECTION_POSITION = _gauge(
    Metric.PROJECTION_POSITION, "Position a read model has reached", "service", "read_model"
)

EVENTS_PUBLISHED = _counter(Metric.EVENTS_PUBLISHED, "Records the broker took", "service")
RELAY_LAG = _gauge(Metric.RELAY_LAG, "Settled positions not yet published", "service")

SEALED_RECORDS = _gauge(Metric.SEALED_RECORDS, "Size of the sealed log", "service")
SEALING_LAG = _gauge(Metric.SEALING_LAG, "Settled positions not yet sealed", "service")
SEALING_SECONDS = _seconds(Metric.SEALING_SECONDS, "Duration of sealing one batch", "service")
CHECKPOINTS_SIGNED = _counter(Metric.CHECKPOINTS_SIGNED, "Checkpoints signed", "service")

WITNESSED_RECORDS = _gauge(
    Metric.WITNESSED_RECORDS, "Size at which a log was last cosigned here", "source"
)
WITNESS_ALARMS = _counter(
    Metric.WITNESS_ALARMS, "Looks at a log that is not what was received of it", "source", "reason"
)

CONSUMER_LAG = _gauge(
    Metric.CONSUMER_LAG, "Messages received but not finished", "service", "source"
)
MESSAGES_CONSUMED = _counter(
    Metric.MESSAGES_CONSUMED, "Messages finished, by outcome", "service", "source", "outcome"
)
PARKED_MESSAGES = _gauge(Metric.PARKED_MESSAGES, "Messages parked now", "service", "source")
GAP_HEALS = _counter(
    Metric.GAP_HEALS, "Gaps of a stream healed, by where it was read again", "service", "source",
    "where",
)  # fmt: skip
GAPS_STANDING = _gauge(Metric.GAPS_STANDING, "Gaps of streams that stand now", "service", "source")

COMMANDS_ACCEPTED = _counter(
    Metric.COMMANDS_ACCEPTED, "Commands that were carried out", "service", "command"
)
COMMANDS_REFUSED = _counter(
    Metric.COMMANDS_REFUSED,
    "Commands refused, by guard (or by the code of the error)",
    "service",
    "command",
    "guard",
)
OVERDUE_ITEMS = _gauge(Metric.OVERDUE_ITEMS, "Items past their deadline", "service", "kind")

HTTP_REQUESTS = _counter(
    Metric.HTTP_REQUESTS, "HTTP requests answered", "service", "method", "route", "status"
)
HTTP_REQUEST_SECONDS = _seconds(
    Metric.HTTP_REQUEST_SECONDS, "Duration of an HTTP request", "service", "method", "route"
)


def exposition() -> bytes:
    """Return all metrics in the Prometheus text format."""
    return generate_latest(REGISTRY)
