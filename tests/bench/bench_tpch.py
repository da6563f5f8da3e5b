"""What governing costs the engine: TPC-H's rewritten text against the raw query, and against the same query on views
written by hand.

All three run in one DuckDB instance, in turn, and are taken to Arrow; the raw queries read every row and column that
the policy hides. `gateway` adds the whole way of a query: plan from the cache, a decision record on disk, limits,
streaming, the outcome record.
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
    ungoverned = by_hand.cursor()
    ungoverned.execute("USE tpch.main")
    ratios: dict[str, dict[str, float]] = {}
    for name, sql in tpch_world.QUERIES.items():
        plan = harness.plan(caller, sql).plan
        values = [principal.attributes[slot.name][slot.item] for slot in plan.slots]
        times = medians(
            {
                "raw": lambda sql=sql: ungoverned.sql(sql).to_arrow_reader().read_all(),
                "views": lambda sql=sql: by_hand.sql(sql).to_arrow_reader().read_all(),
                "governed": lambda plan=plan, values=values: (
                    by_hand.sql(plan.sql, params=values).to_arrow_reader().read_all()
                ),
                "gateway": lambda sql=sql: harness.ask(caller, sql),
            },
            ROUNDS,
        )
        ratios[name] = {
            "raw_ms": round(times["raw"] * 1e3, 2),
            "views_ms": round(times["views"] * 1e3, 2),
            "governed / raw": round(times["governed"] / times["raw"], 3),
            "governed / views": round(times["governed"] / times["views"], 3),
            "gateway / raw": round(times["gateway"] / times["raw"], 3),
        }
    told: dict[str, object] = {"scale factor": SCALE, "rounds": ROUNDS}
    for ratio in ("governed / raw", "governed / views", "gateway / raw"):
        told[f"{ratio}, median"] = round(statistics.median(r[ratio] for r in ratios.values()), 3)
        told[f"{ratio}, max"] = max(r[ratio] for r in ratios.values())
    return {**told, "by query": ratios}


def _by_hand(raw: Path, principal: tpch_world.Principal) -> duckdb.DuckDBPyConnection:
    """The principal's tables as views that somebody wrote by hand, on the raw file."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{raw}' AS tpch (READ_ONLY)")
    for table, query in principal.tables.items():
        connection.execute(f"CREATE VIEW {table} AS {query.replace('raw.main.', 'tpch.main.')}")
    return connection
