"""The tables of the fuzzer's databases: those of the real workloads, the oracle's company, and one of every type.

Rule kept here: every table gets columns that the caller may not see, so that a row filter can stand on one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import duckdb

from tests.golden.support.corpora import CORPORA, load
from tests.oracle import tpcds_world, world

HIDDEN = {"owner_": "VARCHAR", "owner_n": "INTEGER", "secret_": "VARCHAR", "secret_n": "INTEGER"}
"""Columns of every table that are denied to the caller."""
KINDS = {
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "DOUBLE": "float",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "time",
    "BOOLEAN": "bool",
    "JSON": "json",
}
TPCH = """
CREATE TABLE region (r_regionkey BIGINT, r_name VARCHAR, r_comment VARCHAR);
CREATE TABLE nation (n_nationkey BIGINT, n_name VARCHAR, n_regionkey BIGINT, n_comment VARCHAR);
CREATE TABLE supplier (s_suppkey BIGINT, s_name VARCHAR, s_address VARCHAR, s_nationkey BIGINT, s_phone VARCHAR,
    s_acctbal DECIMAL(15,2), s_comment VARCHAR);
CREATE TABLE customer (c_custkey BIGINT, c_name VARCHAR, c_address VARCHAR, c_nationkey BIGINT, c_phone VARCHAR,
    c_acctbal DECIMAL(15,2), c_mktsegment VARCHAR, c_comment VARCHAR);
CREATE TABLE part (p_partkey BIGINT, p_name VARCHAR, p_mfgr VARCHAR, p_brand VARCHAR, p_type VARCHAR, p_size INTEGER,
    p_container VARCHAR, p_retailprice DECIMAL(15,2), p_comment VARCHAR);
CREATE TABLE partsupp (ps_partkey BIGINT, ps_suppkey BIGINT, ps_availqty INTEGER, ps_supplycost DECIMAL(15,2),
    ps_comment VARCHAR);
CREATE TABLE orders (o_orderkey BIGINT, o_custkey BIGINT, o_orderstatus VARCHAR, o_totalprice DECIMAL(15,2),
    o_orderdate DATE, o_orderpriority VARCHAR, o_clerk VARCHAR, o_shippriority INTEGER, o_comment VARCHAR);
CREATE TABLE lineitem (l_orderkey BIGINT, l_partkey BIGINT, l_suppkey BIGINT, l_linenumber INTEGER,
    l_quantity DECIMAL(15,2), l_extendedprice DECIMAL(15,2), l_discount DECIMAL(15,2), l_tax DECIMAL(15,2),
    l_returnflag VARCHAR, l_linestatus VARCHAR, l_shipdate DATE, l_commitdate DATE, l_receiptdate DATE,
    l_shipinstruct VARCHAR, l_shipmode VARCHAR, l_comment VARCHAR);
"""
_WIDE = (
    "(s SMALLINT, i INTEGER, b BIGINT, n DECIMAL(12,2), f DOUBLE, v VARCHAR, w VARCHAR, d DATE, t TIMESTAMP, o BOOLEAN"
)
WIDE = "".join(f"CREATE TABLE t{i} {_WIDE}, j JSON);" for i in range(10)) + f"CREATE TABLE open {_WIDE}, j JSON);"
"""`open` has no row filter."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column, its DuckDB type, and which values it takes ("" for types that get none)."""

    name: str
    type: str
    kind: str

    @property
    def digits(self) -> tuple[int, int]:
        """All digits of a decimal type, and those behind the point."""
        if self.kind != "number":
            return 10, 2
        whole, scale = self.type[8:-1].split(",")
        return int(whole), int(scale)


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its statements know it."""

    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def full(self) -> str:
        return f'{self.schema}."{self.name}"'

    def of(self, *kinds: str) -> list[Column]:
        return [c for c in self.columns if c.kind in kinds]


def kind_of(type_: str) -> str:
    """Which values a type takes."""
    return "number" if type_.startswith("DECIMAL") else KINDS.get(type_, "")


def _ddl() -> Iterator[tuple[str, str]]:
    yield "company", re.sub(r"CREATE SCHEMA \w+;|\b(sales|people)\.", "", world.SCHEMA)
    yield "tpch", TPCH
    yield "wide", WIDE
    for name, engine in (found for found in CORPORA if found[1] == "duckdb"):
        for number, ddl in enumerate(load(name, engine).worlds):
            yield f"{name}_{number}", ddl


@cache
def tables() -> dict[str, tuple[Table, ...]]:
    """Every table, by schema."""
    found: dict[str, tuple[Table, ...]] = {}
    for schema, ddl in _ddl():
        with duckdb.connect() as connection:
            connection.execute(ddl)
            found[schema] = _described(connection, schema)
    with duckdb.connect() as connection:
        for name in tpcds_world.TABLES:
            path = tpcds_world.FOLDER / "data" / f"{name}.parquet"
            connection.execute(f"CREATE TABLE {name} AS FROM '{path}' LIMIT 0")
        found["tpcds"] = _described(connection, "tpcds")
    return found


def _described(connection: duckdb.DuckDBPyConnection, schema: str) -> tuple[Table, ...]:
    asked = """
        SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal
        ORDER BY table_oid, column_index
    """
    columns: dict[str, list[Column]] = {}
    for table, column, type_ in connection.execute(asked).fetchall():
        columns.setdefault(table, []).append(Column(column, type_, kind_of(type_)))
    return tuple(Table(schema, name, tuple(found)) for name, found in columns.items() if "." not in name)
