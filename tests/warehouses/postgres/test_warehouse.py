"""The warehouse under load, time and loss: back-pressure, timeouts, hang-ups, places, a server that goes and comes."""

from __future__ import annotations

import asyncio
import gc
import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.errors import ConfigError, GatewayError, LimitExceeded, QueryTimeout, WarehouseUnavailable
from proxy.values import ReasonCode, Result
from proxy.warehouses.postgres.warehouse import Postgres
from tests.postgres import Database
from tests.warehouses.postgres.conftest import SCHEMA, Connected
from tests.warehouses.postgres.running import rows, run

FOREVER = "SELECT count(*) FROM public.people a, public.people b, public.people c, public.people d"
MANY = "SELECT a.id, b.name FROM public.people a, public.people b, public.people c"
BOTH = {"schemas": ["public", "hr"]}


async def taken(result: Result) -> list[dict[str, object]]:
    return [row async for batch in result.batches for row in batch.to_pylist()]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for is in other tasks and shows no event
            await asyncio.sleep(0.01)


def working(database: Database) -> int:
    """How many statements of the gateway's login the server works on."""
    busy = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{database.role}' AND state = 'active'"
    return int(database.query(busy)[0][0])


async def test_rows_come_as_batches(warehouse: Postgres) -> None:
    result = await run(warehouse, "SELECT id, name FROM public.people WHERE id < $1 ORDER BY id", [3], 10)
    assert result.schema.names == ["id", "name"]
    assert await taken(result) == [{"id": i, "name": f"name {i}"} for i in range(3)]
    assert not warehouse._open


async def test_the_timeout_stops_the_server(warehouse: Postgres, shop: Database) -> None:
    began = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"longer than 0\.3 seconds") as raised:
        await run(warehouse, FOREVER, [], 0.3)
    assert time.monotonic() - began < 3
    assert raised.value.reasons[0].code == ReasonCode.STATEMENT_TIMEOUT
    await until(lambda: not warehouse._open)
    assert working(shop) == 0
    assert await rows(warehouse, "SELECT 1 AS x") == [{"x": 1}]


async def test_what_lingers_is_told_until_the_server_let_go(warehouse: Postgres) -> None:
    with pytest.raises(QueryTimeout) as raised:
        await run(warehouse, FOREVER, [], 0.2)
    lingering = raised.value.lingering
    assert lingering is not None
    assert not lingering.done()
    await asyncio.wait({lingering}, timeout=10)
    assert lingering.done()
    assert not warehouse._open


async def test_the_servers_own_timeout_stops_it_as_well(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, **BOTH, statement_timeout_s=0.3)
    with pytest.raises(QueryTimeout, match="was stopped"):
        await run(warehouse, FOREVER, [], 30)
    assert await rows(warehouse, "SELECT 1 AS x") == [{"x": 1}]


async def test_the_timeout_counts_the_servers_time_while_rows_stream(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, **BOTH, batch_rows=256)
    late = f"SELECT a.id::int8 FROM public.people a WHERE a.id < 999 UNION ALL ({FOREVER})"
    with pytest.raises(QueryTimeout):
        await taken(await run(warehouse, late, [], 1.0))
    await until(lambda: not warehouse._open)


async def test_a_slow_client_is_not_timed_out(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, **BOTH, batch_rows=1024)
    result = await run(warehouse, "SELECT a.id FROM public.people a, generate_series(1, 20)", [], 2)
    count = 0
    async for batch in result.batches:
        count += batch.num_rows
        if count < 6000:
            await asyncio.sleep(0.35)
    assert count == 20_000


async def test_a_result_nobody_reads_is_given_up(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, **BOTH, idle_timeout_s=0.2, batch_rows=1024)
    result = await run(warehouse, MANY, [], 10)
    await anext(result.batches)
    await until(lambda: not warehouse._open)
    with pytest.raises(QueryTimeout, match="Nobody took rows"):
        await anext(result.batches)


async def test_a_hang_up_stops_the_server_and_keeps_the_connection(warehouse: Postgres, shop: Database) -> None:
    result = await run(warehouse, MANY, [], 60)
    await anext(result.batches)
    await result.batches.aclose()  # type: ignore[attr-defined]
    await result.batches.aclose()  # type: ignore[attr-defined]
    assert not warehouse._open
    assert len(warehouse._pool._idle) == 1
    assert working(shop) == 0
    with pytest.raises(StopAsyncIteration):
        await anext(result.batches)


@pytest.mark.parametrize("sql", [FOREVER, f"SELECT 1::int8 AS x UNION ALL ({FOREVER})"], ids=["start", "rows"])
async def test_a_cancelled_task_stops_the_server(warehouse: Postgres, shop: Database, sql: str) -> None:
    async def ask() -> None:
        async for _ in (await run(warehouse, sql, [], 60)).batches:
            pass

    async with asyncio.TaskGroup() as group:
        task = group.create_task(ask())
        await until(lambda: working(shop) > 0)
        task.cancel()
    await until(lambda: not warehouse._open)
    assert working(shop) == 0
    assert await rows(warehouse, "SELECT 1 AS x") == [{"x": 1}]


async def test_more_queries_than_places_wait_and_then_are_refused(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, **BOTH, pool={"max": 2})
    held = [await run(warehouse, MANY, [], 60) for _ in range(2)]
    with pytest.raises(LimitExceeded, match="already runs 2 queries"):
        await run(warehouse, "SELECT 1", [], 0.1)
    assert await warehouse.ready()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(run(warehouse, "SELECT 1 AS x", [], 10))
        await asyncio.sleep(0.05)
        await held[0].batches.aclose()  # type: ignore[attr-defined]
    assert await taken(waiting.result()) == [{"x": 1}]
    await held[1].batches.aclose()  # type: ignore[attr-defined]


async def test_failures_give_their_places_back(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, **BOTH, pool={"max": 1})
    for _ in range(5):
        for sql in ("SELECT nope", "CREATE TABLE x (i INTEGER)", "SELECT 1 / 0", "SELECT $1::int4"):
            with pytest.raises(GatewayError):
                await run(warehouse, sql, [], 5)
    assert await rows(warehouse, "SELECT 1 AS x") == [{"x": 1}]


async def test_many_queries_at_once(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, **BOTH, pool={"max": 4})

    async def ask(i: int) -> list[dict[str, object]]:
        return await rows(warehouse, "SELECT count(*) AS n FROM public.people WHERE id < $1", i)

    answers = await asyncio.gather(*(ask(i) for i in range(60)))
    assert answers == [[{"n": i}] for i in range(60)]
    await until(lambda: not warehouse._open)
    assert len(warehouse._pool._idle) <= 4


async def test_a_cancel_never_hits_the_next_statement(shop: Database, connected: Connected) -> None:
    """Statements are stopped at every moment of their life; those that follow on the same connection are whole."""
    warehouse = connected(shop, **BOTH, pool={"max": 1})
    for i in range(40):
        with pytest.raises((QueryTimeout, TimeoutError)):
            async with asyncio.timeout(0.0005 * i):
                await taken(await run(warehouse, FOREVER, [], 30))
        assert await rows(warehouse, "SELECT count(*) AS n FROM public.people") == [{"n": 1000}]


def memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
async def test_memory_does_not_grow_with_the_result_or_a_slow_client(warehouse: Postgres) -> None:
    sql = "SELECT i, md5(i::text) AS h, repeat('x', 200) AS r FROM generate_series(1, 600000) AS i"
    result = await run(warehouse, sql, [], 100)
    count = size = start = most = 0
    async for batch in result.batches:
        count += batch.num_rows
        size += batch.nbytes
        if count < 100_000:
            await asyncio.sleep(0.002)
            start = most = memory()
        most = max(most, memory())
    assert count == 600_000
    assert size > 140_000_000
    assert most - start < 40_000_000


# -------------------------------------------------------------------------------------------------------- the server
async def test_a_server_that_went_away_is_unavailable_and_works_again_when_it_is_back(
    postgres: Database, connected: Connected
) -> None:
    postgres.sql(SCHEMA)
    postgres.setup()
    warehouse = connected(postgres, refresh_s=0.01)
    result = await run(warehouse, MANY, [], 30)
    await anext(result.batches)
    version = (await warehouse.catalog()).version
    postgres.server.stop_only()
    with pytest.raises(WarehouseUnavailable):
        await taken(result)
    for _ in range(2):
        with pytest.raises(WarehouseUnavailable):
            await warehouse.execute("SELECT 1", [], 5, version)
    assert not await warehouse.ready()
    assert (await warehouse.catalog()).version == version
    postgres.server.start_again()
    assert await warehouse.ready()
    assert await rows(warehouse, "SELECT count(*) AS n FROM public.people") == [{"n": 1000}]


@pytest.mark.parametrize("when", ["idle", "streaming"])
async def test_a_connection_that_the_server_ends_is_replaced(shop: Database, connected: Connected, when: str) -> None:
    warehouse = connected(shop, **BOTH)
    await rows(warehouse, "SELECT 1")
    result = await run(warehouse, MANY, [], 30) if when == "streaming" else None
    shop.query(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{shop.role}'")
    if result is not None:
        with pytest.raises(WarehouseUnavailable):
            await taken(result)
    assert await rows(warehouse, "SELECT 1 AS x") == [{"x": 1}]
    assert await warehouse.ready()


async def test_after_close_nothing_runs_and_no_connection_is_left(shop: Database, connected: Connected) -> None:
    warehouse = connected(shop, **BOTH)
    assert await warehouse.ready()
    result = await run(warehouse, MANY, [], 60)
    await warehouse.close()
    await warehouse.close()
    assert not warehouse._open
    assert not await warehouse.ready()
    with pytest.raises(WarehouseUnavailable):
        await run(warehouse, "SELECT 1", [], 5)
    with pytest.raises(StopAsyncIteration):
        await anext(result.batches)
    gc.collect()
    left = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{shop.role}'"
    await until(lambda: shop.query(left) == [["0"]])


# ---------------------------------------------------------------------------------------------------------- the start
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://usher:hunter2@127.0.0.1:1/shop", "does not answer"),
        ("postgresql://usher:hunter2@127.0.0.1:{port}/shop", "refuses the login"),
        ("postgresql://{role}:hunter2@127.0.0.1:{port}/nowhere", "refuses the login"),
        ("postgresql://{role}:{password}@127.0.0.1:{port}/nowhere", "no such database"),
        ("postgresql://usher:hunter2@127.0.0.1:{port}/shop?sslmode=require", "does not answer|TLS"),
        ("http://usher:hunter2@127.0.0.1/", "no address"),
        ("not an address hunter2", "no address"),
        ("postgresql://usher:/hunter2@127.0.0.1/shop", "no address|does not answer"),
        ("postgresql://usher:hunter2#@127.0.0.1:x/shop", "no address|does not answer"),
        ("postgresql://usher:x@127.0.0.1:hunter2/shop", "no address|does not answer"),
    ],
)
def test_a_server_that_cannot_be_used_stops_the_start_and_shows_no_password(
    shop: Database, url: str, told: str
) -> None:
    given = url.format(port=shop.server.port, role=shop.role, password=shop.password)
    with pytest.raises(ConfigError, match=rf"^warehouses\.shop\.url: .*({told})") as raised:
        shop.warehouse("shop", url=given, connect_timeout_s=3)
    whole = "".join(traceback.format_exception(raised.value))
    assert "hunter2" not in whole.replace(given, "").replace(url, "")
    assert "hunter2" not in str(raised.value)
    assert shop.password not in str(raised.value)


async def test_a_warehouse_can_be_built_inside_and_outside_of_an_event_loop(
    shop: Database, connected: Connected
) -> None:
    inside = connected(shop, **BOTH)
    outside = await asyncio.to_thread(shop.warehouse, "shop", **BOTH)
    assert (await inside.catalog()).version == (await outside.catalog()).version
    await outside.close()
