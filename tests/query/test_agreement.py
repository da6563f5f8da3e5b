"""Values that come together: what must be cast for it, and whether that cast can raise."""

from __future__ import annotations

import duckdb
import pytest

from tests.query.samples import guarded

# Constants that the engine converts when it computes the expression: each of these raises there, and each decides
# nothing about a row of customers but by the column beside it.
RAISING = [
    "'x' = 1",
    "'x' < 1.5",
    "'x'",
    "NOT 'x'",
    "'x' OR active",
    "'x' IS TRUE",
    "CASE WHEN 'x' THEN TRUE END",
    "if('x', TRUE, FALSE)",
    "nullif('x', 1) IS NULL",
    "uuid() = 'x'",
    "id = 'x'",
    "id BETWEEN 'x' AND 5",
    "id IN (1, 'x')",
    "id IS NOT DISTINCT FROM 'x'",
    "credit > 'x'",
    "score > 'x'",
    "active = 'x'",
    "coalesce(active, 'x')",
    "born = 'x'",
    "born = '2024-13-01'",
    "born = '2024-02-30'",
    "seen > 'yesterday'",
    "DATE '2024-01-01' + INTERVAL '999999 years' > born",
    "INTERVAL 'x' DAY IS NULL",
    "sqrt('x') = 1",
    "cos('x') = 1",
    "year(CAST('x' AS DATE)) = 1",
]


@pytest.mark.parametrize("condition", RAISING)
def test_a_constant_that_does_not_fit_guards_the_column_that_decides(condition: str) -> None:
    assert "customers.region" in guarded(f"SELECT 1 FROM customers WHERE region = 'EU' AND {condition}")
    assert "customers.region" in guarded(f"SELECT region = 'EU' AND ({condition}) FROM customers")


@pytest.mark.parametrize("condition", RAISING)
def test_the_engine_does_raise_on_each_of_them(condition: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE customers AS SELECT 2 AS id, 1.50::DECIMAL(10,2) AS credit, 1.5::DOUBLE AS score, "
            "NULL::BOOLEAN AS active, DATE '2024-01-01' AS born, TIMESTAMP '2024-01-01' AS seen FROM range(3)"
        )
        with pytest.raises(duckdb.Error):
            connection.execute(f"SELECT * FROM customers WHERE {condition}").fetchall()


@pytest.mark.parametrize("condition", ["id = ?", "born >= $1", "active = $x", "? = 1", "? = 'x'", "sqrt(?) = 1", "?"])
def test_a_parameter_may_be_bound_to_what_does_not_fit(condition: str) -> None:
    assert "customers.region" in guarded(f"SELECT 1 FROM customers WHERE region = 'EU' AND {condition}")


@pytest.mark.parametrize(
    "condition",
    [
        "id = 3",
        "id = NULL",
        "1 = 1",
        "'a' = 'b'",
        "2 > 1.5",
        "TRUE",
        "NULL",
        "active = true",
        "active IS NOT TRUE",
        "name = lower('EU')",
        "lower(name) = lower('EU')",
        "lower(name) || 'x' = 'ax'",
        "born >= '2024-02-29'",
        "seen < '2024-02-29 12:00:00'",
        "born >= current_date - INTERVAL 30 DAY",
        "seen >= now() - INTERVAL '12 months'",
        "seen >= date_trunc('month', current_date)",
        "seen >= date_trunc('month', current_date - INTERVAL 1 MONTH)",
        "current_date > DATE '2024-01-01'",
        "starts_with(name, 'a')",
        "split_part(name, '@', 2) = 'example.com'",
        "sqrt(id) > 2",
        "CASE WHEN active THEN 1 ELSE 0 END IN (0, 1)",
        "coalesce(region, 'none') = 'none'",
        "CASE region WHEN 'EU' THEN 'a' WHEN 'US' THEN 'b' END IS NOT NULL",
    ],
)
def test_what_people_write_every_day_needs_no_guard(condition: str) -> None:
    assert guarded(f"SELECT 1 FROM customers WHERE region = 'EU' AND {condition}") == []


@pytest.mark.parametrize(
    "condition",
    [
        "name",
        "NOT name",
        "name AND active",
        "name IS TRUE",
        "id IS NOT FALSE",
        "CASE WHEN name THEN TRUE END",
        "if(name, TRUE, FALSE)",
        "if(active, name, id) IS NULL",
        "lower(name)",
        "'1' IN (id, name)",
        "'a' BETWEEN id AND name",
        "id IN (1, name)",
        "name = true",
        "name = [1]",
        "name = INTERVAL 1 DAY",
        "max(name, 2) OVER () = name",
        "born > lower('x')",
    ],
)
def test_a_column_that_must_be_cast_is_guarded(condition: str) -> None:
    clause = "QUALIFY" if "OVER" in condition else "WHERE"
    assert guarded(f"SELECT 1 FROM customers {clause} {condition}") != []


def test_a_condition_of_a_join_may_need_a_cast() -> None:
    assert guarded("SELECT 1 FROM customers c JOIN orders o ON c.name") == ["customers.name"]
    assert guarded("SELECT 1 FROM customers c JOIN orders o ON c.active") == []


def test_many_values_of_a_list_are_looked_at_once() -> None:
    texts = ", ".join(f"'v{i}'" for i in range(5000))
    assert guarded(f"SELECT 1 FROM customers WHERE name IN ({texts})") == []
    assert guarded(f"SELECT 1 FROM customers WHERE id IN ({texts})") == ["customers.id"]
