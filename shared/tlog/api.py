"""The sealed log over HTTP: checkpoint, tiles and entry bundles (c2sp.org/tlog-tiles), proofs.

Hashes tell nothing and are open to every role; entry bundles hold the records themselves and are
open to those who may read the feed.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response

from shared.http.authorisation import FEED_READERS
from shared.http.commands import CommandCall, command, reader
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import InvalidValueError, NotFoundError, UnavailableError
from shared.telemetry.logs import logger
from shared.tlog import merkle
from shared.tlog.checkpoints import Checkpoint
from shared.tlog.cosignatures import cosignatures
from shared.tlog.notes import Note, NoteError, Signature, VerifierKey
from shared.tlog.proofs import RecordProof, encode_hashes
from shared.tlog.requests import StateRequests
from shared.tlog.states import StateRecorder
from shared.tlog.store import TlogStore
from shared.tlog.tiles import Tile, TileError

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}

Anybody = Annotated[Actor, Depends(reader())]
FeedReader = Annotated[Actor, Depends(reader(*FEED_READERS))]
Size = Annotated[int | None, Query(ge=0, le=2**63 - 1)]
Position = Annotated[int | None, Query(ge=1, le=2**63 - 1)]

_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {TEXT: {}}}}
_BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {BYTES: {}}}}


def log_routes(
    tlog: TlogStore,
    states: StateRecorder,
    witnesses: Sequence[str],
    *,
    seals: bool,
    anchor: Callable[[], object] = lambda: None,
) -> APIRouter:
    """Return the routes of a service's sealed log; `seals` = a sealer runs for it.

    `anchor` anchors the sibling logs: before an export each log says how far the others were.
    """
    router = APIRouter(prefix="/v1/log", tags=["log"])
    keys = [VerifierKey.parse(text) for text in witnesses]
    _add_log(router, tlog)
    _add_proofs(router, tlog)
    _add_state(router, tlog, states, anchor, seals=seals)
    _add_cosignatures(router, tlog, keys)
    return router


def _add_log(router: APIRouter, tlog: TlogStore) -> None:
    @router.get("/checkpoint", summary="The last signed checkpoint", responses=_TEXT)
    def checkpoint(_: Anybody, size: Size = None) -> Response:
        note = tlog.checkpoint(size)
        return Response(note.encode(), headers={"Cache-Control": "no-cache"}, media_type=TEXT)

    @router.get("/tile/entries/{rest:path}", summary="Sealed records", responses=_BYTES)
    def entries(_: FeedReader, rest: str) -> Response:
        return _tile(tlog, f"tile/entries/{rest}")

    @router.get("/tile/{rest:path}", summary="Hashes of the tree", responses=_BYTES)
    def hashes(_: Anybody, rest: str) -> Response:
        return _tile(tlog, f"tile/{rest}")


def _add_proofs(router: APIRouter, tlog: TlogStore) -> None:
    @router.get("/proof", summary="Proof of a record, or of consistency", responses=_TEXT)
    def proof(_: Anybody, position: Position = None, size: Size = None) -> Response:
        """`position`: that its record is in the last checkpoint (c2sp.org/tlog-proof).

        `size`: that the last checkpoint continues the one of this size; hashes, one a line.
        """
        if (position is None) == (size is None):
            raise InvalidValueError("ask for a position or for a size")
        note = tlog.checkpoint()
        last = Checkpoint.parse(note.text)
        if position is None:
            content = _consistency(tlog, size or 0, last)
        else:
            content = _inclusion(tlog, position, last, note)
        return Response(content, headers={"Duban-Log-Size": str(last.size)}, media_type=TEXT)


def _add_state(
    router: APIRouter,
    tlog: TlogStore,
    states: StateRecorder,
    anchor: Callable[[], object],
    *,
    seals: bool,
) -> None:
    @router.post("/record-state", summary="Record the state of all streams now")
    def record_state(
        call: Annotated[
            CommandCall, Depends(command("RecordState", Role.ADM, Role.AUD, Role.SYSTEM))
        ],
    ) -> dict[str, Any]:
        if not seals:
            raise UnavailableError("this log is not sealed: there is no signing key")
        logger(__name__).info("state-asked-for", person_ref=call.actor.person_ref)
        anchor()
        size = StateRequests(tlog).ask()
        last = states.last()
        note = tlog.checkpoint(size).encode().decode()
        return {"size": size, "state_size": last.size, "checkpoint": note}


def _add_cosignatures(router: APIRouter, tlog: TlogStore, keys: Sequence[VerifierKey]) -> None:
    @router.post("/cosignatures", summary="Keep what a witness said about a checkpoint")
    def add_cosignatures(
        size: Annotated[int, Query(ge=1, le=2**63 - 1)],
        lines: Annotated[list[str], Body(min_length=1, max_length=16)],
        call: Annotated[
            CommandCall, Depends(command("AddCosignatures", Role.SYSTEM, Role.AUD, Role.ADM))
        ],
    ) -> dict[str, Any]:
        note = tlog.checkpoint(size)
        added = _verified(note, lines, keys)
        tlog.add_cosignatures(size, added)
        return {"size": size, "kept": [one.name for one in added]}


def _tile(tlog: TlogStore, path: str) -> Response:
    try:
        tile = Tile.parse(path)
    except TileError as error:
        raise NotFoundError("there is no such tile") from error
    return Response(tlog.tile(tile), headers=FOR_EVER, media_type=BYTES)


def _consistency(tlog: TlogStore, old: int, last: Checkpoint) -> bytes:
    if old > last.size:
        raise NotFoundError(f"the last checkpoint has {last.size} records")
    return encode_hashes(merkle.consistency_proof(tlog.hashes(last.size), old, last.size))


def _inclusion(tlog: TlogStore, position: int, last: Checkpoint, note: Note) -> bytes:
    index = tlog.index_of(position)
    if index >= last.size:
        raise NotFoundError(f"no signed checkpoint covers position {position} yet")
    path = merkle.inclusion_proof(tlog.hashes(last.size), index, last.size)
    return RecordProof(index, tuple(path), note.encode()).encode()


def _verified(note: Note, lines: Sequence[str], keys: Sequence[VerifierKey]) -> list[Signature]:
    """Return the lines that known witnesses made; raises InvalidValueError for a false one."""
    try:
        given = [Signature.parse(line.removesuffix("\n")) for line in lines]
        known = cosignatures(Note(note.text, tuple(given)), keys)
    except NoteError as error:
        raise InvalidValueError(error.detail) from error
    if not known:
        raise InvalidValueError("no known witness made these cosignatures")
    return [one for one in given if any(one.is_of(found.key) for found in known)]
