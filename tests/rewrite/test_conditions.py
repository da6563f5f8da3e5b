"""Row filters compile closed: whatever stands around them, they mean what their author wrote."""

from __future__ import annotations

import pytest
from sqlglot import exp

from proxy.errors import InvalidSql
from proxy.rewrite.conditions import ALIAS, compile_expression
from proxy.values import Cell, Never, ReasonCode
from tests.rewrite.shop import CATALOG, CUSTOMERS, ORDERS, mask, rewritten, row_filter, run, text, view


def refused(where: str) -> InvalidSql:
    with pytest.raises(InvalidSql) as caught:
        row_filter(where)
    return caught.value


def test_every_column_is_qualified_by_the_alias_no_user_can_write() -> None:
    compiled = row_filter("region = 'EU' AND credit > 5").expression
    assert {c.table for c in compiled.find_all(exp.Column)} == {ALIAS}


def test_every_table_is_named_in_full() -> None:
    compiled = row_filter(
        "id IN (SELECT customer_id FROM orders) OR id IN (SELECT id FROM people.employees)"
    ).expression
    named = {(t.catalog, t.db, t.name) for t in compiled.find_all(exp.Table)}
    assert named == {("shop", "sales", "orders"), ("shop", "people", "employees")}


def test_attributes_and_lists_are_noted() -> None:
    compiled = row_filter("region = :region AND id IN (:accounts) AND name <> :sub")
    assert compiled.attributes == {"region", "accounts", "sub"}
    assert compiled.lists == {"accounts"}


def test_an_attribute_compared_with_a_list_is_no_list() -> None:
    assert row_filter(":region IN ('EU', 'US')").lists == frozenset()


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("regoin = 'EU'", ReasonCode.UNKNOWN_COLUMN),
        ("o.status = 'paid'", ReasonCode.UNKNOWN_COLUMN),
        ("id IN (SELECT customer_id FROM ordres)", ReasonCode.UNKNOWN_TABLE),
        ("id IN (SELECT customer_id FROM other.orders)", ReasonCode.UNKNOWN_TABLE),
        ("id IN (SELECT customer_id FROM lake.sales.orders)", ReasonCode.UNKNOWN_TABLE),
        ("id IN (SELECT nothing FROM orders)", ReasonCode.UNKNOWN_COLUMN),
        ("region =", ReasonCode.SYNTAX),
        ("region = 'EU' FROM people.employees", ReasonCode.SYNTAX),
        ("region = 'EU', id", ReasonCode.SYNTAX),
        ("TRUE) FROM people.employees WHERE (TRUE", ReasonCode.SYNTAX),
        ("TRUE) UNION SELECT (TRUE", ReasonCode.SYNTAX),
        ("id IN (WITH t AS (SELECT 1 AS id) SELECT id FROM t)", ReasonCode.CONSTRUCT),
        ("region = ?", ReasonCode.PARAMETERS),
        ("region = $1", ReasonCode.PARAMETERS),
        ("region = :1", ReasonCode.SYNTAX),
    ],
)
def test_a_wrong_filter_is_refused_when_it_is_loaded(where: str, reason: ReasonCode) -> None:
    assert [r.code for r in refused(where).reasons] == [reason]


@pytest.mark.parametrize(
    "where",
    [
        "EXISTS (INSERT INTO orders VALUES (1, 1, 'x') RETURNING id)",
        "EXISTS (DELETE FROM orders RETURNING id)",
        "EXISTS (UPDATE orders SET status = 'x' RETURNING id)",
        "TRUE; DROP TABLE orders",
        "TRUE) ; DELETE FROM orders WHERE (TRUE",
    ],
)
def test_a_filter_that_writes_is_refused(where: str) -> None:
    assert refused(where).reasons[0].code in (ReasonCode.SYNTAX, ReasonCode.CONSTRUCT)


def test_a_comment_at_the_end_of_a_filter_hides_nothing() -> None:
    sql, slots = text(view(rows=row_filter("region = 'EU' -- for the time being")))
    assert "time being" not in sql
    assert [row[0] for row in run(sql, slots.all())] == [1, 3]


def test_an_or_in_a_filter_stays_within_it() -> None:
    sql, slots = text(view(rows=row_filter("region = 'EU' OR region = 'US'"), without=["name"]))
    assert [row[0] for row in run(f"SELECT * FROM ({sql}) AS t WHERE t.id > 1", slots.all())] == [2, 3]


def test_a_correlated_sub_query_reads_the_row_it_filters() -> None:
    rows = row_filter("EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = customers.id AND o.status = 'paid')")
    sql, slots = text(view(rows=rows))
    assert [row[0] for row in run(sql, slots.all())] == [1]


def test_the_tables_own_name_means_the_row_at_hand() -> None:
    sql, slots = text(view(rows=row_filter("Customers.region = 'US'")))
    assert [row[0] for row in run(sql, slots.all())] == [2]


def test_the_tables_own_name_means_the_inner_table_where_a_sub_query_reads_it() -> None:
    rows = row_filter("id > (SELECT min(customers.id) FROM customers WHERE customers.region = 'US')")
    sql, slots = text(view(rows=rows))
    assert [row[0] for row in run(sql, slots.all())] == [3, 4]


def test_a_name_that_both_tables_have_means_the_inner_one_as_in_sql() -> None:
    compiled = row_filter("EXISTS (SELECT 1 FROM orders WHERE id = 10)").expression
    assert compiled.find(exp.EQ).this.table == "orders"


@pytest.mark.parametrize("alias", ["orders", "customers", "o", "employees"])
def test_an_alias_of_the_user_captures_nothing_of_a_filter(alias: str) -> None:
    rows = row_filter("id IN (SELECT customer_id FROM orders WHERE status = 'paid')")
    sql = (
        f"SELECT {alias}.id FROM (SELECT 2 AS id, 2 AS customer_id, 'paid' AS status) AS {alias} "
        "WHERE EXISTS (SELECT * FROM sales.customers AS c)"
    )
    _, _, spliced = rewritten(sql, view(rows=rows), view(ORDERS))
    assert run(spliced.sql, spliced.slots) == [(2,)]


def test_a_cte_of_the_user_captures_no_table_of_a_filter() -> None:
    rows = row_filter("id IN (SELECT customer_id FROM orders WHERE status = 'paid')")
    sql = "WITH orders AS (SELECT 2 AS customer_id, 'paid' AS status) SELECT c.id FROM customers c, orders"
    _, _, spliced = rewritten(sql, view(rows=rows))
    assert run(spliced.sql, spliced.slots) == [(1,)]


def test_an_outer_row_captures_no_column_of_a_filter() -> None:
    sql = "SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM customers WHERE o.customer_id = customers.id)"
    _, _, spliced = rewritten(sql, view(rows=row_filter("id = 1")), view(ORDERS))
    assert run(spliced.sql, spliced.slots) == [(10,)]


def test_a_list_attribute_binds_each_of_its_values() -> None:
    sql, slots = text(view(rows=row_filter("id IN (:accounts)")), shape={"accounts": 3})
    assert [s.item for s in slots.all()] == [0, 1, 2]
    assert [row[0] for row in run(sql, slots.all(), accounts=(1, 4, 9))] == [1, 4]


def test_an_empty_list_admits_no_row() -> None:
    sql, slots = text(view(rows=row_filter("id IN (:accounts)")), shape={"accounts": 0})
    assert run(sql, slots.all()) == []


def test_a_list_beside_a_literal_admits_both() -> None:
    sql, slots = text(view(rows=row_filter("region IN ('US', :regions)")), shape={"regions": 1})
    assert [row[0] for row in run(sql, slots.all(), regions=("EU",))] == [1, 2, 3]


@pytest.mark.parametrize("where", ["region = :region", "region IN (:region)", ":region = region"])
def test_a_missing_attribute_admits_no_row(where: str) -> None:
    sql, slots = text(view(rows=row_filter(where)), shape={"region": None})
    assert slots.all() == ()
    assert run(sql) == []


def test_a_list_where_one_value_is_meant_admits_no_row() -> None:
    sql, slots = text(view(rows=row_filter("region = :region")), shape={"region": 2})
    assert run(sql, slots.all(), region=("EU", "US")) == []


def test_an_attribute_is_bound_and_never_text() -> None:
    sql, slots = text(view(rows=row_filter("region = :region")), shape={"region": -1})
    assert run(sql, slots.all(), region="' OR TRUE --") == []
    assert "OR TRUE" not in sql


def test_a_view_without_rows_shows_none() -> None:
    sql, _ = text(view(rows=Never()))
    assert run(sql) == []


def test_an_expression_over_the_row_compiles_as_filters_do() -> None:
    compiled = compile_expression("upper(name)", CUSTOMERS, CATALOG)
    assert [c.table for c in compiled.find_all(exp.Column)] == [ALIAS]


def test_a_filter_can_tell_cells_apart() -> None:
    cells = {"email": (Cell(row_filter("region = 'US'"), None), Cell(row_filter("id = 1"), mask("redact", "email")))}
    sql, slots = text(view(cells=cells))
    assert [row[2] for row in run(sql, slots.all())] == ["***", "bob@example.org", None, None]
