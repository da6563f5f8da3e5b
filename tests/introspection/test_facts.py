"""An access view as plain names, types and comments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.introspection.facts import ColumnFact, TableFact, facts_of, type_of
from proxy.values import (
    AccessView,
    AllOf,
    Always,
    Catalog,
    Cell,
    Column,
    ColumnView,
    Mask,
    Never,
    RowFilter,
    Table,
    TableId,
    TableView,
    TypeKind,
)

ORDERS, VAULT = TableId("shop", "Sales", "orders"), TableId("shop", "hidden", "vault")
COLUMNS = (
    Column("id", "INTEGER", TypeKind.INTEGER, nullable=False),
    Column("email", "VARCHAR", TypeKind.TEXT, nullable=False),
    Column("secret", "VARCHAR", TypeKind.TEXT),
)
OWN = RowFilter("own-region", ORDERS, "region = :region", frozenset(), None)
CLEAR = (Cell(Always(), None),)
MASKED = (Cell(Always(), Mask("email_domain")),)
CATALOG = Catalog(
    "shop",
    "fake",
    "1",
    {("sales", "orders"): Table(ORDERS, COLUMNS), ("hidden", "vault"): Table(VAULT, COLUMNS)},
    ("hidden", "sales", "main"),
)


def view(*columns: ColumnView, rows: AllOf | Always = AllOf((OWN, Always()))) -> AccessView:  # noqa: B008
    return AccessView("k", "p", None, (), {ORDERS: TableView(ORDERS, columns, rows, hidden=1)})


def test_only_what_the_view_holds_is_a_fact() -> None:
    facts = facts_of(view(ColumnView(COLUMNS[0], CLEAR), ColumnView(COLUMNS[1], MASKED)), CATALOG)
    assert facts.database == "shop"
    assert facts.path == ("Sales",)
    columns = (ColumnFact("id", "int4", -1, True), ColumnFact("email", "text", -1, False, "masked: email_domain"))
    assert facts.tables == (TableFact("Sales", "orders", False, columns, "row filters: own-region"),)
    assert "secret" not in repr(facts)
    assert "vault" not in repr(facts)
    assert "region = " not in repr(facts)


def test_a_column_that_only_some_rows_show_says_so() -> None:
    some = ColumnView(COLUMNS[0], (Cell(OWN, None), Cell(Always(), Mask("null"))))
    gone = ColumnView(COLUMNS[0], (Cell(OWN, None),))
    found = facts_of(view(some, gone, rows=Always()), CATALOG).tables[0]
    assert found.comment == ""
    assert [(c.comment, c.required) for c in found.columns] == [
        ("masked: null (in some rows)", False),
        ("withheld in some rows", False),
    ]


def test_nobody_sees_nothing() -> None:
    empty = replace(view(), tables={})
    assert facts_of(empty, CATALOG).tables == ()
    assert facts_of(empty, CATALOG).path == ()


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("INTEGER", ("int4", -1)),
        ("integer", ("int4", -1)),
        ("UBIGINT", ("numeric", 20 * 65536 + 4)),
        ("HUGEINT", ("numeric", 39 * 65536 + 4)),
        ("DECIMAL(10,2)", ("numeric", 10 * 65536 + 2 + 4)),
        ("numeric(10,2)", ("numeric", 10 * 65536 + 2 + 4)),
        ("numeric", ("numeric", -1)),
        ("VARCHAR", ("text", -1)),
        ("character varying(20)", ("varchar", 24)),
        ("character(3)", ("bpchar", 7)),
        ("TIMESTAMP", ("timestamp", -1)),
        ("timestamp(3) without time zone", ("timestamp", 3)),
        ("TIMESTAMP WITH TIME ZONE", ("timestamptz", -1)),
        ("timestamp(6) with time zone", ("timestamptz", 6)),
        ("integer[]", ("_int4", -1)),
        ("INTEGER[3][]", ("_int4", -1)),
        ("BLOB", ("bytea", -1)),
        ("STRUCT(a INTEGER, b VARCHAR[])", ("json", -1)),
        ("sales.mood", ("text", -1)),
        ("ENUM('a', 'b')", ("text", -1)),
    ],
)
def test_types_of_both_engines_have_their_counterpart(spelling: str, expected: tuple[str, int]) -> None:
    kind = TypeKind.NESTED if spelling.startswith("STRUCT") else TypeKind.OTHER
    assert type_of(spelling, kind) == expected


def test_a_filter_that_is_closed_is_not_named() -> None:
    closed = replace(view(), tables={ORDERS: TableView(ORDERS, (), Never())})
    assert facts_of(closed, CATALOG).tables[0].comment == ""


def test_a_key_shows_where_all_of_it_shows() -> None:
    keyed = Catalog("shop", "fake", "1", {("sales", "orders"): Table(ORDERS, COLUMNS, key=("id", "email"))}, ())
    clear = view(ColumnView(COLUMNS[0], CLEAR), ColumnView(COLUMNS[1], CLEAR))
    masked = view(ColumnView(COLUMNS[0], CLEAR), ColumnView(COLUMNS[1], MASKED))
    hidden = view(ColumnView(COLUMNS[0], CLEAR))
    some = view(ColumnView(COLUMNS[0], CLEAR), ColumnView(COLUMNS[1], (Cell(OWN, None),)))
    found = [facts_of(one, keyed).tables[0].key for one in (clear, masked, hidden, some)]
    assert found == [("id", "email"), (), (), ()]
