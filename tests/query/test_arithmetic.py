"""Sums, products and means: known to have room for all of their values, or taken to raise."""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one

from proxy.query.agreement import Types
from proxy.query.arithmetic import aggregated, computed, never_raises
from proxy.query.scopes import Type
from proxy.values import TypeKind
from proxy.warehouses.duckdb import DIALECT as DUCKDB
from proxy.warehouses.postgres import DIALECT as POSTGRES

COLUMNS = {
    "i": Type(TypeKind.INTEGER, "INTEGER"),
    "b": Type(TypeKind.INTEGER, "BIGINT"),
    "d": Type(TypeKind.DECIMAL, "DECIMAL(15,2)"),
    "w": Type(TypeKind.DECIMAL, "DECIMAL(38,10)"),
    "n": Type(TypeKind.DECIMAL, "DECIMAL"),
    "f": Type(TypeKind.FLOAT, "DOUBLE"),
    "t": Type(TypeKind.TEXT, "VARCHAR"),
}


def read(text: str) -> tuple[exp.Expr, Types]:
    """An expression, and the types of its columns; of its other nodes none is known."""
    tree = parse_one(text, read="postgres")
    return tree, {id(column): COLUMNS.get(column.name) for column in tree.find_all(exp.Column)}


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("d + d", "DECIMAL(16,2)"),
        ("d - w", "DECIMAL(39,10)"),
        ("d * w", "DECIMAL(53,12)"),
        ("d * i", "DECIMAL(25,2)"),
        ("1 - d", "DECIMAL(16,2)"),
        ("(-1.50) * d", "DECIMAL(18,4)"),
        ("10000000000 * d", "DECIMAL(34,2)"),
        ("d / 7", "DECIMAL(57,44)"),
        ("d / -0.5", "DECIMAL(49,35)"),
    ],
)
def test_arithmetic_with_decimals_has_a_type(text: str, type_: str) -> None:
    tree, types = read(text)
    found = computed(tree, types, POSTGRES.conversions)
    assert found == Type(TypeKind.DECIMAL, type_)
    assert never_raises(tree, types, POSTGRES.conversions)


@pytest.mark.parametrize(
    "text",
    """i + i|i * 2|b - 1|d * n|n + 1|d * f|f + 1|d * t|d * '2'|d * $1|d * x|d * 1e5|d / d|d / i|d / 0|d / 0.00
    |d / (1 - 1)|d * 1234567890123456|d * -i|d % 2|-d|d ^ 2""".replace("\n    ", "").split("|"),
)
def test_other_arithmetic_is_not_known_to_have_room(text: str) -> None:
    tree, types = read(text)
    assert computed(tree, types, POSTGRES.conversions) is None
    assert not never_raises(tree, types, POSTGRES.conversions)


@pytest.mark.parametrize(
    ("text", "type_", "safe"),
    [
        ("sum(i)", "BIGINT", True),
        ("sum(b)", "DECIMAL(38,0)", True),
        ("avg(i)", "DECIMAL(61,51)", True),
        ("sum(d)", "DECIMAL(34,2)", True),
        ("avg(d)", "DECIMAL(66,53)", True),
        ("sum(n)", "DECIMAL", False),
        ("avg(n)", "DECIMAL", False),
        ("sum(f)", "DOUBLE", False),
        ("avg(f)", "DOUBLE", False),
        ("sum(t)", None, False),
        ("sum(DISTINCT d)", None, False),
        ("sum(x)", None, False),
        ("max(d)", None, False),
    ],
)
def test_sums_and_means_on_postgres(text: str, type_: str | None, safe: bool) -> None:
    tree, types = read(text)
    found = aggregated(tree, types, POSTGRES.conversions)
    assert (found.text if found is not None else None) == type_
    assert never_raises(tree, types, POSTGRES.conversions) == safe


@pytest.mark.parametrize(
    ("text", "type_", "safe"),
    [
        ("sum(i)", Type(TypeKind.INTEGER, "HUGEINT"), True),
        ("sum(b)", Type(TypeKind.INTEGER, "HUGEINT"), True),
        ("sum(d)", Type(TypeKind.DECIMAL, "DECIMAL(38,2)"), True),
        ("sum(w)", Type(TypeKind.DECIMAL, "DECIMAL(38,10)"), False),
        ("avg(d)", Type(TypeKind.FLOAT, "DOUBLE"), True),
        ("sum(f)", Type(TypeKind.FLOAT, "DOUBLE"), False),
        ("sum(t)", None, False),
    ],
)
def test_sums_and_means_on_the_embedded_engine(text: str, type_: Type | None, safe: bool) -> None:
    tree, types = read(text)
    assert aggregated(tree, types, DUCKDB.conversions) == type_
    assert never_raises(tree, types, DUCKDB.conversions) == safe


def test_the_embedded_engine_has_no_arithmetic_that_is_known_to_have_room() -> None:
    for text in ("d + d", "d * d", "i + 1", "d / 7"):
        tree, types = read(text)
        assert computed(tree, types, DUCKDB.conversions) is None
