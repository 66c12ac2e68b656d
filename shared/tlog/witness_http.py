"""The witness over HTTP (c2sp.org/tlog-witness): `POST /add-checkpoint`, and nothing to log in to.

A log needs no account: its signature is what counts.
"""

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from shared.tlog.notes import MAX_NOTE
from shared.tlog.witness import TEXT, Witness

LARGEST_REQUEST = MAX_NOTE + 64 * 64


def witness_app(witness: Witness) -> FastAPI:
    """Return the application of a witness."""
    app = FastAPI(title="Duban witness", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/")
    def who() -> Response:
        """The witness's public key, for trust notes."""
        return Response(f"{witness.signer.vkey}\n", media_type=TEXT)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return Response("too large\n", 413, media_type=TEXT)
        answer = await run_in_threadpool(witness.add_checkpoint, body)
        return Response(answer.body, answer.status, {"Content-Type": answer.media_type})

    return app


async def _body(request: Request) -> bytes | None:
    """Return the body, None when it is larger than any request may be."""
    found = b""
    async for piece in request.stream():
        found += piece
        if len(found) > LARGEST_REQUEST:
            return None
    return found
