"""One client's socket: bytes to the protocol, bytes back, and no more of either than both sides can take.

Rule kept here: no stream in between. While an answer runs nothing is read ahead beyond one chunk; a client that does
not read stalls its own answer alone, and loses it in time; one that sends much at once takes turns with all others;
one that hangs up ends whatever runs for it. TLS takes the socket over before anything but the request for it was read.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Any, cast

import anyio

from proxy.doors.pgwire import replies
from proxy.doors.pgwire.messages import Event, Violation
from proxy.doors.pgwire.replies import Fields
from proxy.doors.pgwire.session import Phase, Session
from proxy.doors.pgwire.settings import Settings

LOG = logging.getLogger(__name__)
HIGH_WATER = 256 * 1024
"""Bytes that wait for a client before its answer stalls."""
READ_AHEAD, READ_AHEAD_UNKNOWN = 256 * 1024, 32 * 1024
"""Bytes of messages that are kept while an answer runs: of somebody who logged in, and of anybody else."""
UNBROKEN, UNBROKEN_S = 16, 0.005
"""Messages (or statements of one text) that are answered in a row before others have their turn, and for how long."""


class Gone(Exception):
    """The client left, or is made to."""


class Stopping(Exception):
    """The gateway stops, and this client has nothing running."""


class Idle(Exception):
    """The client sends nothing for too long."""


class Connection(asyncio.Protocol):
    """The socket. `closed` is called once when it is gone."""

    def __init__(self, settings: Settings, made: Any) -> None:
        self.session = Session(settings.max_message_bytes)
        self.secure = False
        self.address: str | None = None
        self.scope = anyio.CancelScope()
        self._settings = settings
        self._made = made
        self._transport: asyncio.Transport | None = None
        self._out = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._violation: Violation | None = None
        self._reading = True
        self._stopping = False
        self._lost = False
        self._cut: asyncio.TimerHandle | None = None
        self._unbroken, self._since = 0, 0.0

    # ------------------------------------------------------------------------------------------------------- asyncio
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self._transport = made = cast(asyncio.Transport, transport)  # servers of streams make no others
        made.set_write_buffer_limits(high=HIGH_WATER)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else None
        self._made(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        try:
            self.session.feed(data)
        except Violation as violation:
            self._violation = violation
        known = self.session.phase in (Phase.READY, Phase.SKIPPING)
        if self._waiter is None and self.session.waiting > (READ_AHEAD if known else READ_AHEAD_UNKNOWN):
            self._pause()
        self._wake()

    def eof_received(self) -> bool:
        """The client will send nothing more: as good as gone."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        LOG.debug("a connection ended: %s", type(exc).__name__)
        self._lost = True
        if self._cut is not None:
            self._cut.cancel()
        self._writable.set()
        self._wake()
        self.scope.cancel()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client keeps up again."""
        self._writable.set()

    # ------------------------------------------------------------------------------------------------------- reading
    async def event(self, timeout_s: float) -> Event:
        """The next event. Raises `Violation`, `Gone`, `Idle` after so many seconds, `Stopping` where nothing is left
        to answer."""
        await self.pace()
        while True:
            if self._violation is not None:
                raise self._violation
            found = self.session.next()
            if found is not None:
                return found
            if self._lost:
                raise Gone
            if self._stopping:
                raise Stopping
            await self._more(timeout_s)

    async def _more(self, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        timer = loop.call_later(timeout_s, _late, waiter)
        self._resume()
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None
            self._unbroken, self._since = 0, loop.time()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _pause(self) -> None:
        if self._reading and self._transport is not None and not self._lost:
            self._reading = False
            self._transport.pause_reading()

    def _resume(self) -> None:
        if not self._reading and self._transport is not None and not self._lost:
            self._reading = True
            self._transport.resume_reading()

    # ------------------------------------------------------------------------------------------------------- writing
    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep a message for the next `flush`."""
        self._out += data

    async def pace(self) -> None:
        """Between two messages: write what has gathered, although its client did not ask for it yet, and let others
        have their turn. Raises `Gone`."""
        if len(self._out) >= HIGH_WATER // 4:
            await self.flush()
        self._unbroken += 1
        clock = asyncio.get_running_loop().time
        if self._unbroken >= UNBROKEN or clock() - self._since > UNBROKEN_S:
            await asyncio.sleep(0)
            self._unbroken, self._since = 0, clock()

    async def send(self, data: bytes | memoryview) -> None:
        """Write large data at once, behind what was kept. Raises `Gone`."""
        if len(data) < HIGH_WATER // 4:
            self._out += data
            if len(self._out) < HIGH_WATER // 4:
                return
            await self.flush()
            return
        await self.flush()
        if self._transport is None or self._lost:
            raise Gone
        self._transport.write(data)
        await self._drain()

    async def flush(self) -> None:
        """Write what was kept, as fast as the client takes it. Raises `Gone`."""
        if self._transport is None or self._lost:
            raise Gone
        if self._out:
            self._transport.write(bytes(self._out))
            self._out.clear()
        await self._drain()

    async def _drain(self) -> None:
        if self._writable.is_set():
            return
        with anyio.move_on_after(self._settings.write_timeout_s) as waiting:
            await self._writable.wait()
        if waiting.cancelled_caught:
            LOG.warning("a client stopped reading; its answer was cut")
            self.abort()
        if self._lost or waiting.cancelled_caught:
            raise Gone

    # ------------------------------------------------------------------------------------------------------------ TLS
    async def encrypt(self, context: ssl.SSLContext | None) -> None:
        """Answer a request for encryption. Raises `Gone` where the handshake fails."""
        if context is None or self._transport is None:
            self.session.declined()
            self.write(replies.DECLINED)
            await self.flush()
            return
        transport, self._transport = self._transport, None
        transport.write(replies.ACCEPTED)
        loop = asyncio.get_running_loop()
        self.session.encrypted()  # what comes from here on was decrypted: TLS has the socket before it reads again
        try:
            made = await loop.start_tls(
                transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=self._settings.login_timeout_s,
                ssl_shutdown_timeout=1,
            )
        except (OSError, ssl.SSLError, asyncio.CancelledError) as error:
            transport.abort()
            if isinstance(error, asyncio.CancelledError):
                raise
            raise Gone from error
        if made is None or self._lost:
            raise Gone
        self._transport = made
        made.set_write_buffer_limits(high=HIGH_WATER)
        self.secure = True

    # ------------------------------------------------------------------------------------------------------------ end
    def stop(self) -> None:
        """Take nothing new."""
        self._stopping = True
        self._wake()

    @property
    def stopping(self) -> bool:
        """Whether nothing new is taken."""
        return self._stopping

    def tell_and_close(self, fields: Fields) -> None:
        """Say why, and close, without waiting for the client."""
        self.write(replies.error(fields))
        self.close()

    def close(self) -> None:
        """Close once what was written has left; a client that does not read it is cut."""
        self.session.end()
        transport = self._transport
        if transport is None or self._lost:
            return
        transport.write(bytes(self._out))
        self._out.clear()
        transport.close()
        self._cut = asyncio.get_running_loop().call_later(self._settings.write_timeout_s, transport.abort)

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()


def _late(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(Idle())
