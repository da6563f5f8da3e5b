"""Which columns a statement's guards cover: those under what can raise, and those that decide over it."""

from __future__ import annotations

import pytest

from tests.query.samples import ask


def guarded(sql: str) -> list[set[str]]:
    """The guarded columns of each reference."""
    return [set(reference.guarded) for reference in ask(sql).references]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name, count(*) FROM customers WHERE region = 'EU' AND id BETWEEN 1 AND 9 GROUP BY name",
        "SELECT sum(credit * 2) FROM customers WHERE born >= DATE '1990-01-01' - INTERVAL 90 DAY",
        "SELECT credit * 2 FROM customers",
        "SELECT c.name FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.note LIKE '%x%'",
        "SELECT * FROM (SELECT credit * 2 AS twice FROM customers) q ORDER BY twice",
    ],
)
def test_statements_without_exposed_risks_guard_nothing(sql: str) -> None:
    assert not any(guarded(sql))


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT id FROM customers WHERE CAST(name AS INTEGER) > 3", {"name"}),
        ("SELECT id FROM customers WHERE 100 // id > 3", {"id"}),
        ("SELECT * FROM (SELECT CAST(name AS INTEGER) AS n FROM customers) q WHERE n > 3", {"name"}),
        ("WITH q AS (SELECT CAST(name AS INTEGER) AS n FROM customers) SELECT * FROM q WHERE n > 3", {"name"}),
    ],
)
def test_columns_under_an_exposed_risk_are_guarded(sql: str, columns: set[str]) -> None:
    assert columns <= guarded(sql)[0]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id = 0 AND CAST('abc' AS INTEGER) = 1 FROM customers",
        "SELECT CASE WHEN id = 0 THEN CAST('abc' AS INTEGER) END FROM customers",
        "SELECT coalesce(id, CAST('abc' AS INTEGER)) FROM customers",
        "SELECT sum(CASE WHEN id = 0 THEN 1 // 0 END) FROM customers",
        "SELECT max(id) = 0 AND CAST('abc' AS INTEGER) = 1 FROM customers",
    ],
)
def test_a_column_that_decides_over_a_raising_constant_is_guarded_anywhere(sql: str) -> None:
    assert "id" in guarded(sql)[0]


def test_conditions_are_one_where_any_of_them_can_raise() -> None:
    sql = "SELECT * FROM (SELECT * FROM customers WHERE region = 'EU') q WHERE CAST('abc' AS INTEGER) = 1"
    assert "region" in guarded(sql)[0]


def test_join_keys_count_as_conditions() -> None:
    one, other = guarded(
        "SELECT 1 FROM customers c JOIN orders o USING (id) WHERE o.amount / 2 > CAST(c.name AS INTEGER)"
    )
    assert "id" in one
    assert "id" in other


def test_an_aggregate_is_computed_after_the_filter() -> None:
    assert guarded("SELECT region FROM customers GROUP BY region HAVING sum(id) > 3") == [set()]


def test_no_aggregate_settles_a_correlated_column() -> None:
    sql = "SELECT 1 FROM customers c WHERE (SELECT max(100 // c.id) FROM orders o) > 3"
    assert "id" in guarded(sql)[0]
