"""Where guards are needed: a column under what can raise, in each place where it could be computed before a filter."""

from __future__ import annotations

import pytest

from tests.query.samples import guarded

RAISES = "CAST(name AS INTEGER)"
NAME = ["customers.name"]


# ---------------------------------------------------------------------------------------------------------- positions
@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT 1 FROM customers WHERE {RAISES} = 1",
        f"SELECT 1 FROM customers WHERE NOT ({RAISES} = 1)",
        f"SELECT 1 FROM customers JOIN range(3) r(i) ON {RAISES} = 1",
        f"SELECT 1 FROM customers LEFT JOIN range(3) r(i) ON {RAISES} = 1",
        f"SELECT name FROM customers GROUP BY name HAVING {RAISES} = 1",
        f"SELECT 1 FROM customers QUALIFY {RAISES} = 1",
        f"SELECT x FROM (SELECT {RAISES} AS x FROM customers) d WHERE x = 1",
        f"SELECT 1 WHERE EXISTS (SELECT {RAISES} FROM customers)",
        f"SELECT 1 WHERE 1 IN (SELECT {RAISES} FROM customers)",
        f"SELECT (SELECT {RAISES} FROM customers LIMIT 1)",
        f"SELECT 1 FROM customers, LATERAL (SELECT {RAISES} AS x) l",
        f"SELECT 1 FROM customers, range({RAISES}) r(i)",
        f"WITH t AS (SELECT {RAISES} AS x FROM customers) SELECT x FROM t",
        f"SELECT x FROM (SELECT 1 AS x FROM customers ORDER BY {RAISES}) d WHERE x = 1",
        f"SELECT 1 FROM (SELECT id FROM customers GROUP BY id, {RAISES}) d WHERE id = 1",
        f"SELECT 1 FROM (SELECT 1 FROM customers LIMIT (SELECT {RAISES} FROM customers)) d",
        f"SELECT {RAISES} FROM customers WHERE {RAISES} = 1",
        f"SELECT * FROM (SELECT o.id FROM orders o JOIN (SELECT {RAISES} AS x FROM customers) d ON o.id = d.x) z",
        f"SELECT * FROM (orders o JOIN (SELECT {RAISES} AS x FROM customers) d ON o.id = d.x)",
        f"SELECT * FROM ((SELECT {RAISES} AS x FROM customers) d CROSS JOIN orders o)",
        "SELECT x FROM (SELECT name AS x FROM customers) d WHERE CAST(x AS INTEGER) = 1",
        "WITH t AS (SELECT name AS x FROM customers) SELECT x FROM t WHERE CAST(x AS INTEGER) = 1",
        "WITH t AS (SELECT name FROM customers), u AS (SELECT name x FROM t) SELECT 1 FROM u WHERE 1 = CAST(x AS INT)",
        "WITH t(x) AS (SELECT name FROM customers) SELECT x FROM t WHERE CAST(x AS INTEGER) = 1",
        "SELECT x FROM (SELECT lower(name) AS x FROM customers) d WHERE CAST(x AS INTEGER) = 1",
        "SELECT name AS x FROM customers WHERE CAST(x AS INTEGER) = 1",
    ],
)
def test_a_column_under_what_can_raise_is_guarded(sql: str) -> None:
    assert set(NAME) <= set(guarded(sql))


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {RAISES} FROM customers",
        f"SELECT {RAISES} AS x, 1 // id FROM customers ORDER BY x",
        f"SELECT {RAISES} FROM customers WHERE region = 'x'",
        f"SELECT * FROM (SELECT {RAISES} FROM customers) d",
        f"SELECT {RAISES} FROM customers ORDER BY {RAISES} LIMIT 3",
        f"SELECT max({RAISES}) FROM customers GROUP BY {RAISES}",
        "SELECT name FROM customers WHERE region = 'x' AND id > 3",
    ],
)
def test_what_is_computed_only_for_the_result_needs_no_guard(sql: str) -> None:
    assert guarded(sql) == []


def test_both_sides_of_a_set_operation_are_guarded() -> None:
    union = "SELECT name AS x FROM customers UNION ALL SELECT note FROM orders"
    assert guarded(f"SELECT x FROM ({union}) d WHERE CAST(x AS INTEGER) = 1") == ["customers.name", "orders.note"]


# ------------------------------------------------------------------------------------------- what decides over raising
@pytest.mark.parametrize(
    "condition",
    [
        f"id = 3 AND {RAISES} = 1",
        f"{RAISES} = 1 AND id = 3",
        f"id = 3 OR {RAISES} = 1",
        f"CASE WHEN id = 3 THEN {RAISES} END = 1",
        f"coalesce(id, {RAISES}) = 1",
        f"if(id = 3, {RAISES}, 1) = 1",
        f"id IN (1, {RAISES})",
    ],
)
def test_columns_that_decide_whether_it_is_computed_are_guarded_too(condition: str) -> None:
    assert guarded(f"SELECT 1 FROM customers WHERE {condition}") == ["customers.id", "customers.name"]


def test_even_in_the_result_what_decides_is_guarded() -> None:
    both = ["customers.id", "customers.name"]
    assert guarded(f"SELECT CASE WHEN id = 3 THEN {RAISES} END FROM customers") == both
    assert guarded(f"SELECT count({RAISES}) FILTER (WHERE id = 3 AND {RAISES} = 2) FROM customers") == both


def test_a_constant_that_can_raise_guards_the_columns_beside_it() -> None:
    assert guarded("SELECT 1 FROM customers WHERE id = 3 AND CAST('x' AS INTEGER) = 1") == ["customers.id"]
    assert guarded("SELECT 1 FROM customers WHERE id = 3 OR 1 // 0 = 1") == ["customers.id"]


def test_conditions_of_the_whole_statement_decide_together() -> None:
    sql = "SELECT 1 FROM customers c JOIN orders o ON c.id = o.customer_id WHERE CAST(o.note AS INTEGER) = 1"
    assert guarded(sql) == ["customers.id", "orders.customer_id", "orders.note"]


# ------------------------------------------------------------------------------------------------ aggregates, windows
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT m FROM (SELECT max(name) AS m FROM customers) d",
        "SELECT 1 FROM (SELECT count(name) AS n FROM customers) d WHERE n > 3",
        "SELECT region FROM customers GROUP BY region HAVING count(*) > 1",
        "SELECT region FROM customers GROUP BY region HAVING max(name) IS NOT NULL",
        "SELECT id FROM customers QUALIFY lag(active) OVER (PARTITION BY region ORDER BY name) IS NULL",
    ],
)
def test_an_aggregate_or_window_that_cannot_raise_is_free(sql: str) -> None:
    assert guarded(sql) == []


def test_no_aggregate_settles_a_column_of_an_outer_query() -> None:
    assert guarded("SELECT 1 FROM customers c WHERE 1 = (SELECT max(CAST(c.name AS INTEGER)) FROM orders)") == NAME


def test_guards_reach_the_reference_that_is_meant() -> None:
    assert guarded("SELECT 1 FROM customers a, customers b WHERE CAST(b.name AS INTEGER) = 1") == NAME


# --------------------------------------------------------------------------------------- names that are not plain ones
@pytest.mark.parametrize(
    "condition",
    [
        "CAST(#1 AS INTEGER) = 1",
        "#2 = 5",
        "1 // #1 = 1",
        "COLUMNS('name') = 5",
        "COLUMNS(*) = 5",
        "COLUMNS(c -> c = 'name') = 5",
        "CAST(COLUMNS('name') AS INTEGER) = 5",
        "CAST(orders AS VARCHAR) = 'x'",
        "row(orders.*) = row(1)",
    ],
)
def test_what_may_stand_for_any_column_guards_all(condition: str) -> None:
    every = [f"orders.{c}" for c in ("amount", "customer_id", "id", "note", "placed")]
    assert guarded(f"SELECT 1 FROM orders WHERE {condition}") == every


@pytest.mark.parametrize(
    "condition",
    [
        "list_contains(list_transform(marks, x -> x // id), 1)",
        "list_contains([x // id for x in marks], 1)",
        "list_contains(list_filter(marks, lambda x: x = id), 1)",
    ],
)
def test_a_column_in_a_lambda_is_guarded(condition: str) -> None:
    assert guarded(f"SELECT 1 FROM customers WHERE {condition}") == ["customers.id", "customers.marks"]


# ------------------------------------------------------------------------------------------------------------ aliases
@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {RAISES} AS x FROM customers WHERE x = 1",
        f"SELECT {RAISES} AS x, count(*) FROM customers GROUP BY x HAVING x = 1",
        f"SELECT {RAISES} AS x FROM customers QUALIFY x = 1 AND row_number() OVER (ORDER BY id) = 1",
        f"SELECT {RAISES} AS x, x AS y FROM customers WHERE y = 1",
    ],
)
def test_an_alias_in_a_condition_exposes_what_it_stands_for(sql: str) -> None:
    assert "customers.name" in guarded(sql)
