"""The socket and the server under the HTTP door.

Rule kept here: a port that cannot be had is told before anything runs, with the setting that names it; the server
writes no access log of its own (its lines hold query strings) and trusts no proxy that the settings do not name; no
client can hold a connection by sending or reading nothing.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

import anyio
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from proxy.doors.http.settings import Settings
from proxy.listening import signals

LOG = logging.getLogger(__name__)
ABORT = "usher.abort"
"""The ASGI extension under which a request finds the function that drops its connection."""
HEAD_TIMEOUT_S = 10.0
"""Seconds a client may take to send the head of a request."""
END_TIMEOUT_S = 45.0
"""Seconds that cancelled answers get to stop their warehouse and write their records."""


async def run(
    app: ASGIApp,
    settings: Settings,
    bound: socket.socket,
    stop: asyncio.Event | None,
    ready: Callable[[str], None] | None,
) -> None:
    """Serve `app` on a bound socket until told to stop; then end in order."""
    server = _Server(
        uvicorn.Config(
            _connected(app, lambda: server),
            http=_Protocol,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=max(1, round(settings.stop_timeout_s)),
        )
    )
    asked = stop or asyncio.Event()
    with signals(asked) if stop is None else nullcontext():
        async with anyio.create_task_group() as group:
            group.start_soon(_watch, server, asked, bound, ready)
            with anyio.CancelScope(shield=True):
                await server.serve(sockets=[bound])
                await server.cancelled()
                server.abort(None)
            group.cancel_scope.cancel()


class _Server(uvicorn.Server):
    """uvicorn without its own signals: whoever runs the door says when it ends."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def cancelled(self) -> None:
        """Wait until what was cancelled has ended, records and all; uvicorn does not."""
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=END_TIMEOUT_S)

    def abort(self, scope: Scope | None) -> None:
        """Drop the connection of one request, or all that are left, with whatever their clients did not read."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, _Protocol) and (scope is None or connection.scope is scope):
                connection.transport.abort()


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, without its access log, and with a deadline for the head of each request."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client came."""
        super().connection_made(transport)
        self.access_log = False
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """A client sent something."""
        super().data_received(data)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """A client left."""
        super().connection_lost(exc)
        self._forget()

    def _expect_head(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _connected(app: ASGIApp, server: Callable[[], _Server]) -> ASGIApp:
    """`app`, with a way to drop the connection of the request it answers (ASGI has none). What still runs when the
    server's patience ends is cancelled by it, and its connection dropped, so that nothing cut looks whole."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[ABORT] = partial(server().abort, scope)
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            if not server().should_exit:
                raise
            LOG.warning("an answer was cut, since the gateway stops")
            server().abort(scope)
            await asyncio.sleep(0)  # the server sees the connection gone before it sees this answer's end

    return answered


async def _watch(
    server: _Server, asked: asyncio.Event, bound: socket.socket, ready: Callable[[str], None] | None
) -> None:
    """Tell when the server is up, and end it when asked, or when this task is cancelled."""
    try:
        await server.up.wait()
        if ready is not None:
            host, port = bound.getsockname()[:2]
            ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        await asked.wait()
    finally:
        server.should_exit = True
