"""The splice: policy views at the places of tables, and every other character as the user wrote it."""

from __future__ import annotations

import pytest

from proxy.values import Always, Cell
from tests.rewrite.shop import CUSTOMERS, EMPLOYEES, ORDERS, mask, rewritten, row_filter, run, view

EU = view(rows=row_filter("region = 'EU'"))


def answer(sql: str, *views: object, **values: object) -> list[tuple[object, ...]]:
    _, _, spliced = rewritten(sql, *views)  # type: ignore[arg-type]
    return run(spliced.sql, spliced.slots, **values)


def test_only_the_table_changes() -> None:
    sql = "/* a */ SELECT  id -- b\n  FROM\tsales . customers   c\nWHERE TRUE ;"
    _, _, spliced = rewritten(sql, EU)
    before, _, after = sql.partition("sales . customers")
    assert spliced.sql.startswith(before + "(SELECT ")
    assert spliced.sql.endswith(")" + after)


def test_a_table_without_an_alias_keeps_its_name_as_the_user_spelt_it() -> None:
    assert answer('SELECT "Customers".id FROM sales."Customers" ORDER BY id', EU) == [(1,), (3,)]
    assert answer("SELECT CUSTOMERS.ID FROM CUSTOMERS ORDER BY 1", EU) == [(1,), (3,)]


def test_a_table_without_obligations_gets_its_full_name() -> None:
    _, _, spliced = rewritten("SELECT * FROM employees e", view(EMPLOYEES))
    assert spliced.sql == 'SELECT * FROM "shop"."people"."employees" e'


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'é🚲' AS x, id FROM customers WHERE name <> '東京' AND id = 1",
        'SELECT id AS "Größe 🚲" FROM /* ünï */ customers -- ñ\nWHERE id = 1',
        'WITH "é" AS (SELECT id FROM customers) SELECT \'ß\', "é".id FROM "é" JOIN customers c USING (id) WHERE id = 1',
        "SELECT '\U0001f9d1\u200d\U0001f4bb' AS x, sales.customers.id FROM sales.customers WHERE id = 1",
    ],
)
def test_text_that_is_not_ascii_moves_nothing(sql: str) -> None:
    assert [row[-1] for row in answer(sql, EU)] == [1]


def test_every_place_of_a_table_is_governed() -> None:
    sql = """SELECT (SELECT count(*) FROM customers), EXISTS (SELECT * FROM customers WHERE id = 2),
        2 IN (SELECT id FROM customers), l.n, v.id
        FROM (SELECT id FROM customers WHERE id < 3) v, LATERAL (SELECT count(*) AS n FROM customers c
        WHERE c.id <> v.id) l"""
    assert answer(sql, EU) == [(2, False, False, 1, 1)]


def test_where_each_reference_starts_is_remembered() -> None:
    sql = "SELECT 'é' FROM customers a, orders b, customers c"
    _, _, spliced = rewritten(sql, EU, view(ORDERS))
    for place in spliced.folding.splices:
        start = spliced.sql[place.rewritten :]
        assert start.startswith("(" + place.view if place.view else '"shop"."sales"."orders"')
        assert sql[place.original :].startswith(place.table[2])


# --------------------------------------------------------------------------------------------------------- CTE names
def test_a_cte_gets_a_name_that_no_user_can_write() -> None:
    query, _, spliced = rewritten("WITH t AS (SELECT id FROM customers) SELECT t.id FROM t", EU)
    (renamed,) = query.cte_names
    assert renamed.startswith("__usher")
    assert f'FROM "{renamed}" AS t' in spliced.sql


def test_a_cte_with_its_own_tables_name_reads_the_policy_view() -> None:
    sql = "WITH customers AS (SELECT * FROM customers) SELECT count(*) FROM customers"
    assert answer(sql, EU) == [(2,)]


def test_a_later_cte_shadows_an_earlier_one_inside_only() -> None:
    sql = """WITH t AS (SELECT 1 AS x), u AS (WITH t AS (SELECT 2 AS x) SELECT x FROM t)
        SELECT t.x, u.x FROM t, u"""
    assert answer(sql) == [(1, 2)]


def test_a_cte_is_not_in_scope_before_it_is_defined() -> None:
    sql = "WITH a AS (SELECT count(*) AS n FROM customers), customers AS (SELECT 1) SELECT n FROM a"
    assert answer(sql, EU) == [(2,)]


def test_a_qualified_name_is_never_a_cte() -> None:
    sql = "WITH customers AS (SELECT 99 AS id) SELECT id FROM sales.customers ORDER BY id"
    assert answer(sql, EU) == [(1,), (3,)]


def test_a_recursive_cte_reads_itself() -> None:
    sql = """WITH RECURSIVE n(i) AS (SELECT min(id) FROM customers UNION ALL SELECT i + 1 FROM n WHERE i < 3)
        SELECT sum(i) FROM n"""
    assert answer(sql, EU) == [(6,)]


# ----------------------------------------------------------------------------------------------------------- prefixes
def test_a_schema_before_a_column_goes_with_its_table() -> None:
    sql = """SELECT sales.customers.id, shop.sales.customers.name, customers.region FROM sales.customers
        WHERE sales.customers.id = 1"""
    query, _, spliced = rewritten(sql, EU)
    assert sorted(query.prefixes.values()) == [1, 1, 2]
    assert run(spliced.sql) == [(1, "Ann", "EU")]


def test_quoted_prefixes_go_as_well() -> None:
    assert answer('SELECT "sales"."customers"."id" FROM "sales"."customers" ORDER BY "sales"."customers"."id"', EU) == [
        (1,),
        (3,),
    ]


# --------------------------------------------------------------------------------------------------------- parameters
def test_question_marks_bind_in_their_order() -> None:
    sql = "SELECT id, ? AS b FROM customers WHERE id = ?"
    assert answer(sql, EU, client_1="x", client_2=3) == [(3, "x")]


def test_numbers_bind_by_number() -> None:
    sql = "SELECT id, $2 AS b FROM customers WHERE id = $1 AND $2 = $2"
    assert answer(sql, EU, client_1=3, client_2="x") == [(3, "x")]


def test_names_bind_by_name() -> None:
    sql = "SELECT id, $b AS b FROM customers WHERE id = $a OR id = $a"
    assert answer(sql, EU, client_a=3, client_b="x") == [(3, "x")]


def test_parameters_of_client_and_policy_do_not_meet() -> None:
    by_region = view(rows=row_filter("region = :region"), cells={"email": [Cell(Always(), mask("hash", "email"))]})
    sql = "SELECT id, ? AS b FROM customers WHERE id < ?"
    _, _, spliced = rewritten(sql, by_region, shape={"region": -1})
    values = {"region": "US", "mask_key_inner": b"i" * 64, "mask_key_outer": b"o" * 64}
    assert run(spliced.sql, spliced.slots, client_1="x", client_2=9, **values) == [(2, "x")]


def test_a_question_mark_in_text_or_comment_is_no_parameter() -> None:
    sql = 'SELECT \'?\', "?".id /* ? */ FROM customers AS "?" WHERE "?".id = ? -- ?'
    assert answer(sql, EU, client_1=1) == [("?", 1)]


def test_no_table_no_change() -> None:
    _, _, spliced = rewritten("SELECT 1 AS one")
    assert spliced.sql == "SELECT 1 AS one"
    assert CUSTOMERS.id not in {s.table for s in spliced.folding.splices}
