"""The HTTP door: JSON, NDJSON, Arrow and CSV over FastAPI.

Rule kept here: the door turns requests into the gateway's calls and answers into bytes, and decides nothing. It never
holds more of an answer than the piece it is writing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.metadata import version

from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from proxy.doors.http import openapi
from proxy.doors.http.calls import Calls
from proxy.doors.http.edge import Edge
from proxy.doors.http.metrics import Metrics
from proxy.doors.http.refusals import answers
from proxy.doors.http.server import run
from proxy.doors.http.settings import Settings
from proxy.gateway import Gateway
from proxy.listening import listening

__all__ = ["Settings", "build", "serve"]


def build(gateway: Gateway, settings: Settings) -> FastAPI:
    """The door as an ASGI application, without a socket."""
    metrics = Metrics()
    calls = Calls(gateway, settings, metrics)
    app = FastAPI(
        title="Usher",
        version=version("sqlusher"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=answers(metrics),
    )
    app.state.gateway = gateway
    app.add_middleware(Edge, metrics=metrics, hosts=settings.hosts)
    add = app.add_api_route
    add("/v1/query", calls.query, methods=["POST"], responses=openapi.query_responses(), openapi_extra=openapi.QUERY)
    add("/v1/plan", calls.plan, methods=["POST"], responses=openapi.plan_responses(), openapi_extra=openapi.PLAN)
    add("/v1/catalog", calls.catalog, responses=openapi.catalog_responses(), openapi_extra=openapi.SIGNED_IN)
    add("/v1/audit", calls.audit, responses=openapi.audit_responses(), openapi_extra=openapi.SIGNED_IN)
    add("/healthz", calls.healthz, responses=openapi.health_responses())
    add("/readyz", calls.readyz, responses=openapi.ready_responses())
    add("/metrics", calls.metrics, responses=openapi.metrics_responses(), response_class=PlainTextResponse)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app


async def serve(
    gateway: Gateway,
    settings: Settings,
    *,
    stop: asyncio.Event | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Listen and answer until `stop` is set, SIGINT or SIGTERM comes (only without `stop`), or the task is cancelled.

    Running answers get `stop_timeout_s` to end; what is left then is cut, and recorded as abandoned. `ready` is told
    the door's address once it listens. Raises `ConfigError` where it cannot."""
    with listening("doors.http.listen", settings.listen) as socket:
        await run(build(gateway, settings), settings, socket, stop, ready)
