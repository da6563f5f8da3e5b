"""Connections to the PostgreSQL door, opened to keep others out: by somebody without a token, and by one caller."""

from __future__ import annotations

import asyncio
import struct

from tests.doors.pgwire.conftest import TERMINATE, Client, Door, fields, query, served_door
from tests.fakes import SQL, Fakes, many


async def _refused(client: Client, token: str) -> str:
    """The state that a log-in ends with."""
    return [fields(body)["C"] for kind, body in await client.log_in(token) if kind == "E"][-1]


async def _silent(door: Door, count: int) -> list[Client]:
    return [await door.raw() for _ in range(count)]


async def test_those_who_do_not_log_in_keep_nobody_out() -> None:
    async with served_door(Fakes(), {"max_connections": 3}) as door:
        silent = await _silent(door, 9)
        client = await door.client()
        assert await client.rows("SHOW server_encoding") == [["UTF8"]]
        assert (await silent[0].one())[0] in ("E", ""), "who waits longest makes room"


async def test_a_log_in_on_its_way_is_not_cut_by_a_few_others() -> None:
    async with served_door(Fakes(), {"max_connections": 3}) as door:
        waiting = await door.raw()
        await _silent(door, 2)
        assert (await waiting.log_in("token-ana"))[-1][0] == "Z"


async def test_a_query_can_be_stopped_although_no_more_connections_are_taken() -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(1, 1, pause_s=60)
    async with served_door(fakes, {"max_connections": 1}) as door:
        client = await door.client("token-ana")
        assert await _refused(await door.raw(), "token-bo") == "53300"
        await client.send(query(SQL))
        for _ in range(1000):
            if fakes.warehouse.executed:
                break
            await asyncio.sleep(0.01)
        stopping = await door.raw()
        await stopping.send(struct.pack("!III", 12 + len(client.key), 80_877_102, client.process) + client.key)
        assert [fields(body)["C"] for kind, body in await client.heard() if kind == "E"] == ["57014"]


async def test_one_caller_has_so_many_connections_and_leaves_the_others_theirs() -> None:
    async with served_door(Fakes(), {"max_connections": 4, "max_connections_per_caller": 2}) as door:
        first = await door.client("token-ana")
        await door.client("token-ana")
        assert await _refused(await door.raw(), "token-ana") == "53300"
        await door.client("token-bo")
        await first.send(TERMINATE)
        assert (await first.one())[0] == ""
        await door.client("token-ana")
