"""The pool: bounded, kept, and without anything in doubt."""

from __future__ import annotations

import asyncio

import pytest

from proxy.errors import LimitExceeded, WarehouseUnavailable
from proxy.warehouses.postgres.pool import Pool
from proxy.warehouses.postgres.settings import Settings
from tests.postgres import Database


def pool(database: Database, **more: object) -> Pool:
    return Pool(Settings.model_validate(database.settings(**more)))


async def backend(session: object) -> int:
    return int((await session.fetch("SELECT pg_backend_pid()"))[0][0])  # type: ignore[attr-defined]


async def test_a_session_is_kept_and_used_again(shop: Database) -> None:
    made = pool(shop)
    first = await made.session()
    pid = await backend(first)
    await made.give_back(first)
    again = await made.session()
    assert await backend(again) == pid
    await made.give_back(again)
    await made.close()


async def test_two_at_once_never_share_a_session(shop: Database) -> None:
    made = pool(shop)
    sessions = await asyncio.gather(*(made.session() for _ in range(4)))
    assert len({await backend(s) for s in sessions}) == 4
    for session in sessions:
        await made.give_back(session)
    await made.close()


async def test_a_session_that_idled_too_long_is_not_used_again(shop: Database) -> None:
    made = pool(shop, pool={"idle_s": 0.01})
    first = await made.session()
    await made.give_back(first)
    await asyncio.sleep(0.05)
    second = await made.session()
    assert second is not first
    assert not first.alive
    await made.give_back(second)
    await made.close()


async def test_a_session_whose_server_end_is_gone_is_replaced(shop: Database) -> None:
    made = pool(shop)
    first = await made.session()
    pid = await backend(first)
    await made.give_back(first)
    shop.query(f"SELECT pg_terminate_backend({pid}, 5000)")
    second = await made.session()
    assert await backend(second) != pid
    await made.give_back(second)
    await made.close()


async def test_no_more_places_than_said(shop: Database) -> None:
    made = pool(shop, pool={"max": 1})
    await made.place(1)
    with pytest.raises(LimitExceeded, match="already runs 1 queries"):
        await made.place(0.05)
    made.leave()
    await made.place(0.05)


async def test_a_server_that_is_not_there_is_unavailable(shop: Database) -> None:
    made = pool(shop, url="postgresql://usher:x@127.0.0.1:1/shop", connect_timeout_s=2)
    with pytest.raises(WarehouseUnavailable):
        await made.session()


async def test_a_server_that_answers_nothing_is_given_up(shop: Database) -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    async with asyncio.timeout(20), await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        made = pool(shop, url=f"postgresql://usher:x@127.0.0.1:{port}/shop?sslmode=disable", connect_timeout_s=0.3)
        with pytest.raises(WarehouseUnavailable):
            await made.session()
        await gone.wait()


async def test_after_close_there_are_no_sessions(shop: Database) -> None:
    made = pool(shop)
    working, idle = await made.session(), await made.session()
    await made.give_back(idle)
    await made.close()
    assert not idle.alive
    with pytest.raises(WarehouseUnavailable):
        await made.session()
    await made.give_back(working)
    assert not working.alive
