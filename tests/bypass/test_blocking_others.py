"""One caller's statements that cannot be stopped: they hold that caller's places, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from proxy.errors import GatewayError
from proxy.gateway import Request
from proxy.values import Catalog, Query
from tests.fakes import ANA, CONTEXT, SQL, Fakes
from tests.oracle.harness import Harness
from tests.oracle.world import KEY, write_policy

POLICY = {"grants.csv": "p, role:reader, shop, read, allow\ng, group:readers, role:reader\n"}
UNSTOPPABLE = "SELECT {} AS n, len(parse_path(repeat('/', 3000000))) AS l"
LIMITS = {"statement_timeout_s": 0.3, "concurrent_per_caller": 2}


def test_a_caller_cannot_fill_the_warehouse_by_timing_out(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "raw.duckdb")) as connection:
        connection.execute("CREATE TABLE k AS SELECT 1 AS a")
    policies = write_policy(tmp_path / "policies", POLICY)
    harness = Harness(tmp_path, tmp_path / "raw.duckdb", policies, key=KEY, limits=LIMITS)
    try:
        eve, bob = (harness.caller(name, ["readers"]) for name in ("eve", "bob"))
        codes = []
        for number in range(20):
            with pytest.raises(GatewayError) as refused:
                harness.ask(eve, UNSTOPPABLE.format(number))
            codes.append(refused.value.code)
        assert codes[:2] == ["timeout", "timeout"]
        assert codes.count("limit-exceeded") > 10, "what still works still counts against its caller"
        assert harness.ask(bob, "SELECT a FROM k").rows == [(1,)]
    finally:
        harness.close()


async def test_search_paths_of_schemas_that_are_not_there_are_one_for_those_who_read() -> None:
    fakes, views = Fakes(), set[str]()
    read = fakes.reader.read

    async def kept(sql: str, catalog: Catalog) -> Query:
        views.add(catalog.view)
        return await read(sql, catalog)

    fakes.reader.read = kept
    for number in range(100):
        path = (f"nowhere_{number}", "main")
        await fakes.gateway.plan(ANA, Request(SQL, search_path=path), CONTEXT)
    assert len(views) == 1, "each would put a catalog of somebody else out of a process that reads statements"
