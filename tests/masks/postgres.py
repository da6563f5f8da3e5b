"""A mask on real PostgreSQL servers: values in, what the mask's SQL makes of them out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlglot import exp

from proxy.warehouses.duckdb import DIALECT
from proxy.warehouses.postgres.expressions import EXPRESSIONS
from proxy.warehouses.postgres.session import PINNED
from tests.masks.engine import KEY, key_blocks
from tests.postgres import Database


class PostgresEngine:
    """One connection to a server, as the gateway pins it, and a table `t(i, x)`."""

    expressions = EXPRESSIONS
    dialect = replace(DIALECT, name="postgres", expressions=EXPRESSIONS)

    def __init__(self, database: Database) -> None:
        self._runner = asyncio.Runner()
        settings = {**PINNED, "default_transaction_read_only": "off", "search_path": "public"}
        self._connection = self._runner.run(asyncpg.connect(database.owner_url, server_settings=settings))

    def close(self) -> None:
        """Hang up."""
        self._runner.run(self._connection.close())
        self._runner.close()

    def run(self, sql: str, *values: Any) -> list[Any]:
        """The rows of a statement."""
        rows: list[Any] = self._runner.run(self._connection.fetch(sql, *values))
        return rows

    def load(self, values: Sequence[Any], sql_type: str) -> None:
        """A table of these values, of which the planner knows statistics."""
        self.run("DROP TABLE IF EXISTS t")
        self.run(f"CREATE TABLE t (i integer, x {sql_type})")
        self._runner.run(
            self._connection.executemany(f"INSERT INTO t VALUES ($1, $2::{sql_type})", list(enumerate(values)))
        )

    def load_sql(self, literals: Sequence[str], sql_type: str) -> None:
        """The same from SQL expressions, for values that Python does not have."""
        self.run("DROP TABLE IF EXISTS t")
        rows = ", ".join(f"({i}, CAST({literal} AS {sql_type}))" for i, literal in enumerate(literals))
        self.run(f"CREATE TABLE t AS SELECT * FROM (VALUES {rows}) AS v(i, x)")

    def masked(self, tree: exp.Expression) -> list[Any]:
        """An expression over every row of `t`, in order."""
        blocks = dict(zip(("secret:mask_key_inner", "secret:mask_key_outer"), key_blocks(KEY), strict=True))
        found = list(tree.find_all(exp.Placeholder))
        for number, node in enumerate(found, start=1):
            node.replace(exp.Parameter(this=exp.Literal.number(number)))
        sql = f'SELECT {tree.sql("postgres", comments=False, identify=True)} FROM t AS "__g" ORDER BY i'
        return [row[0] for row in self.run(sql, *(blocks[str(node.this)] for node in found))]

    def type_of(self, tree: exp.Expression) -> str:
        """The type of an expression over `t`."""
        return str(self.masked(exp.cast(exp.func("pg_typeof", tree), "text"))[0])
