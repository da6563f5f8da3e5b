"""The oracle on TPC-H over PostgreSQL: all 22 queries, four principals, against copies that DuckDB made by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from proxy.errors import GatewayError
from tests.oracle import postgres_world
from tests.oracle import tpch_world as world
from tests.oracle.harness import Harness, Rows, as_rows
from tests.oracle.test_tpch import _HIDDEN, _rounded
from tests.oracle.world import Principal
from tests.postgres import Database, Server, new_database

SCALE = 0.01
INDEXES = """
CREATE INDEX ON main.lineitem (l_orderkey); CREATE INDEX ON main.lineitem (l_partkey, l_suppkey);
CREATE INDEX ON main.orders (o_orderkey); CREATE INDEX ON main.orders (o_custkey);
CREATE INDEX ON main.customer (c_custkey); CREATE INDEX ON main.part (p_partkey);
CREATE INDEX ON main.partsupp (ps_partkey, ps_suppkey); CREATE INDEX ON main.supplier (s_suppkey);
ANALYZE;
"""


class Copies:
    """Each principal's tables in a database of its own, asked over the same driver and nothing else of the gateway."""

    def __init__(self, server: Server, folder: Path, harness: Harness) -> None:
        self._server, self._folder, self._harness = server, folder, harness
        self._databases: list[Database] = []
        self._warehouses: dict[str, Any] = {}

    def ask(self, principal: Principal, sql: str) -> Rows:
        """The answer on the copy. Raises `GatewayError`."""
        if principal.name not in self._warehouses:
            self._warehouses[principal.name] = self._harness.run(self._opened(self._made(principal)))
        return as_rows(self._harness.run(postgres_world.asked(self._warehouses[principal.name], _in_full(sql))))

    def _made(self, principal: Principal) -> Database:
        path = self._folder / f"{principal.name}.duckdb"
        world.build_copy(path, self._folder / "tpch.duckdb", principal)
        database = new_database(self._server)
        self._databases.append(database)
        postgres_world.load(database, path, self._folder / principal.name)
        database.sql(INDEXES)
        database.setup(["main"])
        return database

    @staticmethod
    async def _opened(database: Database) -> Any:
        return database.warehouse("tpch", schemas=["main"])

    def close(self) -> None:
        """Drops them all."""
        for warehouse in self._warehouses.values():
            self._harness.run(warehouse.close())
        for database in self._databases:
            database.drop()


def _in_full(sql: str) -> str:
    """The same text with the schema before each table's name, since the driver looks for names in no schema."""
    starts = [
        table.this.meta["start"]
        for table in sqlglot.parse_one(sql, read="postgres").find_all(exp.Table)
        if table.name in world.TABLES and not table.db
    ]
    for start in sorted(starts, reverse=True):
        sql = f"{sql[:start]}main.{sql[start:]}"
    return sql


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
    copies = Copies(postgres_server, folder, harness)
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
