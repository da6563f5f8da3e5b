"""Each principal's own tables in a PostgreSQL database, for benchmarks whose tables stand in the schema `main`.

Rule kept here: the copies are made by the other engine, by hand, and asked over the same driver and nothing else of the
gateway.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol

import sqlglot
from sqlglot import exp

from tests.oracle import postgres_world
from tests.oracle.harness import Harness, Rows, as_rows
from tests.oracle.world import Principal
from tests.postgres import Database, Server, new_database


class World(Protocol):
    """A benchmark's tables as DuckDB has them."""

    @property
    def TABLES(self) -> Collection[str]:  # noqa: N802 - the modules' own name
        """The names of its tables."""

    def build_copy(self, path: Path, raw: Path, principal: Principal) -> None:
        """The tables that one principal sees, in a DuckDB file."""


class Copies:
    """One database for each principal who asks."""

    def __init__(self, server: Server, folder: Path, harness: Harness, world: World, raw: Path, indexes: str) -> None:
        self._server, self._folder, self._harness = server, folder, harness
        self._world, self._raw, self._indexes = world, raw, indexes
        self._databases: list[Database] = []
        self._warehouses: dict[str, Any] = {}

    def ask(self, principal: Principal, sql: str) -> Rows:
        """The answer on the copy. Raises `GatewayError`."""
        if principal.name not in self._warehouses:
            self._warehouses[principal.name] = self._harness.run(self._opened(self._made(principal)))
        whole = in_full(sql, self._world.TABLES)
        return as_rows(self._harness.run(postgres_world.asked(self._warehouses[principal.name], whole)))

    def _made(self, principal: Principal) -> Database:
        path = self._folder / f"{principal.name}.duckdb"
        self._world.build_copy(path, self._raw, principal)
        database = new_database(self._server)
        self._databases.append(database)
        postgres_world.load(database, path, self._folder / principal.name)
        database.sql(self._indexes)
        database.setup(["main"])
        return database

    @staticmethod
    async def _opened(database: Database) -> Any:
        return database.warehouse("copy", schemas=["main"])

    def close(self) -> None:
        """Drops them all."""
        for warehouse in self._warehouses.values():
            self._harness.run(warehouse.close())
        for database in self._databases:
            database.drop()


def in_full(sql: str, tables: Collection[str]) -> str:
    """The same text with the schema before each table's name, since the driver looks for names in no schema."""
    tree = sqlglot.parse_one(sql, read="postgres")
    queries = {cte.alias for cte in tree.find_all(exp.CTE)}
    starts = [
        table.this.meta["start"]
        for table in tree.find_all(exp.Table)
        if table.name in tables and not table.db and table.name not in queries
    ]
    for start in sorted(starts, reverse=True):
        sql = f"{sql[:start]}main.{sql[start:]}"
    return sql
