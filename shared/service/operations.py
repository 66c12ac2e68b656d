"""What operators do over HTTP: look at parked messages, redrive them, discard them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Text
from shared.http.commands import CommandCall, command, reader
from shared.kernel.actor import Actor, Role
from shared.messaging.dead_letters import DeadLetter, DeadLetters
from shared.telemetry.logs import logger

Operator = Annotated[Actor, Depends(reader(Role.ADM, Role.SYSTEM))]


class Discard(BaseModel):
    """Why a parked message shall have no effect, for ever."""

    model_config = ConfigDict(extra="forbid")

    reason: Text


def dead_letter_routes(letters: DeadLetters) -> APIRouter:
    """Return the routes over this service's parked messages."""
    router = APIRouter(prefix="/v1/dead-letters", tags=["operations"])

    @router.get("", summary="Parked messages, oldest first")
    def list_dead_letters(
        _: Operator,
        status: Annotated[str, Query(pattern="^(parked|redriven|discarded)$")] = "parked",
        after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        found = [_row(letter) for letter in letters.list(status, after, limit)]
        return {"items": found, "next": found[-1]["id"] if len(found) == limit else None}

    @router.get("/{letter_id}", summary="One message, with its record")
    def show_dead_letter(_: Operator, letter_id: int) -> dict[str, Any]:
        letter = letters.show(letter_id)
        return {**_row(letter), "headers": dict(letter.headers)}

    @router.post("/{letter_id}/redrive", summary="Handle it again, and what waits behind it")
    def redrive_dead_letter(
        letter_id: int,
        call: Annotated[CommandCall, Depends(command("RedriveDeadLetter", Role.ADM))],
    ) -> dict[str, Any]:
        letter = letters.show(letter_id)
        _tell(call, letter)
        return {"redriven": letters.redrive_stream(letter.source, letter.stream)}

    @router.post("/{letter_id}/discard", summary="Count it as consumed, without any effect")
    def discard_dead_letter(
        letter_id: int,
        body: Discard,
        call: Annotated[CommandCall, Depends(command("DiscardDeadLetter", Role.ADM))],
    ) -> dict[str, Any]:
        _tell(call, letters.show(letter_id))
        reason = f"{body.reason} ({call.actor.person_ref})"
        return _row(letters.discard(letter_id, reason))

    return router


def _tell(call: CommandCall, letter: DeadLetter) -> None:
    logger(__name__).info(
        "operator-acts",
        command=call.name,
        person_ref=call.actor.person_ref,
        source=letter.source,
        stream=letter.stream,
        version=letter.version,
    )


def _row(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "source": letter.source,
        "stream": letter.stream,
        "version": letter.version,
        "position": letter.position,
        "error_code": letter.error_code,
        "error_detail": letter.error_detail,
        "attempts": letter.attempts,
        "status": letter.status,
        "reason": letter.reason,
        "parked_at": letter.parked_at,
    }
