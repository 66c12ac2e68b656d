"""How a refusal looks: problem details (RFC 9457), one catalogue of types, each with a page.

`type` is `/problems/<code>`. Beside the members of the RFC: `code`, `trace_id`; `guard` and `ids`
where a rule refused; `errors` where fields are wrong (their places, never their values).
"""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse

from shared.kernel import errors
from shared.kernel.errors import DubanError, GuardFailedError
from shared.telemetry.propagation import current_trace_id

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/problems/"

STATUS: dict[type[DubanError], int] = {
    errors.DubanError: 500,
    errors.RefusedError: 409,
    errors.InvalidValueError: 422,
    errors.NotFoundError: 404,
    errors.UnauthenticatedError: 401,
    errors.ForbiddenError: 403,
    errors.ConflictError: 409,
    errors.StaleVersionError: 412,
    errors.CommandInProgressError: 409,
    errors.VersionRequiredError: 428,
    errors.IdempotencyKeyMissingError: 400,
    errors.IdempotencyKeyReusedError: 422,
    errors.TooLargeError: 413,
    errors.UnavailableError: 503,
    errors.ContractError: 500,
}

_HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": 'Bearer realm="duban"'},
    503: {"Retry-After": "2"},
}


@dataclass(frozen=True)
class Kind:
    """One type of problem: what its page says."""

    code: str
    title: str
    status: int
    meaning: str = ""


class FieldError(BaseModel):
    """One wrong field of a request."""

    field: str
    reason: str


class Problem(BaseModel):
    """A refusal, as documented in the OpenAPI description."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str = ""
    trace_id: str = ""
    guard: str | None = None
    ids: dict[str, str | int] | None = None
    errors: list[FieldError] | None = None


MALFORMED = Kind("malformed-body", "The body is not JSON", 400, "The body could not be parsed.")
BAD_REQUEST = Kind("bad-request", "The request is malformed", 400)
INVALID = Kind(
    "invalid-request",
    "Fields are missing, unknown or wrong",
    422,
    "`errors` lists each field and what is wrong with it. Nothing was written.",
)
NO_PATH = Kind("no-such-path", "There is nothing at this path", 404)
METHOD = Kind("method-not-allowed", "The method is not allowed here", 405, "See the header Allow.")
MEDIA = Kind("unsupported-media-type", "The body must be application/json", 415)
INTERNAL = Kind(
    "internal-error",
    "Duban failed",
    500,
    "The fault is ours. Quote the trace id: the log says more. A command may be sent again with "
    "the same Idempotency-Key; it is never carried out twice.",
)
HTTP_KINDS = (MALFORMED, BAD_REQUEST, INVALID, NO_PATH, METHOD, MEDIA, INTERNAL)


def kind_of(error: type[DubanError]) -> Kind:
    """Return the type of problem that an error is; a domain error has its parent's status."""
    status = next(STATUS[parent] for parent in error.__mro__ if parent in STATUS)
    return Kind(error.code, error.title, status, inspect.cleandoc(error.__doc__ or ""))


def catalogue() -> dict[str, Kind]:
    """Return every type of problem by its code, those of the loaded services included."""
    kinds = [*HTTP_KINDS, *(kind_of(error) for error in error_classes())]
    return {kind.code: kind for kind in sorted(kinds, key=lambda kind: kind.code)}


def error_classes(root: type[DubanError] = DubanError) -> Iterator[type[DubanError]]:
    """Yield every error of the tree, parents first."""
    yield root
    for child in root.__subclasses__():
        yield from error_classes(child)


def problem(
    kind: Kind,
    detail: str,
    instance: str = "",
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """Return the answer that tells this problem; `members` that are None are left out."""
    body = Problem(
        type=f"{TYPE_PREFIX}{kind.code}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        code=kind.code,
        instance=instance,
        trace_id=current_trace_id(),
        **members,
    ).model_dump(exclude_none=True)
    sent = {**_HEADERS.get(kind.status, {}), **(headers or {})}
    return JSONResponse(body, kind.status, headers=sent, media_type=MEDIA_TYPE)


def problem_from(error: DubanError, instance: str = "") -> JSONResponse:
    """Return the answer that tells this error."""
    return problem(
        kind_of(type(error)),
        error.detail,
        instance,
        guard=error.guard if isinstance(error, GuardFailedError) else None,
        ids=error.ids or None,
    )
