"""How long hostile statements take to be refused, and what somebody else's query costs meanwhile, milliseconds."""

from __future__ import annotations

import statistics
import time
from contextlib import suppress
from pathlib import Path

from proxy.errors import GatewayError
from proxy.gateway import Request
from proxy.values import Caller
from tests.bypass.hostile import STATEMENTS
from tests.oracle import world
from tests.oracle.harness import Harness

_ROUNDS = 3
_FAIR = "SELECT region, count(*) FROM customers WHERE id > {0} GROUP BY region"


def run(folder: Path) -> dict[str, object]:
    """The longest of the rounds by statement, and a fair query's median alone and beside them."""
    world.build_raw(folder / "raw.duckdb")
    policies = world.write_policy(folder / "policies", world.POLICY)
    harness = Harness(
        folder,
        folder / "raw.duckdb",
        policies,
        key=world.KEY,
        search_path=("sales",),
        attributes=("region", "accounts"),
        parser={},
    )
    try:
        eve, bob = (harness.caller(name, ("analysts",), {"region": "EU"}) for name in ("eve", "bob"))
        alone = statistics.median(_asked(harness, bob, _FAIR.format(i)) for i in range(20))
        refused = {
            name: round(max(_asked(harness, eve, f"{sql} -- {i}") for i in range(_ROUNDS)))
            for name, sql in STATEMENTS.items()
        }
        sent = [harness.begin(harness._ask(eve, Request(f"{sql} -- beside"))) for sql in STATEMENTS.values()]
        beside = [_asked(harness, bob, _FAIR.format(100 + i)) for i in range(20)]
        for future in sent:
            future.exception(60)
    finally:
        harness.close()
    return {
        "refused after, longest": max(refused.values()),
        "somebody else's query alone, median": round(alone, 1),
        "beside them, median": round(statistics.median(beside), 1),
        "refused after": refused,
    }


def _asked(harness: Harness, caller: Caller, sql: str) -> float:
    started = time.perf_counter()
    with suppress(GatewayError):
        harness.ask(caller, sql)
    return (time.perf_counter() - started) * 1e3
