"""Whether the process lives, whether it can serve, and its metrics. Open to everybody."""

from collections.abc import Callable

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from shared.http.problems import Kind, problem
from shared.telemetry import metrics

Ready = Callable[[], dict[str, bool]]

NOT_READY = Kind("not-ready", "The service is not ready", 503)


def health_router(ready: Ready) -> APIRouter:
    """Return the routes; `ready` tells of each needed part whether it works now."""
    router = APIRouter(tags=["operations"])

    @router.get("/health/live", summary="The process answers")
    def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready", summary="Every needed part answers", response_model=None)
    def is_ready() -> dict[str, object] | Response:
        parts = ready()
        if all(parts.values()):
            return {"status": "ready", "parts": parts}
        missing = ", ".join(name for name, works in sorted(parts.items()) if not works)
        return problem(NOT_READY, f"not working: {missing}", "/health/ready", parts=parts)

    @router.get(
        "/metrics",
        summary="Metrics in the Prometheus text format",
        response_class=PlainTextResponse,
    )
    def measured() -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4")

    return router
