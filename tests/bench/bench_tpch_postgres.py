"""What governing costs on PostgreSQL: TPC-H's rewritten text against the raw queries, against the same policy said as
row level security and views with masks, and as security_barrier views; all on one server, in turn.

Every side runs on a connection of its own without parallel workers and JIT, as the gateway's sessions are, and takes
all rows. What takes longer than the time limit counts as that long.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import asyncpg

from tests.oracle import postgres_world, tpch_world
from tests.oracle.harness import Harness
from tests.oracle.test_tpch_on_postgres import INDEXES
from tests.postgres import Database, new_database, server

SCALE = 0.1
ROUNDS = 3
LIMIT_S = 20.0
SESSION = (
    "SET jit = off; SET max_parallel_workers_per_gather = 0; SET statement_timeout = '{limit}s'; "
    "SET search_path = {path}"
)
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
    found = server("wheel")
    database = new_database(found)
    tpch_world.build_raw(folder / "tpch.duckdb", folder, SCALE)
    postgres_world.load(database, folder / "tpch.duckdb", folder / "raw")
    database.sql(INDEXES)
    harness = postgres_world.harness(
        database, folder, tpch_world.POLICY, schemas=("main",), warehouse="tpch", attributes=("segments",)
    )
    try:
        _other_ways(database)
        taken = asyncio.run(_compare(harness, database))
    finally:
        harness.close()
        database.drop()
    return {"PostgreSQL": found.major, "scale factor": SCALE, **taken}


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
        name: await _connected(database, path, role)
        for name, path, role in (
            ("raw", "main", None),
            ("governed", "main", None),
            ("rls", "rls", "rls_reader"),
            ("barrier", "barrier", "barrier_reader"),
        )
    }
    by_query = {}
    for name, sql in tpch_world.QUERIES.items():
        plan = harness.plan(caller, sql).plan
        values = [principal.attributes[slot.name][slot.item] for slot in plan.slots]
        asked = {side: (sql, []) for side in sides} | {"governed": (plan.sql, values)}
        by_query[name] = await _medians({side: _asking(sides[side], *asked[side]) for side in sides})
    for connection in sides.values():
        await connection.close()
    return _figures(by_query)


async def _connected(database: Database, path: str, role: str | None) -> Any:
    connection = await asyncpg.connect(database.owner_url)
    await connection.execute(SESSION.format(limit=int(LIMIT_S), path=path) + (f"; SET ROLE {role}" if role else ""))
    return connection


def _asking(connection: Any, sql: str, values: list[Any]) -> Callable[[], Coroutine[Any, Any, float]]:
    async def ask() -> float:
        started = time.perf_counter()
        try:
            await connection.fetch(sql, *values)
        except asyncpg.QueryCanceledError:
            return math.inf
        return time.perf_counter() - started

    return ask


async def _medians(sides: dict[str, Callable[[], Coroutine[Any, Any, float]]]) -> dict[str, float]:
    times: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(ROUNDS + 1):
        for side, ask in sides.items():
            if math.inf in times[side]:
                continue
            taken = await ask()
            if number or taken == math.inf:
                times[side].append(taken)
    return {side: statistics.median(taken) for side, taken in times.items()}


def _figures(by_query: dict[str, dict[str, float]]) -> dict[str, object]:
    told: dict[str, object] = {}
    for other in ("raw", "rls", "barrier"):
        ratios = [times["governed"] / times[other] for times in by_query.values()]
        told[f"governed / {other}, median"] = round(statistics.median(ratios), 3)
        told[f"governed / {other}, max"] = round(max(ratios), 3)
    told["longer than the limit"] = {
        side: sum(t[side] == math.inf for t in by_query.values()) for side in ("rls", "barrier")
    }
    told["milliseconds by query"] = {
        name: {side: None if t == math.inf else round(t * 1e3, 1) for side, t in times.items()}
        for name, times in by_query.items()
    }
    return told
