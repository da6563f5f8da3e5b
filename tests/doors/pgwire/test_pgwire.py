"""The door as a whole: somebody logs in, asks, and leaves."""

from __future__ import annotations

import asyncio

import pytest

from proxy.doors.pgwire import Settings, serve
from proxy.errors import ConfigError
from tests.doors.pgwire.conftest import SYNC, TERMINATE, Client, Door, bind, cells, describe, execute, parse, query
from tests.fakes import SQL, Fakes

ROWS = [["1", "Ana", "***@example.com"], ["2", "Bo", "***@example.org"]]


async def test_a_simple_query_is_answered(client: Client) -> None:
    assert await client.rows(SQL) == ROWS


async def test_an_extended_query_is_answered(client: Client) -> None:
    told = await client.ask(parse(SQL), bind(), describe("P"), execute(), SYNC)
    assert [kind for kind, _ in told] == ["1", "2", "T", "N", "D", "D", "N", "C", "Z"]
    assert [cells(body) for kind, body in told if kind == "D"] == ROWS


async def test_what_a_statement_did_is_recorded(door: Door, client: Client) -> None:
    await client.rows(SQL)
    (decision,) = door.fakes.audit.of("decision")
    assert decision["entry"].context.door == "pgwire"
    assert [r["outcome"].value for r in door.fakes.audit.of("outcome")] == ["completed"]


async def test_a_client_that_leaves_is_let_go(client: Client) -> None:
    await client.send(TERMINATE)
    assert await client.one() == ("", b"")


async def test_a_port_in_use_is_told() -> None:
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConfigError, match=r"doors\.pgwire\.listen: .* is in use"):
            await serve(Fakes().gateway, Settings(listen=f"127.0.0.1:{port}"), stop=asyncio.Event())


async def test_statements_of_one_text_are_each_governed(door: Door, client: Client) -> None:
    told = await client.ask(query(f"{SQL}; SHOW server_encoding; {SQL}"))
    assert [kind for kind, _ in told if kind in "TCZ"] == ["T", "C", "T", "C", "T", "C", "Z"]
    assert len(door.fakes.audit.of("decision")) == 2
