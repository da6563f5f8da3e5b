"""An answer on its way to one client: run, written piece by piece, cut where it fails.

Rule kept here: an answer that has not started is refused by a problem document with its status; one that has started
either ends as its form says or is visibly cut. Nobody's answer outlives its client: a hang-up or a client that stops
reading closes the batches, so that the gateway stops the warehouse and records what left. Pieces are written only as
fast as they are taken, so memory grows neither with the answer nor with a slow client.
"""

from __future__ import annotations

import logging
from contextlib import aclosing
from dataclasses import dataclass, field

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from proxy.doors.http.formats import Form, error_line, pieces
from proxy.doors.http.metrics import Metrics
from proxy.doors.http.problems import DECISION_HEADER, problem_of
from proxy.doors.http.server import ABORT
from proxy.errors import GatewayError
from proxy.gateway import Gateway, Request, refusal_of
from proxy.traces import shape_of
from proxy.values import Caller, Context

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: who asks what, and how it is to be answered."""

    gateway: Gateway
    caller: Caller
    context: Context
    request: Request
    form: type[Form]
    write_timeout_s: float
    metrics: Metrics


class QueryResponse(Response):
    """Runs the query while it is sent; made in place of an answer, since the status is known only once rows come."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(media_type=ask.form.media_type)
        self._ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, for as long as the client is there."""
        async with anyio.create_task_group() as group:
            group.start_soon(_hung_up, receive, group.cancel_scope)
            await self._answer(scope, receive, send)
            group.cancel_scope.cancel()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        ask = self._ask
        line = _Line(send, ask.form.media_type, ask.write_timeout_s)
        try:
            answer = await ask.gateway.run(ask.caller, ask.request, ask.context)
            async with aclosing(answer.batches) as batches:
                form = ask.form(answer)
                line.open(answer.decision_id, form)
                async for batch in batches:
                    for piece in pieces(batch, form.piece):
                        await line.rows(form.rows(piece))
            await line.finish(form.tail())
            ask.metrics.answered(ask.form.media_type, answer.tally)
        except _Unread:
            LOG.warning("a client stopped reading; its answer was cut")
            ask.metrics.refused("unread")
            scope.get("extensions", {}).get(ABORT, int)()
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is not error:
                LOG.error("an answer failed: decision %s: %s", refusal.decision_id, shape_of(error))
            ask.metrics.refused(refusal.code)
            await self._refuse(refusal, line, scope, receive, send)

    async def _refuse(self, error: GatewayError, line: _Line, scope: Scope, receive: Receive, send: Send) -> None:
        problem = problem_of(error)
        if not line.started:
            await problem.response()(scope, receive, send)
        elif line.tells_error:
            await line.finish(error_line(problem.document()))
        else:
            LOG.info("an answer was cut: decision %s: %s", error.decision_id, error.code)


class _Unread(Exception):
    """The client leaves the answer unread for too long."""


@dataclass(slots=True)
class _Line:
    """The way to the client. Bytes are held back until they are more than the form's `hold` and rows among them."""

    send: Send
    media_type: str
    timeout_s: float
    started: bool = False
    tells_error: bool = False
    _hold: int = 0
    _held: bytearray = field(default_factory=bytearray)
    _headers: dict[str, str] = field(default_factory=dict)

    def open(self, decision_id: str, form: Form) -> None:
        """Keep the head until there are rows."""
        self._hold, self.tells_error = form.hold, form.tells_error
        self._headers = {DECISION_HEADER: decision_id}
        self._held += form.head()

    async def rows(self, data: bytes) -> None:
        """Write some rows. Raises `_Unread`."""
        self._held += data
        if data and len(self._held) > self._hold:
            await self._flush(last=False)
        await anyio.lowlevel.checkpoint()

    async def finish(self, data: bytes) -> None:
        """Write the last bytes. Raises `_Unread`."""
        self._held += data
        await self._flush(last=True)

    async def _flush(self, *, last: bool) -> None:
        body = bytes(self._held)
        self._held.clear()
        try:
            with anyio.fail_after(self.timeout_s):
                if not self.started:
                    head = Response(headers=self._headers, media_type=self.media_type)
                    fields = [(k, v) for k, v in head.raw_headers if k != b"content-length"]
                    self.started = True
                    await self.send({"type": "http.response.start", "status": 200, "headers": fields})
                await self.send({"type": "http.response.body", "body": body, "more_body": not last})
        except TimeoutError as error:
            raise _Unread from error


async def _hung_up(receive: Receive, scope: anyio.CancelScope) -> None:
    """Wait for the client to leave; the answer's own end cancels the wait."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
