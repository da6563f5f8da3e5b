"""FROM: what each item is, where it stands in the text, and how it is spelt."""

from __future__ import annotations

import pytest

from proxy.errors import GatewayError
from tests.query.samples import CATALOG, ask, guarded, tables, touched, uses


# --------------------------------------------------------------------------------------------------------- references
@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("customers", "sales.customers"),
        ("CUSTOMERS", "sales.customers"),
        ('"Customers"', "sales.customers"),
        ("sales.customers", "sales.customers"),
        ("people.customers", "people.customers"),
        ("shop.sales.customers", "sales.customers"),
        ("SHOP.People.CUSTOMERS", "people.customers"),
        ("shop.customers", "sales.customers"),
        ('"line items"', "sales.Line Items"),
        ("employees", "?"),  # not on the search path
        ("people.employees", "people.employees"),
        ("other.sales.customers", "?"),
        ("other.customers", "?"),
        ("shop.nowhere.customers", "?"),
        ("nowhere", "?"),
        ("information_schema.tables", "?"),
        ("duckdb_tables", "?"),
        ("sqlite_master", "?"),
        ("pg_catalog.pg_class", "?"),
        ("'x.csv'", "?"),
        ('"x.parquet"', "?"),
        ("'customers'", "sales.customers"),
    ],
)
def test_a_name_in_from_is_a_table_of_the_catalog_or_nobodys(name: str, table: str) -> None:
    query = ask(f"SELECT 1 FROM {name}")
    assert tables(query) == [table]
    span = query.references[0].span
    assert query.sql[span.start : span.end] == name


@pytest.mark.parametrize(
    ("source", "name", "alias"),
    [
        ("customers", "customers", None),
        ("Customers c", "Customers", "c"),
        ("sales.customers AS c", "customers", "c"),
        ('shop."sales"."Customers" AS "My C"', '"Customers"', '"My C"'),
        ("customers c TABLESAMPLE 10%", "customers", "c"),
    ],
)
def test_a_reference_keeps_the_users_own_spelling(source: str, name: str, alias: str | None) -> None:
    reference = ask(f"SELECT 'é' FROM {source}").references[0]
    assert (reference.name, reference.alias) == (name, alias)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM {}",
        "SELECT 1 FROM orders, {}",
        "SELECT 1 FROM orders JOIN {} x ON true",
        "SELECT 1 FROM orders LEFT JOIN ({} x CROSS JOIN orders o) ON true",
        "SELECT 1 FROM (SELECT * FROM {}) d",
        "SELECT 1 FROM (FROM {})",
        "SELECT (SELECT count(*) FROM {})",
        "SELECT 1 WHERE EXISTS (FROM {})",
        "SELECT 1 WHERE 1 IN (SELECT 1 FROM {})",
        "SELECT 1 WHERE 1 = ANY (SELECT 1 FROM {})",
        "SELECT ARRAY(SELECT 1 FROM {})",
        "SELECT 1 UNION SELECT 1 FROM {}",
        "SELECT 1 FROM orders, LATERAL (SELECT 1 FROM {}) l",
        "SELECT 1 FROM orders ORDER BY (SELECT max(id) FROM {})",
        "SELECT 1 FROM orders GROUP BY (SELECT max(id) FROM {})",
        "SELECT 1 FROM orders LIMIT (SELECT max(id) FROM {})",
        "SELECT 1 LIMIT 1 OFFSET (SELECT max(id) FROM {})",
        "SELECT max(id) OVER (ORDER BY (SELECT max(id) FROM {})) FROM orders",
        "SELECT 1 FROM orders QUALIFY 1 = (SELECT max(id) FROM {})",
        "SELECT 1 FROM orders HAVING 1 = (SELECT max(id) FROM {})",
        "SELECT 1 FROM (VALUES ((SELECT max(id) FROM {}))) v",
        "SELECT 1 FROM range((SELECT max(id) FROM {}))",
        "SELECT 1 FROM unnest((SELECT list(id) FROM {}))",
        "SELECT list_transform([1], x -> x + (SELECT max(id) FROM {}))",
        "SELECT [x + (SELECT max(id) FROM {}) for x in [1]]",
        "SELECT CASE WHEN true THEN (SELECT max(id) FROM {}) END",
        "SELECT count(*) FILTER (WHERE id = (SELECT max(id) FROM {})) FROM orders",
        "SELECT {'a': (SELECT max(id) FROM {})}",
        "SELECT marks[(SELECT max(id) FROM {})] FROM orders",
        "SELECT * REPLACE ((SELECT max(id) FROM {}) AS id) FROM orders",
        "WITH t AS (SELECT 1 FROM {}) SELECT 1",
        "WITH t AS MATERIALIZED (SELECT 1 FROM {}) SELECT * FROM t",
        "WITH RECURSIVE r AS (SELECT 1 UNION SELECT id FROM {}) SELECT * FROM r",
        "SELECT 1 FROM orders PIVOT (max((SELECT max(id) FROM {})) FOR id IN (1))",
    ],
)
def test_a_table_cannot_hide(sql: str) -> None:
    """Either the table is found, or the statement is refused."""
    text = sql.replace("{}", "people.employees").replace("{'a'", "{'a'")
    try:
        found = tables(ask(text))
    except GatewayError as error:
        found = [f"refused: {error.code}"]
    assert "people.employees" in found or found == ["refused: ungovernable"], found


# ------------------------------------------------------------------------------------------------------ kinds of items
def test_an_alias_list_renames_columns_by_place_so_any_may_be_meant() -> None:
    query = ask("SELECT a FROM orders AS o(a, b)")
    assert uses(query)[0][1:] == ([f"orders.{c}" for c in ("amount", "customer_id", "id", "note", "placed")], False)


def test_the_columns_of_a_pivot_come_from_all_of_its_source() -> None:
    query = ask("SELECT a FROM orders PIVOT (sum(amount) FOR note IN ('a')) p")
    assert touched(query) == [f"orders.{c}" for c in ("amount", "customer_id", "id", "note", "placed")]
    assert uses(query)[-1][2] is False


def test_values_and_table_functions_read_no_table() -> None:
    assert tables(ask("SELECT v.a, r.i FROM (VALUES (1, 2)) v(a, b), range(3) r(i), unnest([1]) u(x)")) == []


def test_a_table_function_over_columns_touches_and_guards_them() -> None:
    assert guarded("SELECT i FROM customers, range(id) r(i)") == ["customers.id"]
    assert touched(ask("SELECT x FROM customers, unnest(marks) u(x)")) == ["customers.marks"]
    assert guarded("SELECT x FROM customers, unnest(marks) u(x) WHERE 1 // x = 1") == ["customers.marks"]


def test_a_parenthesised_join_with_an_alias_offers_the_columns_of_both() -> None:
    query = ask("SELECT j.note, j.region FROM (customers CROSS JOIN orders) j")
    assert touched(query) == ["customers.region", "orders.note"]


# --------------------------------------------------------------------------------------------------------------- joins
def test_using_over_columns_of_one_type_is_no_cast() -> None:
    assert guarded("SELECT 1 FROM customers JOIN orders USING (id)") == []


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT 1 FROM orders JOIN "Line Items" l ON l."Order" = orders.note',
        "SELECT 1 FROM customers JOIN (SELECT name AS id FROM people.employees) e USING (id)",
        "SELECT 1 FROM customers NATURAL JOIN (SELECT name AS id FROM people.employees) e",
    ],
)
def test_a_join_of_different_types_casts_and_guards_both_sides(sql: str) -> None:
    assert len(guarded(sql)) == 2


def test_the_catalog_is_not_changed_by_reading() -> None:
    before = dict(CATALOG.tables)
    ask("SELECT a FROM customers AS c(a), orders JOIN people.employees USING (id)")
    assert dict(CATALOG.tables) == before
