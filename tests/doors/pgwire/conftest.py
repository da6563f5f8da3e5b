"""A real server on loopback, its gateway on fakes, and a client that speaks the protocol message by message."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from proxy.doors.pgwire import Settings, serve
from tests.fakes import Fakes

Heard = tuple[str, bytes]
WAIT_S = 20.0


def framed(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return kind.encode() + struct.pack("!I", len(body) + 4) + body


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def startup(minor: int = 0, **parameters: str) -> bytes:
    body = struct.pack("!I", 3 << 16 | minor)
    body += b"".join(text(k) + text(v) for k, v in parameters.items()) + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def query(sql: str) -> bytes:
    return framed("Q", text(sql))


def parse(sql: str, name: str = "", *oids: int) -> bytes:
    return framed("P", text(name), text(sql), struct.pack("!H", len(oids)), *(struct.pack("!I", o) for o in oids))


def bind(*values: bytes | None, portal: str = "", statement: str = "", results: tuple[int, ...] = ()) -> bytes:
    given = b"".join(struct.pack("!i", -1) if v is None else struct.pack("!i", len(v)) + v for v in values)
    formats = struct.pack("!H", len(results)) + b"".join(struct.pack("!h", f) for f in results)
    return framed("B", text(portal), text(statement), b"\0\0", struct.pack("!H", len(values)), given, formats)


def describe(kind: str, name: str = "") -> bytes:
    return framed("D", kind.encode(), text(name))


def execute(portal: str = "", most: int = 0) -> bytes:
    return framed("E", text(portal), struct.pack("!i", most))


def close(kind: str, name: str = "") -> bytes:
    return framed("C", kind.encode(), text(name))


SYNC = framed("S")
FLUSH = framed("H")
TERMINATE = framed("X")
SSL_REQUEST = struct.pack("!II", 8, 80_877_103)


def fields(body: bytes) -> dict[str, str]:
    """The fields of an error or a notice."""
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


def cells(body: bytes) -> list[str | None]:
    """The texts of a DataRow."""
    (count,) = struct.unpack_from("!H", body)
    place, found = 2, list[str | None]()
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, place)
        place += 4
        found.append(None if size < 0 else body[place : place + size].decode())
        place += max(size, 0)
    return found


@dataclass
class Client:
    """A client of the protocol."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    parameters: dict[str, str] = field(default_factory=dict)
    process: int = 0
    key: bytes = b""

    async def send(self, *messages: bytes) -> None:
        self.writer.write(b"".join(messages))
        await self.writer.drain()

    async def one(self) -> Heard:
        """The next message; ("", b"") where the server hung up."""
        async with asyncio.timeout(WAIT_S):
            try:
                head = await self.reader.readexactly(5)
                body = await self.reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            except (asyncio.IncompleteReadError, ConnectionError):
                return "", b""
        return head[:1].decode(), body

    async def heard(self) -> list[Heard]:
        """Everything up to ReadyForQuery, or the end."""
        found = []
        while True:
            found.append(await self.one())
            if found[-1][0] in ("Z", ""):
                return found

    async def ask(self, *messages: bytes) -> list[Heard]:
        await self.send(*messages)
        return await self.heard()

    async def rows(self, sql: str) -> list[list[str | None]]:
        """The rows of a simple query. Raises `AssertionError` for errors."""
        told = await self.ask(query(sql))
        assert "E" not in [kind for kind, _ in told], [fields(b) for k, b in told if k == "E"]
        return [cells(body) for kind, body in told if kind == "D"]

    async def error(self, *messages: bytes) -> dict[str, str]:
        """The one error that messages get."""
        told = await self.ask(*messages)
        errors = [fields(body) for kind, body in told if kind == "E"]
        assert len(errors) == 1, told
        return errors[0]

    async def log_in(self, token: str = "token-ana", minor: int = 0, **more: str) -> list[Heard]:
        await self.send(startup(minor, **{"user": "token", **more}))
        told = [await self.one()]
        if told[0][0] == "v":
            told.append(await self.one())
        if told[-1] == ("R", b"\0\0\0\3"):
            told += await self.ask(framed("p", text(token)))
        for kind, body in told:
            if kind == "S":
                name, value, _ = body.decode().split("\0")
                self.parameters[name] = value
            if kind == "K":
                self.process, self.key = struct.unpack("!I", body[:4])[0], body[4:]
        return told


@dataclass
class Door:
    """One server and what is behind it."""

    fakes: Fakes
    port: int
    stop: asyncio.Event
    serving: asyncio.Task[None]
    clients: list[Client] = field(default_factory=list)

    async def raw(self) -> Client:
        """A client that has said nothing yet."""
        made = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(made)
        return made

    async def client(self, token: str = "token-ana", **more: Any) -> Client:
        """A client that logged in."""
        made = await self.raw()
        told = await made.log_in(token, **more)
        assert told[-1][0] == "Z", [fields(b) for k, b in told if k == "E"]
        return made


@asynccontextmanager
async def served_door(fakes: Fakes, settings: dict[str, Any]) -> AsyncIterator[Door]:
    """A door, open for as long as a test wants."""
    stop, addresses = asyncio.Event(), asyncio.Queue[str]()
    chosen = Settings(**{"listen": "127.0.0.1:0", "stop_timeout_s": 1, **settings})
    serving = asyncio.create_task(serve(fakes.gateway, chosen, stop=stop, ready=addresses.put_nowait))
    async with asyncio.timeout(10):
        address = await addresses.get()
    made = Door(fakes, int(address.rpartition(":")[2]), stop, serving)
    yield made
    for client in made.clients:
        client.writer.transport.abort()
    stop.set()
    async with asyncio.timeout(20):
        await serving


Open = Callable[..., Awaitable[Door]]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens doors with a test's own fakes and settings, and closes them."""
    async with AsyncExitStack() as stack:

        async def make(fakes: Fakes | None = None, **settings: Any) -> Door:
            return await stack.enter_async_context(served_door(fakes or Fakes(), settings))

        yield make


@pytest.fixture
async def door(opened: Open) -> Door:
    """A door with the defaults."""
    return await opened()


@pytest.fixture
async def client(door: Door) -> Client:
    """Ana, logged in."""
    return await door.client()
