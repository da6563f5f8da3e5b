"""The listening socket and all its connections.

Rule kept here: a cancel request is answered with silence, whatever its key; keys are unguessable and compared in
constant time. Connections are counted once their client logged in, and each caller's too; those that do not log in keep
nobody out, since the one that waits longest makes room. When the gateway stops, clients without work are told so at
once, and the others when theirs is done or their time is up.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import anyio
import anyio.abc

from proxy.doors.pgwire import replies
from proxy.doors.pgwire.connection import Connection, Gone, Idle, Stopping
from proxy.doors.pgwire.dialogue import Dialogue
from proxy.doors.pgwire.identity import Expired
from proxy.doors.pgwire.login import Entrance, Guest
from proxy.doors.pgwire.messages import CancelRequest, Violation
from proxy.doors.pgwire.refusals import Refused, fields_of
from proxy.doors.pgwire.replies import Fields
from proxy.doors.pgwire.settings import Settings
from proxy.errors import ConfigError, GatewayError, Unauthenticated
from proxy.gateway import Gateway, refusal_of
from proxy.listening import signals
from proxy.traces import shape_of
from proxy.values import Caller

LOG = logging.getLogger(__name__)
END_TIMEOUT_S = 45.0
"""Seconds that cancelled answers get to stop their warehouse and write their records."""
FATAL = "FATAL"
STOPS = Fields(FATAL, "57P01", "terminating connection due to administrator command", None, "Connect again.")
EXPIRED = Fields(
    FATAL, "57P01", "terminating connection because its token has expired", None, "Connect with a new one."
)
IDLE = Fields(FATAL, "57P05", "terminating connection due to idle-session timeout", None, "Connect again.")
SLOW = Fields(FATAL, "08P01", "terminating connection because the log-in took too long", None, "Connect again.")
FULL = Fields(FATAL, "53300", "sorry, too many clients already", None, "Close some connections, and connect again.")
MANY = Fields(
    FATAL, "53300", "too many connections of yours", None, "Close some, or have a pool open fewer, and connect again."
)
ENDS = {Stopping: STOPS, Expired: EXPIRED, Idle: IDLE, TimeoutError: SLOW}


class Full(Exception):
    """There is no room for one more connection."""

    def __init__(self, fields: Fields) -> None:
        super().__init__(fields.message)
        self.fields = fields


class Server:
    """All connections of one door."""

    def __init__(self, gateway: Gateway, settings: Settings, tls: ssl.SSLContext | None) -> None:
        self._gateway = gateway
        self._settings = settings
        self._entrance = Entrance(gateway, settings, tls)
        self._group: anyio.abc.TaskGroup | None = None
        self._open: set[Connection] = set()
        self._coming: dict[Connection, None] = {}
        self._callers: Counter[tuple[str, str]] = Counter()
        self._dialogues: dict[int, Dialogue] = {}
        self._left = asyncio.Event()

    async def run(self, bound: socket.socket, stop: asyncio.Event | None, ready: Callable[[str], None] | None) -> None:
        """Serve a bound socket until told to stop; then end in order."""
        asked = stop or asyncio.Event()
        loop = asyncio.get_running_loop()
        with signals(asked) if stop is None else nullcontext():
            async with anyio.create_task_group() as group:
                self._group = group
                listening = await loop.create_server(self._made, sock=bound, backlog=128)
                try:
                    if ready is not None:
                        host, port = bound.getsockname()[:2]
                        ready(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
                    await asked.wait()
                finally:
                    listening.close()
                    with anyio.CancelScope(shield=True):
                        await self._stop()
                    group.cancel_scope.cancel()

    async def _stop(self) -> None:
        """Tell everybody, wait for work, then cut it."""
        for connection in tuple(self._open):
            connection.stop()
        with anyio.move_on_after(self._settings.stop_timeout_s):
            await self._empty()
        for connection in tuple(self._open):
            LOG.warning("an answer was cut, since the gateway stops")
            connection.tell_and_close(STOPS)
            connection.scope.cancel()
        with anyio.move_on_after(END_TIMEOUT_S):
            await self._empty()

    async def _empty(self) -> None:
        while self._open:
            self._left.clear()
            await self._left.wait()

    # --------------------------------------------------------------------------------------------- one connection
    def _made(self) -> Connection:
        return Connection(self._settings, self._came)

    def _came(self, connection: Connection) -> None:
        if self._group is None:
            connection.tell_and_close(FULL)
            return
        if len(self._coming) >= self._settings.max_connections:
            longest = next(iter(self._coming))
            del self._coming[longest]
            longest.tell_and_close(FULL)
            longest.scope.cancel()
        self._open.add(connection)
        self._coming[connection] = None
        self._group.start_soon(self._serve, connection)

    async def _serve(self, connection: Connection) -> None:
        """One client, from its first byte to its last."""
        try:
            with connection.scope:
                fields = await self._served(connection)
                if fields is not None:
                    connection.write(replies.error(fields))
                connection.close()
        finally:
            if connection.scope.cancel_called:
                connection.abort()
            self._coming.pop(connection, None)
            self._open.discard(connection)
            self._left.set()

    async def _served(self, connection: Connection) -> Fields | None:
        """Serve a client to the end; what it is told last."""
        try:
            guest = await self._admitted(connection)
            if isinstance(guest, CancelRequest):
                self._cancel(guest)
            else:
                with self._counted(guest.identity.login):
                    await self._spoken(connection, guest)
        except Gone:
            connection.abort()
        except Violation as violation:
            return Fields(FATAL, violation.sqlstate, str(violation))
        except Refused as refused:
            return replace(refused.fields, severity=FATAL)
        except Full as full:
            return full.fields
        except (Stopping, Expired, Idle, TimeoutError) as end:
            return ENDS[type(end)]
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is not error:
                LOG.error("a connection failed: %s", shape_of(error))
            return _of_login(refusal)
        return None

    async def _admitted(self, connection: Connection) -> Guest | CancelRequest:
        """Log a client in, in time. Raises what `Entrance.admit` does, and `TimeoutError`."""
        with anyio.fail_after(self._settings.login_timeout_s):
            try:
                return await self._entrance.admit(connection, secrets.token_hex(8))
            except Idle as error:
                raise TimeoutError from error

    @contextmanager
    def _counted(self, login: Caller) -> Iterator[None]:
        """A connection of somebody who logged in. Raises `Full` where there is no room for one more."""
        who = login.issuer, login.subject
        if len(self._dialogues) >= self._settings.max_connections:
            raise Full(FULL)
        if self._callers[who] >= self._settings.max_connections_per_caller:
            raise Full(MANY)
        self._callers[who] += 1
        try:
            yield
        finally:
            self._callers[who] -= 1
            if not self._callers[who]:
                del self._callers[who]

    async def _spoken(self, connection: Connection, guest: Guest) -> None:
        process = self._process()
        key = secrets.token_bytes(guest.key_bytes)
        dialogue = Dialogue(self._gateway, self._settings, connection, guest, process, key, self._stop_other)
        self._dialogues[process] = dialogue
        self._coming.pop(connection, None)
        try:
            connection.session.logged_in()
            await dialogue.run()
        finally:
            del self._dialogues[process]

    def _process(self) -> int:
        """A number that no other connection has, and that says nothing of how many there are."""
        while True:
            number = secrets.randbelow(2**31 - 1) + 1
            if number not in self._dialogues:
                return number

    def _stop_other(self, caller: Caller, process: int, ends: bool) -> bool:
        """Stop what a connection runs, or the connection, for the same person through the same app."""
        dialogue = self._dialogues.get(process)
        if dialogue is None:
            return False
        other = dialogue.caller
        if (other.issuer, other.subject, other.app) != (caller.issuer, caller.subject, caller.app):
            return False
        (dialogue.end if ends else dialogue.cancel)()
        return True

    def _cancel(self, request: CancelRequest) -> None:
        """Stop a query, where the key is its connection's; nobody is told whether it was."""
        dialogue = self._dialogues.get(request.process)
        key = b"" if dialogue is None else dialogue.key
        if hmac.compare_digest(key, request.key) and dialogue is not None:
            dialogue.cancel()


def _of_login(error: GatewayError) -> Fields:
    """A failed log-in: a token that is not valid is a wrong password to clients."""
    fields = fields_of(error, FATAL)
    return replace(fields, sqlstate="28P01") if isinstance(error, Unauthenticated) else fields


# ----------------------------------------------------------------------------------------------------- the socket
def certificate(settings: Settings) -> ssl.SSLContext | None:
    """The door's certificate, loaded. Raises `ConfigError`."""
    if settings.tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls.cert, settings.tls.key, password=lambda: "")
    except (OSError, ValueError) as error:
        why = f"{settings.tls.cert} and {settings.tls.key} cannot be used ({type(error).__name__})"
        raise ConfigError([f"doors.pgwire.tls: {why}; name a certificate and its key, PEM, readable"]) from error
    return context
