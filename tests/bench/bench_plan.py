"""What planning costs: a statement never seen (cold) and one in the plan cache, microseconds.

Cold is everything: worker process, two parsers, binding, decision, splice, referee and proof.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from tests.oracle import tpch_world, world
from tests.oracle.harness import Harness

_SHORT = {
    "point look-up": "SELECT id, name, email FROM customers WHERE id = {0}",
    "group by": "SELECT region, count(*), avg(credit) FROM customers WHERE id > {0} GROUP BY region ORDER BY 2 DESC",
    "join": "SELECT c.name, sum(o.amount) FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.id > {0} "
    "GROUP BY 1",
}
_ROUNDS = 60


def run(folder: Path) -> dict[str, object]:
    """Medians by kind of statement."""
    (folder / "shop").mkdir()
    (folder / "tpch").mkdir()
    return {"chatbot statements": _shop(folder / "shop"), "TPC-H, median of 22": _tpch(folder / "tpch")}


def _shop(folder: Path) -> dict[str, object]:
    world.build_raw(folder / "raw.duckdb")
    policies = world.write_policy(folder / "policies", world.POLICY)
    harness = Harness(
        folder,
        folder / "raw.duckdb",
        policies,
        key=world.KEY,
        search_path=("sales",),
        attributes=("region", "accounts"),
    )
    try:
        return {name: _cost(harness, "analysts", {"region": "EU"}, text) for name, text in _SHORT.items()}
    finally:
        harness.close()


def _tpch(folder: Path) -> dict[str, object]:
    tpch_world.build_raw(folder / "tpch.duckdb", folder, 0.01)
    policies = world.write_policy(folder / "policies", tpch_world.POLICY)
    harness = Harness(
        folder, folder / "tpch.duckdb", policies, key=world.KEY, warehouse="tpch", attributes=("segments",)
    )
    try:
        costs = [_cost(harness, "clerk", {}, "/* {0} */ " + sql) for sql in tpch_world.QUERIES.values()]
        return {key: round(statistics.median(c[key] for c in costs), 1) for key in costs[0]}
    finally:
        harness.close()


def _cost(harness: Harness, group: str, attributes: dict[str, object], text: str) -> dict[str, float]:
    caller = harness.caller("bench", (group,), attributes)
    gateway = harness.app.gateway

    async def measure() -> dict[str, float]:
        cold, cached = [], []
        for i in range(_ROUNDS):
            sql = text.format(i)
            for times in (cold, cached):
                start = time.perf_counter()
                await gateway._planned(caller, sql, gateway._warehouse_name(None))
                times.append((time.perf_counter() - start) * 1e6)
        return {"cold_us": round(statistics.median(cold[5:]), 1), "cached_us": round(statistics.median(cached[5:]), 1)}

    return harness.run(measure())
