"""A real server on loopback, its gateway on fakes, and a client with Ana's token."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from proxy.doors.http import Settings, serve
from tests.fakes import SQL, Fakes


@dataclass
class Door:
    """One server, what is behind it, and a client before it."""

    fakes: Fakes
    client: httpx.AsyncClient
    port: int
    stop: asyncio.Event
    serving: asyncio.Task[None]
    connections: list[asyncio.StreamWriter] = field(default_factory=list)

    async def query(self, accept: str = "application/json", **body: Any) -> httpx.Response:
        """Ask POST /v1/query."""
        return await self.client.post("/v1/query", json={"sql": SQL, **body}, headers={"Accept": accept})

    async def raw(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which `data` was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.connections.append(writer)
        writer.write(data)
        await writer.drain()
        return reader, writer


@asynccontextmanager
async def _served(fakes: Fakes, settings: dict[str, Any]) -> AsyncIterator[Door]:
    stop, urls = asyncio.Event(), asyncio.Queue[str]()
    door_settings = Settings(**{"listen": "127.0.0.1:0", "stop_timeout_s": 1, **settings})
    serving = asyncio.create_task(serve(fakes.gateway, door_settings, stop=stop, ready=urls.put_nowait))
    url = await asyncio.wait_for(urls.get(), 10)
    headers = {"Authorization": "Bearer token-ana"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10, trust_env=False) as client:
        made = Door(fakes, client, int(url.rpartition(":")[2]), stop, serving)
        yield made
    for writer in made.connections:
        writer.transport.abort()
    stop.set()
    await asyncio.wait_for(serving, 20)


Open = Callable[..., Awaitable[Door]]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens doors with a test's own fakes and settings, and closes them."""
    async with AsyncExitStack() as stack:

        async def make(fakes: Fakes | None = None, **settings: Any) -> Door:
            return await stack.enter_async_context(_served(fakes or Fakes(), settings))

        yield make


@pytest.fixture
async def door(opened: Open) -> Door:
    """A door with the defaults."""
    return await opened()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that program logs hold, down to the last detail."""
    caplog.set_level(logging.DEBUG)
    return caplog
