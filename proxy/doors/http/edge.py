"""The outermost layer of the HTTP door: every request passes it on the way in, every answer on the way out.

Rule kept here: whatever happens inside, the client gets an answer with this door's header fields, and the operator a
log line and a count, none of which hold SQL, values, tokens or query strings. What an unexpected error says reaches
neither of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxy.doors.http.metrics import Metrics
from proxy.doors.http.problems import DECISION_HEADER, HttpCode, HttpRefusal, problem_of
from proxy.gateway import refusal_of
from proxy.traces import shape_of

LOG = logging.getLogger(__name__)
CLIENT_LEFT = 499
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(slots=True)
class _Sent:
    """What has left of one answer."""

    status: int = 0
    decision_id: str = "-"


class Edge:
    """ASGI middleware; `hosts` are the names that requests may ask for (empty: any)."""

    def __init__(self, app: ASGIApp, metrics: Metrics, hosts: Collection[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _Sent()
        began = time.perf_counter()
        self._metrics.begun()
        try:
            await self._guarded(scope, receive, _dressed(send, sent), sent)
        finally:
            seconds = time.perf_counter() - began
            route, method = _route(scope), scope["method"] if scope["method"] in _METHODS else "other"
            status = sent.status or CLIENT_LEFT
            self._metrics.ended(route, method, status, seconds)
            LOG.info("%s %s %d %.1f ms decision %s", method, route, status, seconds * 1000, sent.decision_id)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send, sent: _Sent) -> None:
        try:
            self._check_host(scope)
            _check_framing(scope)
            await self._app(scope, receive, send)
        except ClientDisconnect:
            return
        except HttpRefusal as refusal:
            await refusal.problem.response()(scope, receive, send)
        except Exception as error:
            refused = refusal_of(error)
            LOG.error("a call failed: decision %s: %s", refused.decision_id, shape_of(error))
            self._metrics.refused(refused.code)
            if not sent.status:
                await problem_of(refused).response()(scope, receive, send)

    def _check_host(self, scope: Scope) -> None:
        if not self._hosts:
            return
        asked = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(asked) != 1 or _without_port(asked[0]).lower() not in self._hosts:
            detail = (
                "The gateway does not answer to that host name; its operator lists those it does (doors.http.hosts)."
            )
            raise HttpRefusal(HttpCode.MISDIRECTED, detail)


def _check_framing(scope: Scope) -> None:
    """A request whose end two servers may see in two places can hide another one (RFC 9112, section 6.3)."""
    names = [name for name, _ in scope["headers"]]
    if b"transfer-encoding" in names and b"content-length" in names:
        detail = "The request has both Content-Length and Transfer-Encoding; send one of them."
        raise HttpRefusal(HttpCode.INVALID_REQUEST, detail, {"Connection": "close"})


def _dressed(send: Send, sent: _Sent) -> Send:
    """`send`, with this door's header fields on every answer."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.status = message["status"]
            headers = MutableHeaders(scope=message)
            sent.decision_id = headers.get(DECISION_HEADER, "-")
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return dressed


def _route(scope: Scope) -> str:
    """The route's own template, never the path as it was asked for."""
    return str(getattr(scope.get("route"), "path", "-"))


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
