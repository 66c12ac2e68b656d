"""HTTP out: bounded, traced, and with our own errors.

Every wait has an end. A GET whose connection could not be made is tried again a few times; a
command never is: its sender repeats it with the same Idempotency-Key.
"""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from shared.http.etags import etag_of
from shared.http.problems import STATUS, error_classes
from shared.kernel import errors
from shared.kernel.errors import DubanError, GuardFailedError, RefusedError, UnavailableError
from shared.telemetry.propagation import TRACEPARENT, traceparent_of
from shared.telemetry.spans import answered, client_span

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=10)
PAUSES_S = (0.1, 0.4)
LONGEST_WAIT_S = 30.0

Token = str | Callable[[], str]
Query = Mapping[str, str | int | float | bool | None]


class ApiClient:
    """Asks one service. Raises the error the service named, UnavailableError if it is silent."""

    def __init__(
        self,
        base_url: str,
        token: Token = "",
        *,
        timeout: httpx.Timeout = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._token = token
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=base_url, timeout=timeout, limits=LIMITS, transport=transport
        )

    def get(self, path: str, query: Query | None = None, *, wait: float = 0) -> Any:
        """Return the JSON answer; `wait` is what a long-poll may take, in seconds, besides."""
        return self.fetch(path, query, wait=wait).json()

    def fetch(
        self, path: str, query: Query | None = None, *, accept: str = "", wait: float = 0
    ) -> httpx.Response:
        """Return the whole answer to a GET, tried again when no connection could be made."""
        headers = {"Accept": accept} if accept else {}
        timeout = httpx.Timeout(10.0 + min(wait, LONGEST_WAIT_S), connect=2.0) if wait else None
        for pause in PAUSES_S:
            try:
                return self._ask("GET", path, headers, timeout, params=_given(query))
            except _NotConnectedError:
                self._sleep(pause)
        return self._ask("GET", path, headers, timeout, params=_given(query))

    def post(
        self, path: str, body: Any = None, *, key: str, if_match: int | None = None
    ) -> dict[str, Any]:
        """Give a command once; return its answer."""
        headers = {"Idempotency-Key": key}
        if if_match is not None:
            headers["If-Match"] = etag_of(if_match)
        sent = {} if body is None else {"json": body}
        answer: dict[str, Any] = self._ask("POST", path, headers, None, **sent).json()
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        places: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        timeout: httpx.Timeout | None,
        **content: Any,
    ) -> httpx.Response:
        base = self._http.base_url
        port = base.port or (443 if base.scheme == "https" else 80)
        with client_span(method, base.host, port) as span:
            sent = {**headers, **self._authorization(), TRACEPARENT: traceparent_of(span)}
            answer = self._send(method, path, sent, timeout, content)
            answered(span, method, "", answer.status_code)
        if not answer.is_success:
            raise error_from(answer)
        return answer

    def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        timeout: httpx.Timeout | None,
        content: dict[str, Any],
    ) -> httpx.Response:
        limit = timeout or self._http.timeout
        try:
            return self._http.request(method, path, headers=headers, timeout=limit, **content)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _NotConnectedError(self._silent(error)) from error
        except httpx.HTTPError as error:
            raise UnavailableError(self._silent(error)) from error

    def _silent(self, error: Exception) -> str:
        return f"{self._http.base_url.host} does not answer ({type(error).__name__})"

    def _authorization(self) -> dict[str, str]:
        token = self._token if isinstance(self._token, str) else self._token()
        return {"Authorization": f"Bearer {token}"} if token else {}


class _NotConnectedError(UnavailableError):
    """No connection could be made: nothing was sent, so a question may be asked again."""


def error_from(answer: httpx.Response) -> DubanError:
    """Return the error that an answer tells; one of another service's own is its parent."""
    told = _problem(answer)
    detail = str(told.get("detail", f"HTTP status {answer.status_code}"))
    ids = {key: value for key, value in (told.get("ids") or {}).items() if key != "detail"}
    if guard := told.get("guard"):
        return GuardFailedError(str(guard), detail.removeprefix(f"{guard}: "), **ids)
    return _class_of(str(told.get("code", "")), answer.status_code)(detail, **ids)


def _class_of(code: str, status: int) -> type[DubanError]:
    """Return our own class with this code, else the plainest one with this status."""
    for known in error_classes():
        if known.code == code and known.__module__ == errors.__name__:
            return known
    if status >= 500:
        return UnavailableError
    return next((kind for kind, known in STATUS.items() if known == status), RefusedError)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _given(query: Query | None) -> dict[str, Any]:
    return {key: value for key, value in (query or {}).items() if value is not None}
