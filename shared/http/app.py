"""Makes the HTTP application of a service: the same doors, signs and locks everywhere."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi_offline import FastAPIOffline

from shared.eventstore.store import EventStore
from shared.http import problem_pages, refusals
from shared.http.commands import Commands
from shared.http.description import complete
from shared.http.feed import feed_router
from shared.http.health import Ready, health_router
from shared.http.identity import TokenVerifier
from shared.http.middleware import BodyMiddleware, HeadersMiddleware, ObservedMiddleware
from shared.http.problems import MEDIA_TYPE
from shared.http.strict import refuse_unknown_parameters

MAX_BODY_BYTES = 262_144

_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
_PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"description": text, "content": {MEDIA_TYPE: {"schema": _PROBLEM_REF}}}
    for code, text in (("4XX", "Refused; nothing was written"), ("5XX", "Duban failed"))
}


def create_app(
    service: str,
    *,
    store: EventStore,
    commands: Commands,
    routers: Sequence[APIRouter],
    tokens: TokenVerifier,
    ready: Ready,
    title: str = "",
    version: str = "1",
    description: str = "",
    max_body_bytes: int = MAX_BODY_BYTES,
) -> FastAPI:
    """Return the application: the service's own routers, the feed, health, metrics, offline docs.

    `ready` tells of each needed part whether it works now.
    """
    app = FastAPIOffline(
        title=title or f"Duban {service}",
        version=version,
        description=description,
        responses=_PROBLEM_RESPONSES,
        dependencies=[Depends(refuse_unknown_parameters)],
    )
    app.state.service, app.state.commands, app.state.tokens = service, commands, tokens
    for router in (*routers, feed_router(store), health_router(ready), problem_pages.router):
        app.include_router(router)
    refusals.install(app)
    _surround(app, service, max_body_bytes)
    _complete_description(app)
    return app


def create_operations_app(service: str, ready: Ready) -> FastAPI:
    """Return what a process without an API answers with: health and metrics, nothing else."""
    app = FastAPI(title=f"Duban {service}", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.service = service
    app.include_router(health_router(ready))
    refusals.install(app)
    _surround(app, service, MAX_BODY_BYTES)
    return app


def _surround(app: FastAPI, service: str, max_body_bytes: int) -> None:
    """Add the middlewares; the last one is the outermost."""
    app.add_middleware(BodyMiddleware, limit=max_body_bytes)
    app.add_middleware(HeadersMiddleware)
    app.add_middleware(ObservedMiddleware, service=service)


def _complete_description(app: FastAPI) -> None:
    """Have the OpenAPI description say what every route refers to; once, like FastAPI itself."""
    described = app.openapi

    @cache
    def completed() -> dict[str, Any]:
        return complete(described())

    app.openapi = completed  # type: ignore[method-assign]  # FastAPI's documented way
