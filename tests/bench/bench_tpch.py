"""What governing costs the engine: TPC-H's rewritten text against the same query on views written by hand.

Both run on one DuckDB connection, in turn, and are taken to Arrow. `gateway` adds the whole way of a query: plan from
the cache, a decision record on disk, limits, streaming, the outcome record.
"""

from __future__ import annotations

import statistics
from pathlib import Path

import duckdb

from tests.bench.clock import medians
from tests.oracle import tpch_world
from tests.oracle.harness import Harness
from tests.oracle.world import KEY, write_policy

SCALE = 1.0
ROUNDS = 7


def run(folder: Path) -> dict[str, object]:
    """Ratios by query for one restricted principal at SF 1."""
    raw = folder / "tpch.duckdb"
    tpch_world.build_raw(raw, folder, SCALE)
    policies = write_policy(folder / "policies", tpch_world.POLICY)
    harness = Harness(folder, raw, policies, key=KEY, warehouse="tpch", attributes=("segments",))
    try:
        return _compare(harness, raw)
    finally:
        harness.close()


def _compare(harness: Harness, raw: Path) -> dict[str, object]:
    principal = tpch_world.PRINCIPALS[0]
    caller = harness.caller(principal.name, principal.groups, principal.attributes)
    by_hand = _by_hand(raw, principal)
    ratios: dict[str, dict[str, float]] = {}
    for name, sql in tpch_world.QUERIES.items():
        plan = harness.plan(caller, sql).plan
        values = [principal.attributes[slot.name][slot.item] for slot in plan.slots]
        times = medians(
            {
                "views": lambda sql=sql: by_hand.sql(sql).to_arrow_reader().read_all(),
                "governed": lambda plan=plan, values=values: (
                    by_hand.sql(plan.sql, params=values).to_arrow_reader().read_all()
                ),
                "gateway": lambda sql=sql: harness.ask(caller, sql),
            },
            ROUNDS,
        )
        ratios[name] = {
            "views_ms": round(times["views"] * 1e3, 2),
            "governed": round(times["governed"] / times["views"], 3),
            "gateway": round(times["gateway"] / times["views"], 3),
        }
    governed = [r["governed"] for r in ratios.values()]
    gateway = [r["gateway"] for r in ratios.values()]
    return {
        "scale factor": SCALE,
        "governed / views, median": round(statistics.median(governed), 3),
        "governed / views, max": max(governed),
        "gateway / views, median": round(statistics.median(gateway), 3),
        "by query": ratios,
    }


def _by_hand(raw: Path, principal: tpch_world.Principal) -> duckdb.DuckDBPyConnection:
    """The principal's tables as views that somebody wrote by hand, on the raw file."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{raw}' AS tpch (READ_ONLY)")
    for table, query in principal.tables.items():
        connection.execute(f"CREATE VIEW {table} AS {query.replace('raw.main.', 'tpch.main.')}")
    return connection
