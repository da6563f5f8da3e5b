"""From a new connection to a caller: encryption, version, token, name and warehouse.

Rule kept here: a token is asked for only where nobody can listen; one try a connection; whatever fails ends it. The
user name is checked against the token, and never believed.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass

from proxy.doors.pgwire import bearer, replies, startup
from proxy.doors.pgwire.connection import Connection, Gone
from proxy.doors.pgwire.identity import Identity
from proxy.doors.pgwire.messages import CancelRequest, GssRequest, Password, SslRequest, Startup, Violation
from proxy.doors.pgwire.refusals import Refused
from proxy.doors.pgwire.settings import Login, Settings
from proxy.doors.pgwire.startup import Wanted
from proxy.doors.pgwire.variables import Variables
from proxy.gateway import Gateway
from proxy.values import Caller, Context

DOOR = "pgwire"
ANYBODY = "token"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who logged in: who asks, for which warehouse, with which settings. `context` is without labels; `name`
    is the one that was logged in by, where it is the caller's own; `path` is the warehouse's own search path."""

    identity: Identity
    warehouse: str
    variables: Variables
    context: Context
    key_bytes: int
    name: str | None
    path: str


class Entrance:
    """Takes one connection in."""

    def __init__(self, gateway: Gateway, settings: Settings, tls: ssl.SSLContext | None) -> None:
        self._gateway = gateway
        self._settings = settings
        self._tls = tls

    async def admit(self, connection: Connection, session: str) -> Guest | CancelRequest:
        """Somebody who logged in, or a request to stop another connection's work. Raises `Refused`, `GatewayError`,
        `Violation`, `Gone`."""
        opened = await self._opened(connection)
        if isinstance(opened, CancelRequest):
            return opened
        wanted = startup.read(opened)
        if wanted.newer or wanted.unknown:
            connection.write(replies.negotiate(startup.VERSION_3 | wanted.minor, wanted.unknown))
        if not (connection.secure or self._settings.loopback):
            raise Refused("28000", "Tokens are not taken unencrypted.", "Connect with sslmode=require, or better.")
        context = Context(DOOR, connection.address, session)
        login = await self._caller(connection, wanted, context)
        _check_name(wanted.user, login)
        connection.write(replies.AUTHENTICATED)
        identity = Identity(login, wanted.key)
        if wanted.token is not None:
            identity.act_for(await self._gateway.act(login, wanted.token, context))
            identity.began = True
        name, path = await self._gateway.path(wanted.database or None)
        fixed = {
            "search_path": ", ".join(_quoted(schema) for schema in path),
            "session_authorization": identity.caller.subject,
            "usher.notices": "on" if self._settings.notices else "off",
        }
        variables = Variables(wanted.settings, fixed)
        own = None if wanted.user == ANYBODY or wanted.token is not None else wanted.user
        return Guest(identity, name, variables, context, wanted.key_bytes, own, fixed["search_path"])

    async def _opened(self, connection: Connection) -> Startup | CancelRequest:
        while True:
            event = await connection.event(self._settings.login_timeout_s)
            if isinstance(event, SslRequest):
                await connection.encrypt(self._tls)
            elif isinstance(event, GssRequest):
                await connection.encrypt(None)
            elif isinstance(event, Startup | CancelRequest):
                return event
            else:
                raise Violation("A start-up packet was expected.")

    async def _caller(self, connection: Connection, wanted: Wanted, context: Context) -> Caller:
        method = wanted.login or self._settings.login
        if method is Login.OAUTHBEARER and self._settings.oauth is None:
            raise Refused("0A000", "OAUTHBEARER is not set up here.", "Send the token as password.")
        if method is Login.PASSWORD:
            connection.write(replies.CLEARTEXT)
            token = _password(await self._answer(connection))
        else:
            connection.write(replies.sasl([bearer.MECHANISM]))
            token = bearer.token(await self._answer(connection))
            if not token:
                connection.write(replies.sasl_continue(bearer.way(self._settings.oauth)))
                await self._answer(connection)
                raise Refused("28000", "No token was sent.", "Get one from the issuer, and connect with it.")
        return await self._gateway.authenticate(token, context)

    async def _answer(self, connection: Connection) -> bytes:
        await connection.flush()
        event = await connection.event(self._settings.login_timeout_s)
        if not isinstance(event, Password):
            raise Gone
        return event.data


def _quoted(name: str) -> str:
    """A schema as a search path spells it."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def _password(data: bytes) -> str:
    if data[-1:] != b"\0" or b"\0" in data[:-1]:
        raise Violation("A password message is not well-formed.")
    return data[:-1].decode("utf-8", "replace")


def _check_name(user: str, caller: Caller) -> None:
    """Raises `Refused` where a user name is given that is not the token's."""
    if user not in (ANYBODY, caller.subject) and (caller.email is None or user.lower() != caller.email.lower()):
        raise Refused(
            "28000",
            "The user name is not the one in the token.",
            f"Connect as the token's subject or e-mail, or as `{ANYBODY}`.",
        )
