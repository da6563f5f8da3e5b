"""A catalog with columns of every kind, and the ways in which the tests of this folder read statements against it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from proxy.errors import GatewayError
from proxy.query.bind import DEFAULT_CAPS, read
from proxy.query.text import Caps
from proxy.values import Catalog, Column, Query, ReasonCode, Table, TableId, TypeKind

KINDS: Mapping[str, TypeKind] = {
    "VARCHAR": TypeKind.TEXT,
    "TINYINT": TypeKind.INTEGER,
    "INTEGER": TypeKind.INTEGER,
    "BIGINT": TypeKind.INTEGER,
    "HUGEINT": TypeKind.INTEGER,
    "UBIGINT": TypeKind.INTEGER,
    "DECIMAL(10,2)": TypeKind.DECIMAL,
    "DECIMAL(38,10)": TypeKind.DECIMAL,
    "DOUBLE": TypeKind.FLOAT,
    "BOOLEAN": TypeKind.BOOLEAN,
    "DATE": TypeKind.DATE,
    "TIMESTAMP": TypeKind.TIMESTAMP,
    "TIME": TypeKind.TIME,
    "INTERVAL": TypeKind.INTERVAL,
    "BLOB": TypeKind.BINARY,
    "UUID": TypeKind.UUID,
    "INTEGER[]": TypeKind.NESTED,
    "STRUCT(city VARCHAR, zip VARCHAR)": TypeKind.NESTED,
    "ENUM('a', 'b')": TypeKind.OTHER,
}


def table(schema: str, name: str, /, **columns: str) -> Table:
    """A table whose columns are given as name=type."""
    made = tuple(Column(column, type_, KINDS[type_]) for column, type_ in columns.items())
    return Table(TableId("shop", schema, name), made)


TABLES = (
    table(
        "sales",
        "customers",
        id="INTEGER",
        name="VARCHAR",
        email="VARCHAR",
        region="VARCHAR",
        born="DATE",
        credit="DECIMAL(10,2)",
        wide="DECIMAL(38,10)",
        score="DOUBLE",
        active="BOOLEAN",
        seen="TIMESTAMP",
        address="STRUCT(city VARCHAR, zip VARCHAR)",
        marks="INTEGER[]",
    ),
    table(
        "sales", "orders", id="INTEGER", customer_id="INTEGER", amount="DECIMAL(10,2)", placed="DATE", note="VARCHAR"
    ),
    table("sales", "Line Items", Order="BIGINT", Item="VARCHAR"),
    table("sales", "everything", **{f"c{i}": type_ for i, type_ in enumerate(KINDS)}),
    table("people", "employees", id="INTEGER", name="VARCHAR", salary="BIGINT", boss="INTEGER"),
    table("people", "customers", id="INTEGER", secret="VARCHAR"),
)
CATALOG = Catalog(
    warehouse="shop",
    dialect="duckdb",
    version="one",
    tables={(t.id.schema.lower(), t.id.name.lower()): t for t in TABLES},
    search_path=("sales",),
)


def ask(sql: str, catalog: Catalog = CATALOG, caps: Caps = DEFAULT_CAPS) -> Query:
    """The statement, read."""
    return read(sql, catalog, caps)


def refusal(sql: str, code: str, reason: ReasonCode, catalog: Catalog = CATALOG) -> GatewayError:
    """The refusal of a statement, which must be of this class and for this reason."""
    with pytest.raises(GatewayError) as caught:
        read(sql, catalog)
    error = caught.value
    assert (error.code, [r.code for r in error.reasons]) == (code, [reason]), str(error)
    return error


def tables(query: Query) -> list[str]:
    """The tables that a statement reads, `schema.name`, in order; `?` for what the catalog does not have."""
    return [f"{r.table.schema}.{r.table.name}" if r.table.schema else "?" for r in query.references]


def touched(query: Query) -> list[str]:
    """The columns that a statement touches, `table.column`, sorted; a table read twice shows twice."""
    return sorted(f"{r.table.name}.{c}" for r in query.references for c in r.columns)


def guarded(sql: str) -> list[str]:
    """The columns that are guarded when a statement is read, `table.column`, sorted."""
    return sorted(f"{r.table.name}.{c}" for r in ask(sql).references for c in r.guarded)


def uses(query: Query) -> list[tuple[str, list[str], bool]]:
    """Each column name in the text, what it can denote (`table.column`), and whether that is certain."""
    return [
        (use.name, [f"{query.references[i].table.name}.{column}" for i, column in use.candidates], use.certain)
        for use in query.columns
    ]


def edited(query: Query) -> str:
    """The user's text with the edits that do not depend on the caller."""
    text = query.sql
    for edit in sorted(query.edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
