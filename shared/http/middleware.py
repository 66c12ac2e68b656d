"""What surrounds every request: the span, the access log, the size limit, the headers.

Pure ASGI: nothing is buffered but the body of a command, and the context of the span reaches the
routes and their threads.
"""

import time
from collections.abc import Mapping

from opentelemetry.trace import Span
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http import problems
from shared.http.problems import problem, problem_from
from shared.kernel.errors import TooLargeError
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.spans import answered, server_span

_QUIET = ("/health/", "/metrics", "/static-offline-docs/")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_SAFE_CONTENT = "default-src 'none'; frame-ancestors 'none'"
_DOCS_CONTENT = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src blob:; frame-ancestors 'none'"
)


class ObservedMiddleware:
    """One server span, one log line and one count per request; the last catch of every error."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_QUIET):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        traced = {key: headers[key] for key in ("traceparent", "tracestate") if key in headers}
        with server_span(scope["method"], scope["path"], traced, scope["scheme"]) as span:
            await self._observe(span, scope, receive, send)
        return None

    async def _observe(self, span: Span, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            logger("http").error("failed", path=scope["path"], exc_info=error)
            if status:
                raise
            await _failure(scope)(scope, receive, noting)
        finally:
            self._note(span, scope, status or 499, time.perf_counter() - started)

    def _note(self, span: Span, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], route_of(scope)
        answered(span, method, route, status)
        labels = (self._service, _known(method), route or "none")
        metrics.HTTP_REQUESTS.labels(*labels, str(status)).inc()
        metrics.HTTP_REQUEST_SECONDS.labels(*labels).observe(seconds)
        logger("http.access").info(
            "request",
            method=method,
            route=route,
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


class BodyMiddleware:
    """Refuses a body over the limit, announced or not, and a body that is not JSON."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        try:
            body = None if self._is_announced_too_large(headers) else await self._read(receive)
        except ClientDisconnect:  # half a body is no command, and nobody waits for an answer
            return None
        if body is None:
            refusal = TooLargeError(f"a body may have at most {self._limit} bytes")
            return await problem_from(refusal, scope["path"])(scope, receive, send)
        if body and not _is_json(headers):
            refused = problem(problems.MEDIA, "send the body as application/json", scope["path"])
            return await refused(scope, receive, send)
        return await self._app(scope, _replaying(body, receive), send)

    def _is_announced_too_large(self, headers: Mapping[str, str]) -> bool:
        announced = headers.get("content-length", "0")
        return not announced.isdecimal() or int(announced[:20]) > self._limit

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the whole body, None as soon as it is over the limit."""
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                return None
        return body


class HeadersMiddleware:
    """Adds the security headers that an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _secure(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def route_of(scope: Scope) -> str:
    """Return the template of the matched route, "" if none matched."""
    return str(getattr(scope.get("route"), "path", ""))


def _secure(headers: MutableHeaders, path: str) -> None:
    content = _DOCS_CONTENT if path.startswith(("/docs", "/redoc")) else _SAFE_CONTENT
    headers.setdefault("Content-Security-Policy", content)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cache-Control", "no-store")


def _failure(scope: Scope) -> ASGIApp:
    detail = "an unexpected error; quote the trace id"
    return problem(problems.INTERNAL, detail, scope["path"])


def _is_json(headers: Mapping[str, str]) -> bool:
    media = headers.get("content-type", "").split(";")[0].strip().lower()
    return media == "application/json" or (
        media.startswith("application/") and media.endswith("+json")
    )


def _known(method: str) -> str:
    """Keep invented methods out of the metrics' labels."""
    return method if method in _WITH_BODY | {"GET", "HEAD", "OPTIONS"} else "other"


def _replaying(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
