"""The warehouse under load, time and change: back-pressure, timeouts, hang-ups, places, and a file that is replaced."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from proxy.errors import LimitExceeded, QueryTimeout, WarehouseUnavailable
from proxy.values import ReasonCode, Result
from proxy.warehouses.duckdb.warehouse import DuckDb
from tests.warehouses.duckdb.conftest import make
from tests.warehouses.duckdb.running import run

Connected = Callable[..., DuckDb]

FOREVER = "SELECT count(*) FROM shop.main.people a, shop.main.people b, shop.main.people c, shop.main.people d"
MANY = "SELECT a.id, b.name FROM shop.main.people a, shop.main.people b, shop.main.people c"


async def taken(result: Result) -> list[dict[str, object]]:
    return [row async for batch in result.batches for row in batch.to_pylist()]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for is in threads and shows no event
            await asyncio.sleep(0.01)


async def test_rows_come_as_batches(warehouse: DuckDb) -> None:
    result = await run(warehouse, "SELECT id, name FROM shop.main.people WHERE id < $1 ORDER BY id", [3], 10)
    assert result.schema.names == ["id", "name"]
    assert await taken(result) == [{"id": i, "name": f"name {i}"} for i in range(3)]
    assert not warehouse._open


async def test_the_timeout_stops_the_engine(warehouse: DuckDb) -> None:
    began = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"longer than 0\.3 seconds") as raised:
        await run(warehouse, FOREVER, [], 0.3)
    assert time.monotonic() - began < 3
    assert raised.value.reasons[0].code == ReasonCode.STATEMENT_TIMEOUT
    await until(lambda: not warehouse._open)
    assert await taken(await run(warehouse, "SELECT 1 AS x", [], 5)) == [{"x": 1}]


async def test_the_timeout_counts_the_engines_time_while_rows_stream(connected: Connected, file: Path) -> None:
    warehouse = connected(file, batch_rows=1024)
    late = f"SELECT a.id FROM shop.main.people a WHERE a.id < 999 UNION ALL ({FOREVER})"
    with pytest.raises(QueryTimeout):
        async for _ in (await run(warehouse, late, [], 1.0)).batches:
            pass
    await until(lambda: not warehouse._open)


async def test_a_slow_client_is_not_timed_out(connected: Connected, file: Path) -> None:
    warehouse = connected(file, batch_rows=1024)
    result = await run(warehouse, "SELECT a.id FROM shop.main.people a, range(20)", [], 0.5)
    count = 0
    async for batch in result.batches:
        count += batch.num_rows
        if count < 8000:
            await asyncio.sleep(0.15)
    assert count == 20_000


async def test_a_result_nobody_reads_is_given_up(connected: Connected, file: Path) -> None:
    warehouse = connected(file, idle_timeout_s=0.2, batch_rows=1024)
    result = await run(warehouse, MANY, [], 10)
    await anext(result.batches)
    await until(lambda: not warehouse._open)
    with pytest.raises(QueryTimeout, match="Nobody took rows"):
        await anext(result.batches)


async def test_a_hang_up_stops_the_engine(warehouse: DuckDb) -> None:
    result = await run(warehouse, MANY, [], 60)
    await anext(result.batches)
    await result.batches.aclose()
    await result.batches.aclose()
    assert not warehouse._open
    with pytest.raises(StopAsyncIteration):
        await anext(result.batches)


async def test_a_cancelled_task_stops_the_engine(warehouse: DuckDb) -> None:
    async def ask() -> None:
        await run(warehouse, FOREVER, [], 60)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(ask())
        await until(lambda: bool(warehouse._open))
        await asyncio.sleep(0.1)
        task.cancel()
    await until(lambda: not warehouse._open)


async def test_a_task_cancelled_between_rows_stops_the_engine(warehouse: DuckDb) -> None:
    seen = asyncio.Event()

    async def ask() -> None:
        async for _ in (await run(warehouse, f"SELECT 1 AS x UNION ALL ({FOREVER})", [], 60)).batches:
            seen.set()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(ask())
        await until(lambda: bool(warehouse._open))
        await asyncio.sleep(0.2)
        task.cancel()
    await until(lambda: not warehouse._open)


async def test_more_queries_than_places_wait_and_then_are_refused(connected: Connected, file: Path) -> None:
    warehouse = connected(file, concurrent_queries=2)
    held = [await run(warehouse, MANY, [], 60) for _ in range(2)]
    with pytest.raises(LimitExceeded, match="already runs 2 queries"):
        await run(warehouse, "SELECT 1", [], 0.1)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(run(warehouse, "SELECT 1 AS x", [], 10))
        await asyncio.sleep(0.05)
        await held[0].batches.aclose()
    assert await taken(waiting.result()) == [{"x": 1}]
    await held[1].batches.aclose()


async def test_failures_give_their_places_back(connected: Connected, file: Path) -> None:
    warehouse = connected(file, concurrent_queries=1)
    for _ in range(5):
        for sql in ("SELECT nope", "CREATE TABLE x (i INTEGER)", "SELECT 1 // 0"):
            with pytest.raises(Exception, match=r"."):
                await run(warehouse, sql, [], 5)
    assert await taken(await run(warehouse, "SELECT 1 AS x", [], 5)) == [{"x": 1}]


async def test_many_queries_at_once(connected: Connected, file: Path) -> None:
    warehouse = connected(file, concurrent_queries=4)

    async def ask(i: int) -> list[dict[str, object]]:
        return await taken(await run(warehouse, "SELECT count(*) AS n FROM shop.main.people WHERE id < $1", [i], 30))

    answers = await asyncio.gather(*(ask(i) for i in range(60)))
    assert answers == [[{"n": i}] for i in range(60)]
    assert not warehouse._open


def memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
async def test_memory_does_not_grow_with_the_result_or_a_slow_client(connected: Connected, tmp_path: Path) -> None:
    path = make(tmp_path / "big.duckdb", "CREATE TABLE t AS SELECT i, md5(i::VARCHAR) AS h FROM range(500000) r(i)")
    warehouse = connected(path, memory_limit="256MiB")
    result = await run(warehouse, "SELECT t.i, t.h, r.range FROM shop.main.t, range(10) r", [], 60)
    rows = size = 0
    start = most = 0
    async for batch in result.batches:
        rows += batch.num_rows
        size += batch.nbytes
        if rows < 1_000_000:
            await asyncio.sleep(0.005)
            start = memory()
        most = max(most, memory())
    assert rows == 5_000_000
    assert size > 250_000_000
    assert most - start < 64_000_000


# ---------------------------------------------------------------------------------------------------------- the file
async def test_a_replaced_file_is_opened_anew_and_running_queries_keep_the_old(
    connected: Connected, file: Path, tmp_path: Path
) -> None:
    warehouse = connected(file, refresh_s=0.01, batch_rows=1024)
    before = await warehouse.catalog()
    result = await run(warehouse, "SELECT name FROM shop.main.people ORDER BY id", [], 30)
    first = await anext(result.batches)
    new = make(tmp_path / "new.duckdb", "CREATE TABLE people AS SELECT 1 AS id, 'new' AS name, 5 AS age")
    new.replace(file)
    await asyncio.sleep(0.02)
    after = await warehouse.catalog()
    assert before.version != after.version
    assert [c.name for c in after.tables["main", "people"].columns] == ["id", "name", "age"]
    assert await taken(await run(warehouse, "SELECT name, age FROM shop.main.people", [], 5)) == [
        {"name": "new", "age": 5}
    ]
    rest = await taken(result)
    assert first.num_rows + len(rest) == 1000


async def test_the_file_is_looked_at_no_more_often_than_said(connected: Connected, file: Path, tmp_path: Path) -> None:
    warehouse = connected(file, refresh_s=60)
    before = await warehouse.catalog()
    make(tmp_path / "new.duckdb", "CREATE TABLE other (i INTEGER)").replace(file)
    assert await warehouse.catalog() is before


async def test_an_unchanged_file_keeps_its_snapshot(connected: Connected, file: Path) -> None:
    warehouse = connected(file, refresh_s=0.001)
    before = await warehouse.catalog()
    await asyncio.sleep(0.01)
    assert await warehouse.catalog() is before


@pytest.mark.parametrize("damage", ["missing", "broken"])
async def test_a_file_that_goes_bad_leaves_the_old_at_work(connected: Connected, file: Path, damage: str) -> None:
    warehouse = connected(file, refresh_s=0.001)
    before = await warehouse.catalog()
    file.unlink()  # noqa: ASYNC240
    if damage == "broken":
        file.write_bytes(b"not a database")  # noqa: ASYNC240
    await asyncio.sleep(0.01)
    assert await warehouse.catalog() is before
    assert await taken(await run(warehouse, "SELECT count(*) AS n FROM shop.main.people", [], 5)) == [{"n": 1000}]
    assert await warehouse.ready() is (damage == "broken")


async def test_a_broken_instance_is_replaced(connected: Connected, file: Path) -> None:
    warehouse = connected(file, refresh_s=60)
    warehouse._session.broken = True
    assert await taken(await run(warehouse, "SELECT 1 AS x", [], 5)) == [{"x": 1}]
    assert not warehouse._session.broken


async def test_a_broken_instance_whose_file_is_gone_is_unavailable(connected: Connected, file: Path) -> None:
    warehouse = connected(file, refresh_s=60)
    file.unlink()  # noqa: ASYNC240
    warehouse._session.broken = True
    with pytest.raises(WarehouseUnavailable):
        await run(warehouse, "SELECT 1", [], 5)


async def test_after_close_nothing_runs_and_no_thread_is_left(connected: Connected, file: Path) -> None:
    warehouse = connected(file)
    assert await warehouse.ready()
    result = await run(warehouse, MANY, [], 60)
    threads = tuple(warehouse._pool._threads)
    assert threads
    await warehouse.close()
    await warehouse.close()
    assert not warehouse._open
    assert not await warehouse.ready()
    with pytest.raises(WarehouseUnavailable):
        await run(warehouse, "SELECT 1", [], 5)
    with pytest.raises(StopAsyncIteration):
        await anext(result.batches)
    gc.collect()
    await until(lambda: not any(thread.is_alive() for thread in threads))
    with duckdb.connect(file) as connection:
        connection.execute("CREATE TABLE writable_again (i INTEGER)")


async def test_a_statement_proven_for_another_schema_does_not_run(warehouse: DuckDb) -> None:
    with pytest.raises(WarehouseUnavailable, match="may have changed"):
        await warehouse.execute("SELECT 1", [], 5, "another version")
