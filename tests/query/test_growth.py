"""How large a value can become: through functions, from one sub-query to the next, and where it starts to count."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from proxy.query.growth import MOST, grows, sizes


def cells(sql: str, dialect: str = "duckdb") -> float:
    """The size of an expression over columns of one cell each."""
    root = sqlglot.parse_one(f"SELECT {sql}", read=dialect).expressions[0]
    nodes = list(root.bfs())
    leaves = {id(node): 1.0 for node in nodes if isinstance(node, exp.Column)}
    inner = [node for node in nodes if not isinstance(node, exp.Column | exp.Identifier | exp.Var)]
    return sizes(inner, leaves)[id(root)]


@pytest.mark.parametrize(
    ("sql", "size"),
    [
        ("a || b || c", 3),
        ("concat(a, a)", 2),
        ("[a, a, [a, a]]", 4),
        ("row(a, a)", 2),
        ("upper(a)", 1),
        ("CASE WHEN a = b THEN c END", 1),
        ("replace(a, 'x', '')", 1),
        ("replace(a, 'x', 'yyyyy')", 5),
        ("replace(a, 'xx', 'yyyyyyyyyy')", 5),
        ("replace(replace(a, 'x', 'yyyyy'), 'y', 'zzzzz')", 25),
        ("to_base64(to_base64(a))", 4),
        ("regexp_escape(a)", 2),
    ],
)
def test_the_size_of_an_expression(sql: str, size: float) -> None:
    assert cells(sql) == size


@pytest.mark.parametrize("sql", ["replace(a, 'x', b)", "array_agg(a)", "string_agg(a, ',')"])
def test_what_has_no_bound_is_too_large(sql: str) -> None:
    assert cells(sql) > MOST


@pytest.mark.parametrize(
    ("sql", "size"),
    [("rpad(a, 10)", 1), ("lpad(a, 655360, 'x')", 10), ("quote_literal(a)", 2), ("jsonb_pretty(a)", 100)],
)
def test_the_size_of_an_expression_on_postgres(sql: str, size: float) -> None:
    assert cells(sql, "postgres") == size


def test_short_constants_are_small_however_many() -> None:
    assert cells(f"[{', '.join(['1'] * 1000)}]") < 2
    assert cells(" || ".join(["'abc'"] * 1000)) < 2


def test_a_constant_that_grows_counts_too() -> None:
    text = "'a'"
    for letter in "bcdef":
        text = f"replace({text}, 'a', '{letter * 100}')"
    assert cells(text) > MOST


def test_comparisons_do_not_grow() -> None:
    assert not any(
        grows(node) for node in sqlglot.parse_one("SELECT a = 1 AND b LIKE 'x%' OR lower(c) IN ('a')").walk()
    )
