"""Turns whatever a route raises into a problem, logs it, and counts refused commands."""

from collections.abc import Sequence
from typing import Any

import psycopg
from eventsourcing.persistence import DataError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from shared.http import problems
from shared.http.problems import FieldError, Kind, kind_of, problem, problem_from
from shared.kernel.errors import (
    DubanError,
    GuardFailedError,
    InvalidValueError,
    UnavailableError,
)
from shared.telemetry import metrics
from shared.telemetry.logs import logger

_KINDS = {404: problems.NO_PATH, 405: problems.METHOD, 415: problems.MEDIA}
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_MAX_ERRORS = 50
_MAX_PLACE = 200


def install(app: FastAPI) -> None:
    """Make every error of this app a problem. What is not expected is caught in `middleware`."""
    app.add_exception_handler(DubanError, _duban)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(psycopg.OperationalError, _database)
    app.add_exception_handler(psycopg.DataError, _value)
    app.add_exception_handler(DataError, _value)


async def _duban(request: Request, error: Exception) -> Response:
    assert isinstance(error, DubanError)
    kind = kind_of(type(error))
    write = logger("http").error if kind.status >= 500 else logger("http").warning
    write("refused", status=kind.status, command=_command(request), exc_info=error)
    _count(request, error)
    return problem_from(error, request.scope["path"])


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(problems.MALFORMED, "the body is not valid JSON", request.scope["path"])
    logger("http").info("invalid_request", command=_command(request), fields=len(found))
    detail = f"{len(found)} {'field is' if len(found) == 1 else 'fields are'} not acceptable"
    return problem(problems.INVALID, detail, request.scope["path"], errors=_fields(found))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _KINDS.get(error.status_code) or _unnamed(error.status_code)
    headers = {"Allow": _allowed(request)} if kind is problems.METHOD else error.headers
    return problem(kind, kind.title.lower(), request.scope["path"], headers)


def _allowed(request: Request) -> str:
    """Return every method of this path; the framework names those of its first route only."""
    return ", ".join(method for method in _METHODS if _answers(request, method))


def _answers(request: Request, method: str) -> bool:
    asked = {**request.scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)


async def _database(request: Request, error: Exception) -> Response:
    logger("http").error("database_unavailable", command=_command(request), exc_info=error)
    return problem_from(UnavailableError("the database does not answer now"), request.scope["path"])


async def _value(request: Request, error: Exception) -> Response:
    logger("http").warning("value_refused", command=_command(request), exc_info=error)
    refused = InvalidValueError("the database cannot hold a value of this request")
    return problem_from(refused, request.scope["path"])


def _unnamed(status: int) -> Kind:
    base = problems.BAD_REQUEST if status < 500 else problems.INTERNAL
    return Kind(base.code, base.title, status, base.meaning)


def _fields(found: Sequence[Any]) -> list[FieldError]:
    return [FieldError(field=_place(one), reason=_reason(one)) for one in found[:_MAX_ERRORS]]


def _place(one: dict[str, Any]) -> str:
    return ".".join(str(part) for part in one["loc"])[:_MAX_PLACE]


def _reason(one: dict[str, Any]) -> str:
    """Return what is wrong, without the value: it may be what must not travel."""
    reason = str(one["msg"]).removeprefix("Value error, ")
    value = one.get("input")
    return "is not acceptable" if isinstance(value, str) and value and value in reason else reason


def _command(request: Request) -> str:
    return str(getattr(request.state, "command", ""))


def _count(request: Request, error: DubanError) -> None:
    if command := _command(request):
        guard = error.guard if isinstance(error, GuardFailedError) else error.code
        metrics.COMMANDS_REFUSED.labels(request.app.state.service, command, guard).inc()
