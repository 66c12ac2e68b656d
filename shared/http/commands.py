"""A command over HTTP: who gives it, only once, on which version, and its answer.

`Idempotency-Key` is required; the first answer is stored in the transaction of the events, so the
same key answers the same again. A refused request writes nothing.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from opentelemetry import trace
from pydantic import ValidationError
from starlette.datastructures import State
from starlette.responses import Response

from shared.contracts.registry import event_classes
from shared.eventstore.idempotency import Idempotency, IdempotencyKey, RememberedAnswer
from shared.eventstore.store import EventStore
from shared.eventstore.unit_of_work import Receipt, UnitOfWork
from shared.http.access import authenticated, reader
from shared.http.authorisation import authorise
from shared.http.description import KEY_PATTERN
from shared.http.etags import etag_of, version_of
from shared.http.identity import Principal
from shared.http.paging import POSITION_HEADER
from shared.kernel.actor import Actor, Role
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.context import Context
from shared.kernel.errors import (
    DubanError,
    IdempotencyKeyMissingError,
    InvalidValueError,
    NotCanonicalError,
    NotFoundError,
    StaleVersionError,
    VersionRequiredError,
)
from shared.kernel.ids import Ids, RandomIds
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.names import Attribute
from shared.telemetry.propagation import current_traceparent

__all__ = ["CommandCall", "Commands", "Handler", "command", "fingerprint_key", "reader"]

Handler = Callable[[UnitOfWork], dict[str, Any] | None]

_KEY = re.compile(KEY_PATTERN)
_LAST = "$last"  # the place of the last event, kept with the first answer; no answer has a `$`


@dataclass(frozen=True)
class Commands:
    """What every command of a service needs."""

    store: EventStore
    tenant: str
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=RandomIds)
    fingerprint_key: bytes = field(default=b"", repr=False)

    @cached_property
    def answers(self) -> Idempotency:
        """The first answers."""
        return Idempotency(self.store)

    def reading(self, name: str, actor: Actor, *, correlation: str) -> UnitOfWork:
        """Begin the unit of work of a question whose asking is itself recorded."""
        return self.store.begin(self.context(name, actor, correlation))

    def context(self, name: str, actor: Actor, correlation: str) -> Context:
        """Return the context of what is given now under this name by this actor."""
        return Context(
            tenant=self.tenant,
            actor=actor,
            command=f"{name}/{self.ids.new()}",
            time=self.clock.now(),
            correlation=correlation,
            trace=current_traceparent(),
        )


@dataclass(frozen=True)
class CommandCall:
    """One authorised call of a command; `run` carries it out."""

    name: str
    actor: Actor
    key: IdempotencyKey
    if_match: int | None
    commands: Commands
    state: State

    def run(
        self, handler: Handler, *, on: str | None = None, correlation: str, status: int = 200
    ) -> Response:
        """Carry the command out, or give the first answer again if it already was.

        A command that was carried out cannot be so again: its key stands already. So the first
        answer is looked for only when something was refused, which saves all others a round trip.

        `on` is the stream of the existing thing it addresses, None for a creation: then its
        version must be named. Raises VersionRequiredError, StaleVersionError and whatever the
        handler refuses.
        """
        self.state.correlation = correlation
        try:
            if on is not None and self.if_match is None:
                raise VersionRequiredError(f"send If-Match with the version of {on}", stream=on)
            return self._carry_out(handler, on, correlation, status)
        except DubanError as error:
            first = self._first_answer()
            if first is None:
                raise _plain(error) from error.__cause__
            return first

    def _carry_out(
        self, handler: Handler, on: str | None, correlation: str, status: int
    ) -> Response:
        expected = {on: self.if_match} if on is not None and self.if_match is not None else {}
        work = self.commands.store.begin(self._context(correlation), expected=expected)
        answer = _handled(handler, work)
        receipt = self._commit(work, answer, status)
        self._tell(receipt, correlation)
        body = {**answer, **_outcome(receipt), "position": receipt.position}
        return _answer(body, status)

    def _commit(self, work: UnitOfWork, answer: dict[str, Any], status: int) -> Receipt:
        try:
            return work.commit(answered=lambda receipt: self._remembering(answer, receipt, status))
        except NotCanonicalError as error:  # the caller's text, not a stored record
            raise InvalidValueError(f"a value cannot be recorded: {error.detail}") from error

    def _remembering(self, answer: dict[str, Any], receipt: Receipt, status: int) -> Any:
        last = receipt.events[-1] if receipt.events else None
        place = [last.originator_id, last.originator_version] if last else []
        body = {**answer, **_outcome(receipt), _LAST: place}
        remembered = RememberedAnswer(status, body, receipt.stream, receipt.version)
        return self.commands.answers.remembering(self.key, remembered)

    def _first_answer(self) -> Response | None:
        found = self.commands.answers.recall(self.key)
        if found is None:
            return None
        body = {key: value for key, value in found.body.items() if key != _LAST}
        body["position"] = self._position_at(found.body[_LAST])
        answer = _answer(body, found.status)
        answer.headers["Idempotent-Replay"] = "true"
        return answer

    def _position_at(self, place: list[Any]) -> int:
        if not place:
            return 0
        stream, version = place
        return self.commands.store.read_stream(stream, version - 1, 1)[0].position

    def _context(self, correlation: str) -> Context:
        return self.commands.context(self.name, self.actor, correlation)

    def _tell(self, receipt: Receipt, correlation: str) -> None:
        span = trace.get_current_span()
        span.set_attribute(Attribute.COMMAND, self.name)
        span.set_attribute(Attribute.CORRELATION, correlation)
        span.set_attribute(Attribute.STREAM, receipt.stream)
        span.set_attribute(Attribute.POSITION, receipt.position)
        metrics.COMMANDS_ACCEPTED.labels(self.commands.store.service, self.name).inc()
        logger("http").info(
            "command",
            command=self.name,
            role=self.actor.role,
            stream=receipt.stream,
            position=receipt.position,
            correlation=correlation,
        )


def command(name: str, *roles: Role) -> Callable[..., Awaitable[CommandCall]]:
    """Return the dependency of the command `name`, which these roles may give.

    It raises UnauthenticatedError, ForbiddenError, IdempotencyKeyMissingError, and
    InvalidValueError for a malformed If-Match, before the body is looked at.
    """

    async def calling(  # waits for nothing: as a plain function it would cost a thread
        request: Request,
        principal: Annotated[Principal, Depends(authenticated)],
        body: Annotated[bytes, Depends(_body)],
        idempotency_key: Annotated[
            str | None, Header(description="8 to 120 printable characters; required")
        ] = None,
        if_match: Annotated[
            str | None, Header(description='the version, such as "7"; required on existing things')
        ] = None,
    ) -> CommandCall:
        request.state.command = name
        actor = authorise(principal, name, roles)
        return CommandCall(
            name=name,
            actor=actor,
            key=_key(actor, idempotency_key, _fingerprint(request, body)),
            if_match=version_of(if_match),
            commands=request.app.state.commands,
            state=request.state,
        )

    return calling


async def _body(request: Request) -> bytes:
    """Return the body; refuses one where the command takes none: unknown fields are refused."""
    body = await request.body()
    if request.scope["route"].body_field is None and body.strip() not in (b"", b"{}"):
        unwanted = {"type": "extra_forbidden", "loc": ("body",), "msg": "no body is expected"}
        raise RequestValidationError([unwanted])
    return body


def _key(actor: Actor, sent: str | None, fingerprint: str) -> IdempotencyKey:
    if sent is None:
        raise IdempotencyKeyMissingError("send Idempotency-Key, the same for every try")
    if not _KEY.match(sent):
        raise IdempotencyKeyMissingError("Idempotency-Key has 8 to 120 printable ASCII characters")
    return IdempotencyKey(actor.person_ref, sent, fingerprint)


def _fingerprint(request: Request, body: bytes) -> str:
    """Digest of the request: method, path, query, and the body without regard to its spacing.

    Bodies may be short and sealed elsewhere: whoever sees the table must not be able to guess them.
    So the digest is keyed (HMAC) where the service has a secret; the Idempotency-Key salts it.
    """
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    salt = request.headers.get("idempotency-key", "")
    sent = [salt, request.method, path, query, _normal(body)]
    said = json.dumps(sent).encode()
    key: bytes = request.app.state.commands.fingerprint_key
    return (hmac.new(key, said, hashlib.sha256) if key else hashlib.sha256(said)).hexdigest()


def fingerprint_key(secret: str) -> bytes:
    """Derive the key of the fingerprints from a service's secret, b"" when it has none."""
    return (
        hmac.digest(secret.encode(), b"duban/idempotency-fingerprint/v1", "sha256")
        if secret
        else b""
    )


def _normal(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), sort_keys=True)
    except (ValueError, RecursionError):
        return body.hex()


def _handled(handler: Handler, work: UnitOfWork) -> dict[str, Any]:
    """Return the handler's answer; facts that no event can hold are the caller's values."""
    try:
        return handler(work) or {}
    except ValidationError as error:
        if not any(known.__name__ == error.title for known in event_classes()):
            raise
        fields = ", ".join(str(one["loc"][0]) for one in error.errors() if one["loc"])
        raise InvalidValueError(f"a value cannot be recorded: {fields}") from error


def _plain(error: DubanError) -> DubanError:
    """Return the error, but of a thing that does not exist say just that."""
    if isinstance(error, StaleVersionError) and error.ids.get("version") == 0:
        return NotFoundError(f"there is no {error.ids['stream']}", stream=error.ids["stream"])
    return error


def _outcome(receipt: Receipt) -> dict[str, Any]:
    types = [recorded.record.type for recorded in receipt.events]
    return {"stream": receipt.stream, "version": receipt.version, "events": types}


def _answer(body: dict[str, Any], status: int) -> Response:
    """Return the answer; its keys are sorted, so that the same answer has the same bytes."""
    headers = {POSITION_HEADER: str(body["position"])}
    if body["stream"]:
        headers["ETag"] = etag_of(body["version"])
    content = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Response(content, status, headers, media_type="application/json")
