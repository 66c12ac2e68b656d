"""Structured logs: one JSON object a line, on stderr, with service, trace id and correlation.

Bodies, tokens and the texts of foreign errors are never written: of an exception only its class
and the places in the code, for our own errors also the code and the guard.
"""

import logging
import sys
import traceback
from collections import deque
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, TextIO

import structlog
from structlog.types import Processor

from shared.kernel.errors import DubanError, GuardFailedError
from shared.telemetry.propagation import current_trace_id

HIDDEN = "[hidden]"
MOST_PLACES = 8
_SECRET = ("authorization", "token", "password", "secret", "cookie", "private", "jwk", "dsn")
_CONTENT = frozenset({"body", "data", "facts", "content", "text", "name", "phone"})

Line = MutableMapping[str, Any]
Logger = structlog.stdlib.BoundLogger


def configure_logs(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Write every log line of this process, also those of libraries, as JSON to `stream`."""
    shared = _processors(service)
    _configure(*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)


def logger(room: str) -> Logger:
    """Return the logger of a room, such as `http`."""
    found: Logger = structlog.get_logger(room)
    return found


def _configure(*processors: Processor) -> None:
    structlog.configure(
        processors=list(processors),
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _processors(service: str) -> list[Processor]:
    def with_service(_: Any, __: str, line: Line) -> Line:
        return {"service": service, **line}

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        with_service,
        with_trace,
        without_exception_text,
        without_secrets,
    ]


def _formatter(shared: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def with_trace(_: Any, __: str, line: Line) -> Line:
    """Add the trace id of the current span, if there is one."""
    trace_id = current_trace_id()
    if trace_id:
        line.setdefault("trace_id", trace_id)
    return line


def without_secrets(_: Any, __: str, line: Line) -> Line:
    """Hide the values of keys that hold secrets or content."""
    for key in line:
        if _is_secret(key):
            line[key] = HIDDEN
    return line


@lru_cache(maxsize=4096)  # asked of every key of every line; the keys are few
def _is_secret(key: str) -> bool:
    key = key.lower()
    return key in _CONTENT or any(word in key for word in _SECRET)


def without_exception_text(_: Any, __: str, line: Line) -> Line:
    """Replace `exc_info` by the class of the error and its places in the code."""
    error = _exception(line.pop("exc_info", None))
    if error is not None:
        line["error"] = type(error).__qualname__
        line["caused_by"] = [type(cause).__qualname__ for cause in _causes(error)]
        line["places"] = _places(error)
        line.update(_own_words(error))
    return line


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, tuple):
        return exc_info[1] if len(exc_info) > 1 else None
    if isinstance(exc_info, BaseException):
        return exc_info
    return sys.exc_info()[1] if exc_info else None


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    while (cause := error.__cause__ or error.__context__) and len(causes) < 5:
        causes.append(cause)
        error = cause
    return causes


def _places(error: BaseException) -> list[str]:
    last = deque(traceback.walk_tb(error.__traceback__), maxlen=MOST_PLACES)
    codes = [(frame.f_code, line) for frame, line in last]
    return [f"{code.co_filename.rsplit('/', 1)[-1]}:{line} {code.co_name}" for code, line in codes]


def _own_words(error: BaseException) -> dict[str, Any]:
    if not isinstance(error, DubanError):
        return {}
    guard = {"guard": error.guard} if isinstance(error, GuardFailedError) else {}
    return {"code": error.code, "detail": error.detail, **error.ids, **guard}


# Until `configure_logs`: the library's own default would print tracebacks with local variables.
_configure(*_processors(""), structlog.processors.JSONRenderer(ensure_ascii=False))
