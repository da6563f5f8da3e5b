"""What planning costs: a statement never seen (cold), and one in the plan cache, microseconds, on each engine.

Cold is everything: worker process, two parsers, binding, decision, splice, referee and proof, of a text that no cache
holds, over tables whose policy views were written before; `first_us` is the same the first time a statement's form is
met, with views to write and to prove. Cached is the same texts asked again, all of them in turn.

`BI statements` are those of tests/golden/harmless that the engine understands.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from proxy.errors import GatewayError
from proxy.gateway import Request
from tests.golden.cases import statements
from tests.oracle import postgres_world, tpch_world, world
from tests.oracle.harness import Harness
from tests.postgres import Database, Server, new_database, programs

_SHORT = {
    "point look-up": "SELECT id, name, email FROM customers WHERE id = {0}",
    "group by": "SELECT region, count(*), avg(credit) FROM customers WHERE id > {0} GROUP BY region ORDER BY 2 DESC",
    "join": "SELECT c.name, sum(o.amount) FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.id > {0} "
    "GROUP BY 1",
}
_HARMLESS = Path(__file__).parents[1] / "golden" / "harmless"
_ROUNDS = 60
_FEW = 12
Costs = dict[str, float]


def run(folder: Path) -> dict[str, object]:
    """Medians by engine and kind of statement."""
    taken: dict[str, object] = {"DuckDB": _engine(_on_duckdb(folder / "duckdb"))}
    found = programs("wheel")
    if found is not None:
        server = Server("wheel", found)
        try:
            taken["PostgreSQL"] = _engine(_on_postgres(server, folder / "postgres"))
        finally:
            server.stop()
    return taken


def _engine(opened: Callable[[str], Harness]) -> dict[str, object]:
    harness = opened("shop")
    try:
        caller = ("analysts", {"region": "EU"})
        costs = {name: _costs(harness, caller, {name: text}, _ROUNDS)[name] for name, text in _SHORT.items()}
        forms = {case.id: "/* {0} */ " + _escaped(case.sql) for case in statements(_HARMLESS)}
        business = _costs(harness, caller, forms, _FEW)
    finally:
        harness.close()
    harness = opened("tpch")
    try:
        forms = {name: "/* {0} */ " + _escaped(sql) for name, sql in tpch_world.QUERIES.items()}
        tpch = _costs(harness, ("clerk", {}), forms, _FEW)
    finally:
        harness.close()
    return {
        "short statements": costs,
        f"BI statements, median of {len(business)}": _median(business),
        f"TPC-H, median of {len(tpch)}": _median(tpch),
    }


def _escaped(sql: str) -> str:
    return sql.replace("{", "{{").replace("}", "}}")


def _median(costs: Mapping[str, Costs]) -> Costs:
    (some, *_) = costs.values()
    return {key: round(statistics.median(cost[key] for cost in costs.values()), 1) for key in some}


def _costs(
    harness: Harness, who: tuple[str, dict[str, object]], forms: Mapping[str, str], rounds: int
) -> dict[str, Costs]:
    """The medians of each form; those that the engine does not understand are left out."""
    caller = harness.caller("bench", (who[0],), who[1])
    gateway = harness.app.gateway

    async def timed(sql: str) -> float:
        request = Request(sql)
        start = time.perf_counter()
        await gateway._planned(caller, request)
        return (time.perf_counter() - start) * 1e6

    async def measure() -> dict[str, Costs]:
        cold: dict[str, list[float]] = {}
        for form, text in forms.items():
            try:
                cold[form] = [await timed(text.format(0))]
            except GatewayError:
                continue
        for i in range(1, rounds):
            for form, times in cold.items():
                times.append(await timed(forms[form].format(i)))
        cached = {form: [await timed(forms[form].format(i)) for i in range(1, rounds)] for form in cold}
        return {
            form: {
                "first_us": round(times[0], 1),
                "cold_us": round(statistics.median(times[1:]), 1),
                "cached_us": round(statistics.median(cached[form]), 1),
            }
            for form, times in cold.items()
        }

    return harness.run(measure())


def _on_duckdb(folder: Path) -> Callable[[str], Harness]:
    def opened(kind: str) -> Harness:
        own = folder / kind
        own.mkdir(parents=True)
        if kind == "tpch":
            tpch_world.build_raw(own / "raw.duckdb", own, 0.01)
            policies = world.write_policy(own / "policies", tpch_world.POLICY)
            return Harness(own, own / "raw.duckdb", policies, key=world.KEY, warehouse=kind, attributes=("segments",))
        world.build_raw(own / "raw.duckdb")
        policies = world.write_policy(own / "policies", world.POLICY)
        more = {"search_path": ("sales",), "attributes": ("region", "accounts")}
        return Harness(own, own / "raw.duckdb", policies, key=world.KEY, **more)

    return opened


def _on_postgres(server: Server, folder: Path) -> Callable[[str], Harness]:
    def opened(kind: str) -> Harness:
        own = folder / kind
        own.mkdir(parents=True)
        database: Database = new_database(server)
        if kind == "tpch":
            tpch_world.build_raw(own / "raw.duckdb", own, 0.01)
            postgres_world.load(database, own / "raw.duckdb", own / "raw")
            more = {"schemas": ("main",), "warehouse": kind, "attributes": ("segments",)}
            return postgres_world.harness(database, own, tpch_world.POLICY, **more)
        world.build_raw(own / "raw.duckdb")
        postgres_world.load(database, own / "raw.duckdb", own / "raw")
        return postgres_world.harness(database, own)

    return opened
