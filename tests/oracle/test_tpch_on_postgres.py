"""The oracle on TPC-H over PostgreSQL: all 22 queries, four principals, against copies that DuckDB made by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from proxy.errors import GatewayError
from tests.oracle import postgres_world
from tests.oracle import tpch_world as world
from tests.oracle.harness import Harness
from tests.oracle.postgres_copies import Copies
from tests.oracle.test_tpch import _HIDDEN, _rounded
from tests.oracle.world import Principal
from tests.postgres import Server, new_database

SCALE = 0.01
INDEXES = """
CREATE INDEX ON main.lineitem (l_orderkey); CREATE INDEX ON main.lineitem (l_partkey, l_suppkey);
CREATE INDEX ON main.orders (o_orderkey); CREATE INDEX ON main.orders (o_custkey);
CREATE INDEX ON main.customer (c_custkey); CREATE INDEX ON main.part (p_partkey);
CREATE INDEX ON main.partsupp (ps_partkey, ps_suppkey); CREATE INDEX ON main.supplier (s_suppkey);
ANALYZE;
"""


@pytest.fixture(scope="module")
def world_on(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Harness, Copies]]:
    folder = tmp_path_factory.mktemp("tpch")
    world.build_raw(folder / "tpch.duckdb", folder, SCALE)
    database = new_database(postgres_server)
    postgres_world.load(database, folder / "tpch.duckdb", folder / "raw")
    database.sql(INDEXES)
    harness = postgres_world.harness(
        database, folder, world.POLICY, schemas=("main",), warehouse="tpch", attributes=("segments",)
    )
    copies = Copies(postgres_server, folder, harness, world, folder / "tpch.duckdb", INDEXES)
    yield harness, copies
    copies.close()
    harness.close()
    database.drop()


@pytest.mark.parametrize("principal", world.PRINCIPALS, ids=lambda p: p.name)
@pytest.mark.parametrize("name", world.QUERIES)
def test_tpch_equals_hand_made_copies(world_on: tuple[Harness, Copies], principal: Principal, name: str) -> None:
    harness, copies = world_on
    sql = world.QUERIES[name]
    caller = harness.caller(principal.name, principal.groups, principal.attributes)
    if (principal.name, name) in _HIDDEN:
        with pytest.raises(GatewayError):
            harness.ask(caller, sql)
        with pytest.raises(GatewayError):
            copies.ask(principal, sql)
        return
    actual, expected = harness.ask(caller, sql), copies.ask(principal, sql)
    assert actual.names == expected.names
    assert actual.types == expected.types
    assert Counter(map(_rounded, actual.rows)) == Counter(map(_rounded, expected.rows))
