"""What the rewrite tests share: a small warehouse as a catalog and as a real database, and policy views by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from proxy.query.bind import read
from proxy.rewrite.conditions import compile_filter
from proxy.rewrite.masking import compile_mask
from proxy.rewrite.slots import Slots
from proxy.rewrite.splice import Spliced, splice
from proxy.rewrite.views import view_select
from proxy.values import (
    Always,
    Catalog,
    Cell,
    Column,
    ColumnView,
    Condition,
    Decision,
    Mask,
    Query,
    RowFilter,
    Slot,
    SlotKind,
    Table,
    TableId,
    TableView,
    TypeKind,
)
from proxy.warehouses.duckdb import DIALECT

RAW = """
ATTACH ':memory:' AS shop; USE shop;
CREATE SCHEMA sales; CREATE SCHEMA people;
CREATE TABLE sales.customers (id INTEGER, name VARCHAR, email VARCHAR, region VARCHAR, born DATE, credit DECIMAL(10,2));
CREATE TABLE sales.orders (id INTEGER, customer_id INTEGER, status VARCHAR);
CREATE TABLE people.employees (id INTEGER, salary INTEGER);
INSERT INTO sales.customers VALUES
    (1, 'Ann', 'ann@example.com', 'EU', DATE '1990-05-06', 10),
    (2, 'Bob', 'bob@example.org', 'US', DATE '1980-01-02', 20),
    (3, 'Cid', NULL, 'EU', NULL, 30),
    (4, 'Dee', 'dee', NULL, DATE '2000-12-31', NULL);
INSERT INTO sales.orders VALUES (10, 1, 'paid'), (11, 2, 'open'), (12, 3, 'secret status'), (13, NULL, 'paid');
INSERT INTO people.employees VALUES (1, 1000), (2, 2000);
"""


def _table(schema: str, name: str, /, **types: str) -> Table:
    kinds = {"INTEGER": TypeKind.INTEGER, "VARCHAR": TypeKind.TEXT, "DATE": TypeKind.DATE}
    columns = tuple(Column(n, t, kinds.get(t, TypeKind.DECIMAL)) for n, t in types.items())
    return Table(TableId("shop", schema, name), columns)


CUSTOMERS = _table(
    "sales",
    "customers",
    id="INTEGER",
    name="VARCHAR",
    email="VARCHAR",
    region="VARCHAR",
    born="DATE",
    credit="DECIMAL(10,2)",
)
ORDERS = _table("sales", "orders", id="INTEGER", customer_id="INTEGER", status="VARCHAR")
EMPLOYEES = _table("people", "employees", id="INTEGER", salary="INTEGER")
CATALOG = Catalog(
    "shop", "duckdb", "1", {(t.id.schema, t.id.name): t for t in (CUSTOMERS, ORDERS, EMPLOYEES)}, ("sales", "people")
)


def row_filter(where: str, table: Table = CUSTOMERS) -> RowFilter:
    """A compiled row filter."""
    return compile_filter("test", where, table, CATALOG)


def mask(kind: str, column: str, table: Table = CUSTOMERS, **options: Any) -> Mask:
    """A compiled mask of one column."""
    (found,) = (c for c in table.columns if c.name == column)
    return compile_mask(kind, options, "pii", found, table, CATALOG)


def view(
    table: Table = CUSTOMERS,
    rows: Condition | None = None,
    cells: Mapping[str, Sequence[Cell]] | None = None,
    without: Sequence[str] = (),
) -> TableView:
    """A policy view: every column clear but those that `cells` describes, those of `without` hidden."""
    given = {name: tuple(c) for name, c in (cells or {}).items()}
    clear = (Cell(Always(), None),)
    columns = tuple(ColumnView(c, given.get(c.name, clear)) for c in table.columns if c.name not in without)
    return TableView(table.id, columns, rows or Always(), len(without))


def decision(query: Query, views: Sequence[TableView], shape: Mapping[str, int | None] | None = None) -> Decision:
    """What a policy says that has these views."""
    by_table = {v.table: v for v in views}
    found = tuple(by_table[r.table] for r in query.references)
    return Decision("view", "policy", None, (), found, (), tuple((shape or {}).items()))


def rewritten(
    sql: str, *views: TableView, shape: Mapping[str, int | None] | None = None
) -> tuple[Query, Decision, Spliced]:
    """A statement read and spliced."""
    query = read(sql, CATALOG)
    decided = decision(query, views, shape)
    return query, decided, splice(query, decided, DIALECT)


def text(policy_view: TableView, *guarded: str, shape: Mapping[str, int | None] | None = None) -> tuple[str, Slots]:
    """A policy view as SQL, and the slots it took."""
    slots = Slots((), shape or {})
    select = view_select(policy_view, frozenset(guarded), slots, DIALECT)
    return select.sql("duckdb", comments=False, identify=True), slots


def database() -> duckdb.DuckDBPyConnection:
    """The warehouse itself."""
    connection = duckdb.connect()
    connection.execute(RAW)
    return connection


def run(sql: str, slots: Sequence[Slot] = (), **values: Any) -> list[tuple[Any, ...]]:
    """Rows of a rewritten text on the warehouse; attributes and client's values by name, `client_1` for $1."""
    bound = [values[f"client_{s.name}" if s.kind is SlotKind.CLIENT else s.name] for s in slots]
    given = [b[s.item] if s.item is not None else b for s, b in zip(slots, bound, strict=True)]
    with database() as connection:
        return connection.execute(sql, given).fetchall()
