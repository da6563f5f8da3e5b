"""One socket: no more is read or kept than can be answered."""

from __future__ import annotations

import asyncio

from proxy.doors.pgwire.connection import READ_AHEAD
from tests.doors.pgwire.conftest import Client, Door, Open, framed, query, startup, text
from tests.fakes import SQL, Fakes, many


async def test_messages_that_come_in_crumbs_are_answered(client: Client) -> None:
    for byte in query(SQL):
        await client.send(bytes((byte,)))
        await asyncio.sleep(0)
    assert [kind for kind, _ in await client.heard() if kind != "N"] == ["T", "D", "D", "C", "Z"]


async def test_many_messages_at_once_are_answered_in_order(client: Client) -> None:
    await client.send(*(query(f"SET application_name = 'n{n}'; SHOW application_name") for n in range(50)))
    for number in range(50):
        told = await client.heard()
        assert (
            next(body for kind, body in told if kind == "D")
            == b"\0\1" + len(f"n{number}").to_bytes(4) + f"n{number}".encode()
        )


async def test_what_is_sent_during_an_answer_waits_outside(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(40, 1, pause_s=0.01)
    door: Door = await opened(fakes)
    client = await door.client()
    comment = "/* " + "x" * 50_000 + " */ SHOW jit"
    sent = 3 * READ_AHEAD // len(comment)
    client.writer.write(query(SQL) + b"".join(query(comment) for _ in range(sent)))
    told = await client.heard()
    assert [kind for kind, _ in told if kind == "D"] == ["D"] * 40
    for _ in range(sent):
        assert (await client.heard())[-1][0] == "Z"


async def test_a_stranger_sends_little_ahead(opened: Open) -> None:
    fakes = Fakes()
    fakes.world.waits["authenticate"] = asyncio.Event()
    door: Door = await opened(fakes)
    client = await door.raw()
    await client.send(startup(user="ana"))
    await client.one()
    client.writer.write(framed("p", text("token-ana")) + query("/* " + "x" * 60_000 + " */ SHOW jit") * 200)
    await asyncio.sleep(0.3)
    assert client.writer.transport.get_write_buffer_size() > 0, "the server stopped reading"
    fakes.world.waits["authenticate"].set()
    for _ in range(201):
        assert (await client.heard())[-1] == ("Z", b"I")


async def test_large_answers_arrive_whole(opened: Open) -> None:
    fakes = Fakes()
    fakes.warehouse.batches = many(5, 20_000)
    client = await (await opened(fakes)).client()
    rows = await client.rows(SQL)
    assert [int(row[0] or -1) for row in rows] == list(range(100_000))
