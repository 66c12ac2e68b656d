"""From a request to a principal, and to the actor of a question."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from shared.http.authorisation import authorise
from shared.http.identity import Principal, TokenVerifier
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import UnauthenticatedError

_bearer = HTTPBearer(
    auto_error=False, scheme_name="bearer", bearerFormat="JWT", description="An OIDC access token"
)


async def authenticated(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """Return who is calling; raises UnauthenticatedError."""
    if credentials is None:
        raise UnauthenticatedError("send Authorization: Bearer <token>")
    tokens: TokenVerifier = request.app.state.tokens
    token = credentials.credentials
    known = tokens.recently_verified(token)
    return await run_in_threadpool(tokens.verify, token) if known is None else known


def reader(*roles: Role) -> Callable[..., Awaitable[Actor]]:
    """Return the dependency of a question that these roles may ask; none = any role of ours."""

    async def reading(
        request: Request, principal: Annotated[Principal, Depends(authenticated)]
    ) -> Actor:
        return authorise(principal, f"{request.method} {request.scope['route'].path}", roles)

    return reading
