"""A PostgreSQL warehouse as a catalog made by hand, and the ways in which the tests of this folder read and rewrite
statements against it. No server is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from proxy.errors import GatewayError
from proxy.query.bind import read
from proxy.rewrite.conditions import compile_filter
from proxy.rewrite.masking import compile_mask
from proxy.rewrite.rewriter import Rewriter
from proxy.rewrite.slots import Slots
from proxy.rewrite.splice import Spliced, splice
from proxy.rewrite.views import view_select
from proxy.values import (
    AllOf,
    Always,
    Catalog,
    Cell,
    Column,
    ColumnView,
    Condition,
    Decision,
    Mask,
    Plan,
    Query,
    ReasonCode,
    RowFilter,
    Table,
    TableId,
    TableView,
    TypeKind,
)
from proxy.warehouses.postgres import DIALECT

KINDS: Mapping[str, TypeKind] = {
    "text": TypeKind.TEXT,
    "character varying(20)": TypeKind.TEXT,
    "integer": TypeKind.INTEGER,
    "bigint": TypeKind.INTEGER,
    "numeric(10,2)": TypeKind.DECIMAL,
    "double precision": TypeKind.FLOAT,
    "boolean": TypeKind.BOOLEAN,
    "date": TypeKind.DATE,
    "timestamp with time zone": TypeKind.TIMESTAMP,
    "timestamp without time zone": TypeKind.TIMESTAMP,
    "integer[]": TypeKind.NESTED,
    "sales.address": TypeKind.NESTED,
    "jsonb": TypeKind.OTHER,
    "sales.mood": TypeKind.OTHER,
}


def table(schema: str, name: str, /, **columns: str) -> Table:
    """A table whose columns are given as name=type."""
    made = tuple(Column(column, type_, KINDS[type_]) for column, type_ in columns.items())
    return Table(TableId("shop", schema, name), made)


CUSTOMERS = table(
    "sales",
    "customers",
    id="integer",
    name="text",
    email="character varying(20)",
    region="text",
    born="date",
    credit="numeric(10,2)",
    seen="timestamp with time zone",
    data="jsonb",
    address="sales.address",
    marks="integer[]",
)
ORDERS = table("sales", "orders", id="integer", customer_id="integer", amount="numeric(10,2)", note="text")
LINE_ITEMS = table("sales", "Line Items", Order="bigint", order="bigint", Item="text")
OTHER_LINE_ITEMS = table("sales", "line items", x="bigint")
EMPLOYEES = table("people", "employees", id="integer", name="text", salary="bigint")
TABLES = (CUSTOMERS, ORDERS, LINE_ITEMS, OTHER_LINE_ITEMS, EMPLOYEES)
CATALOG = Catalog("shop", "postgres", "1", {(t.id.schema, t.id.name): t for t in TABLES}, ("sales",))


def ask(sql: str) -> Query:
    """The statement, read."""
    return read(sql, CATALOG)


def refusal(sql: str, code: str, reason: ReasonCode) -> GatewayError:
    """The refusal of a statement while it is read, which must be of this class and for this reason."""
    with pytest.raises(GatewayError) as caught:
        read(sql, CATALOG)
    error = caught.value
    assert (error.code, [r.code for r in error.reasons]) == (code, [reason]), str(error)
    return error


def tables(sql: str) -> list[str]:
    """The tables that a statement reads, `schema.name`, in order; `?` for what the catalog does not have."""
    return [f"{r.table.schema}.{r.table.name}" if r.table.schema else "?" for r in ask(sql).references]


def touched(sql: str) -> list[str]:
    """The columns that a statement touches, `table.column`, sorted."""
    return sorted(f"{r.table.name}.{c}" for r in ask(sql).references for c in r.columns)


def guarded(sql: str) -> list[str]:
    """The columns that are guarded when a statement is read, `table.column`, sorted."""
    return sorted(f"{r.table.name}.{c}" for r in ask(sql).references for c in r.guarded)


def unknown(sql: str) -> list[str]:
    """The column names of a statement that nothing denotes: the policy refuses them."""
    return [use.name for use in ask(sql).columns if use.certain and not use.candidates]


def names(sql: str) -> list[str | None] | None:
    """The names of the result's columns, None where one is not known."""
    outputs = ask(sql).outputs
    return None if outputs is None else [o.name for o in outputs]


def row_filter(where: str, of: Table = CUSTOMERS) -> RowFilter:
    """A compiled row filter."""
    return compile_filter("test", where, of, CATALOG)


def mask(kind: str, column: str, of: Table = CUSTOMERS, **options: Any) -> Mask:
    """A compiled mask of one column."""
    (found,) = (c for c in of.columns if c.name == column)
    return compile_mask(kind, options, "pii", found, of, CATALOG)


def view(
    of: Table = CUSTOMERS,
    rows: Condition | None = None,
    cells: Mapping[str, Sequence[Cell]] | None = None,
    without: Sequence[str] = (),
) -> TableView:
    """A policy view: every column clear but those that `cells` describes, those of `without` hidden."""
    given = {name: tuple(c) for name, c in (cells or {}).items()}
    clear = (Cell(Always(), None),)
    columns = tuple(ColumnView(c, given.get(c.name, clear)) for c in of.columns if c.name not in without)
    return TableView(of.id, columns, rows or Always(), len(without))


GOVERNED = (
    view(
        rows=AllOf((row_filter("region = :region"), row_filter("born IS NOT NULL"))),
        cells={"name": [Cell(Always(), mask("redact", "name"))], "credit": [Cell(row_filter("id = 1"), None)]},
        without=("address",),
    ),
    view(ORDERS),
    view(LINE_ITEMS, row_filter('"Order" > 3', LINE_ITEMS)),
    view(OTHER_LINE_ITEMS),
    view(EMPLOYEES, row_filter("salary < 1000", EMPLOYEES)),
)
SHAPE: Mapping[str, int | None] = {"region": -1}


def decided(query: Query, views: Sequence[TableView] = GOVERNED) -> Decision:
    """What a policy says that has these views."""
    by_table = {v.table: v for v in views}
    found = tuple(by_table[r.table] for r in query.references)
    return Decision("view", "policy", None, (), found, (), tuple(SHAPE.items()))


def spliced(sql: str, views: Sequence[TableView] = GOVERNED) -> Spliced:
    """A statement read and spliced, proven by nobody yet."""
    query = ask(sql)
    return splice(query, decided(query, views), DIALECT)


def planned(sql: str, views: Sequence[TableView] = GOVERNED) -> Plan:
    """A statement read, rewritten and proven."""
    query = ask(sql)
    return Rewriter({"shop": DIALECT}).rewrite(query, decided(query, views))


def text(policy_view: TableView, *guard: str) -> str:
    """A policy view as SQL, alone."""
    select = view_select(policy_view, frozenset(guard), Slots((), SHAPE, shares=False), DIALECT)
    return select.sql("postgres", comments=False, identify=True)
