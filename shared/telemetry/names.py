"""The registry of telemetry names: what is not named here is not emitted.

Attributes follow the OpenTelemetry semantic conventions for HTTP, messaging and databases; our
own begin with `duban.`. Metric names begin with `duban_` and end in their unit.
"""

from enum import StrEnum

INSTRUMENTATION = "duban"


class Attribute(StrEnum):
    """Attribute names of spans and resources."""

    SERVICE_NAME = "service.name"
    SERVICE_VERSION = "service.version"
    ERROR_TYPE = "error.type"

    HTTP_REQUEST_METHOD = "http.request.method"
    HTTP_RESPONSE_STATUS_CODE = "http.response.status_code"
    HTTP_ROUTE = "http.route"
    URL_PATH = "url.path"
    URL_SCHEME = "url.scheme"
    SERVER_ADDRESS = "server.address"
    SERVER_PORT = "server.port"

    MESSAGING_SYSTEM = "messaging.system"
    MESSAGING_OPERATION_NAME = "messaging.operation.name"
    MESSAGING_OPERATION_TYPE = "messaging.operation.type"
    MESSAGING_DESTINATION_NAME = "messaging.destination.name"
    MESSAGING_PARTITION = "messaging.destination.partition.id"
    MESSAGING_MESSAGE_ID = "messaging.message.id"
    MESSAGING_BATCH_COUNT = "messaging.batch.message_count"
    MESSAGING_CONSUMER_GROUP = "messaging.consumer.group.name"
    MESSAGING_KAFKA_KEY = "messaging.kafka.message.key"
    MESSAGING_KAFKA_OFFSET = "messaging.kafka.offset"

    DB_SYSTEM_NAME = "db.system.name"
    DB_OPERATION_NAME = "db.operation.name"
    DB_COLLECTION_NAME = "db.collection.name"
    DB_BATCH_SIZE = "db.operation.batch.size"

    EVENT_TYPE = "duban.event.type"
    STREAM = "duban.stream"
    STREAM_VERSION = "duban.stream.version"
    POSITION = "duban.position"
    CORRELATION = "duban.correlation"
    COMMAND = "duban.command"
    REACTION = "duban.reaction"
    GUARD = "duban.guard"
    OUTCOME = "duban.outcome"


class Operation(StrEnum):
    """What a span does; also the first word of its name."""

    SEND = "send"
    POLL = "poll"
    PROCESS = "process"
    APPEND = "append"
    REACT = "react"
    COMMIT = "commit"
    PROJECT = "project"
    WORK = "work"


class Metric(StrEnum):
    """Metric names."""

    EVENTS_APPENDED = "duban_events_appended_total"
    APPEND_SECONDS = "duban_append_seconds"
    EVENTS_PROJECTED = "duban_events_projected_total"
    PROJECTION_POSITION = "duban_projection_position"
    SETTLED_POSITION = "duban_settled_position"
    EVENTS_PUBLISHED = "duban_events_published_total"
    RELAY_LAG = "duban_relay_lag_events"
    SEALED_RECORDS = "duban_sealed_records"
    SEALING_LAG = "duban_sealing_lag_events"
    SEALING_SECONDS = "duban_sealing_seconds"
    CHECKPOINTS_SIGNED = "duban_checkpoints_signed_total"
    WITNESSED_RECORDS = "duban_witnessed_records"
    WITNESS_ALARMS = "duban_witness_alarms_total"
    CONSUMER_LAG = "duban_consumer_lag_events"
    MESSAGES_CONSUMED = "duban_messages_consumed_total"
    PARKED_MESSAGES = "duban_parked_messages"
    GAP_HEALS = "duban_gap_heals_total"
    GAPS_STANDING = "duban_gaps_standing"
    COMMANDS_ACCEPTED = "duban_commands_accepted_total"
    COMMANDS_REFUSED = "duban_commands_refused_total"
    OVERDUE_ITEMS = "duban_overdue_items"
    HTTP_REQUESTS = "duban_http_requests_total"
    HTTP_REQUEST_SECONDS = "duban_http_request_seconds"


def span_name(operation: Operation, subject: str) -> str:
    """Return `{operation} {subject}`, such as `send feedback.events`; low in cardinality."""
    return f"{operation} {subject}"


def http_span_name(method: str, route: str) -> str:
    """Return `{method} {route}`, or the method alone when no route matched."""
    return f"{method} {route}".strip()
