"""`/v1/events`: the service's log for other systems, in order, without loss, byte for byte.

A record is embedded as it is stored, never parsed and written again: its digest must hold.
Positions rise but need not be consecutive; each stream is in order of its versions. A page with
fewer events than `limit` is the last for now.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from starlette.concurrency import run_in_threadpool

from shared.eventstore.record import RecordedEvent
from shared.eventstore.store import EventStore
from shared.http.access import reader
from shared.http.authorisation import FEED_READERS
from shared.http.news import NewsWatch
from shared.kernel.actor import Actor
from shared.kernel.errors import InvalidValueError

MAX_EVENTS = 1_000
MAX_WAIT_S = 30
NDJSON = "application/x-ndjson"

FeedReader = Annotated[Actor, Depends(reader(*FEED_READERS))]
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="positions after this one")]
FeedLimit = Annotated[int, Query(ge=1, le=MAX_EVENTS, description="at most so many")]

_PAGE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["items", "next"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["position", "record"],
                "properties": {"position": {"type": "integer"}, "record": {"type": "object"}},
            },
        },
        "next": {"type": "integer", "description": "pass it as `after`"},
    },
}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events in order; also one a line (NDJSON) if so accepted",
        "content": {"application/json": {"schema": _PAGE_SCHEMA}, NDJSON: {}},
    }
}


def feed_router(store: EventStore) -> APIRouter:
    """Return the routes of this store's feed."""
    router = APIRouter(prefix="/v1", tags=["feed"])
    watch = NewsWatch(store)

    @router.get("/events", summary="The log, in order", responses=_CONTENT)
    async def events(
        _: FeedReader,
        after: After = 0,
        limit: FeedLimit = 100,
        wait: Annotated[
            float, Query(ge=0, le=MAX_WAIT_S, description="seconds to wait for news")
        ] = 0,
        stream: Annotated[str | None, Query(max_length=200, description="only this one")] = None,
        after_version: Annotated[
            int | None, Query(ge=0, le=2**31 - 1, description="of that stream")
        ] = None,
        accept: Annotated[str, Header()] = "",
    ) -> Response:
        """The one route that is not a plain function: it waits without holding a thread."""
        if stream is not None:
            _require_whole_stream(after, wait)
            found = await run_in_threadpool(store.read_stream, stream, after_version or 0, limit)
            return _feed_answer(found, None, accept)
        if after_version is not None:
            raise InvalidValueError("after_version needs stream")
        found = await run_in_threadpool(store.read, after, limit)
        if not found and wait:
            await watch.wait(after, wait)
            found = await run_in_threadpool(store.read, after, limit)
        return _feed_answer(found, after, accept)

    @router.get("/heads", summary="The last event of each stream, in order of position")
    def heads(_: FeedReader, after: After = 0, limit: FeedLimit = 100) -> dict[str, Any]:
        found = [vars(head) for head in store.heads(after, limit)]
        return {"items": found, "next": found[-1]["position"] if found else after}

    return router


def _require_whole_stream(after: int, wait: float) -> None:
    if after or wait:
        raise InvalidValueError("stream goes with after_version, not with after or wait")


def _feed_answer(found: list[RecordedEvent], after: int | None, accept: str) -> Response:
    """Return the page; `after` None says that it is of one stream, then `next` is a version."""
    following = _following(found, after)
    headers = {"Duban-Next": str(following)}
    lines = [_item(recorded) for recorded in found]
    if NDJSON in accept:
        return Response(b"".join(line + b"\n" for line in lines), 200, headers, NDJSON)
    body = b'{"items":[' + b",".join(lines) + b'],"next":' + str(following).encode() + b"}"
    return Response(body, 200, headers, "application/json")


def _following(taken: list[RecordedEvent], after: int | None) -> int:
    if not taken:
        return after or 0
    return taken[-1].record.version if after is None else taken[-1].position


def _item(recorded: RecordedEvent) -> bytes:
    return b'{"position":%d,"record":%s}' % (recorded.position, recorded.raw)
