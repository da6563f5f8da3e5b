"""The referee: PostgreSQL's parser refuses every rewrite that is more, less or other than views in place of tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from proxy.dialect import Folding
from proxy.errors import GatewayError, Ungovernable
from proxy.query.bind import read
from proxy.rewrite.splice import splice
from proxy.values import ReasonCode
from proxy.warehouses.postgres import DIALECT
from proxy.warehouses.postgres.referee import _spelt, referee
from proxy.warehouses.postgres.syntax import one_statement
from tests.warehouses.postgres.shop import CATALOG, EMPLOYEES, GOVERNED, decided, spliced, text, view

SQL = (
    "WITH t AS (SELECT id FROM customers) "
    "SELECT sales.customers.id, 'Zoë' AS x, $2::int AS p FROM customers JOIN t ON t.id = customers.id "
    "JOIN orders o ON o.id <> customers.id WHERE customers.name <> 'x' AND o.note = 'paid' ORDER BY 1 LIMIT 5"
)
VIEW = text(GOVERNED[0])
GUARDED = text(GOVERNED[0], "name")
WHERE = VIEW[VIEW.index(" WHERE ") :]
"""The filter, its parameter numbered as the first view's: the client has one, so it is $2."""


def refuses(wrong: Callable[[str], str], sql: str = SQL) -> None:
    """Asserts that the referee passes the right text, and not the wrong one."""
    right = spliced(sql)
    assert referee(sql, right.sql, right.folding) == {}
    changed = wrong(right.sql)
    assert changed != right.sql, "the test changed nothing"
    with pytest.raises(Ungovernable) as caught:
        referee(sql, changed, right.folding)
    assert [r.code for r in caught.value.reasons] == [ReasonCode.NOT_PROVEN]


def first_view(sql: str) -> str:
    """The text of the first policy view in a rewritten statement."""
    start = sql.index('(SELECT "__usher"') + 1
    depth = 1
    for place, character in enumerate(sql[start:], start=start):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return sql[start:place]
    raise AssertionError("no view")


def in_the_first_view(old: str, new: str) -> Callable[[str], str]:
    """Replaces something inside the first policy view."""

    def wrong(sql: str) -> str:
        found = first_view(sql)
        return sql.replace(found, found.replace(old, new, 1), 1)

    return wrong


# ------------------------------------------------------------------------------------------------------------ groups
GROUPS = "SELECT customers.id, c.name, count(*) FROM customers JOIN customers c ON true GROUP BY customers.id, c.id"
KEYED = read(GROUPS, replace(CATALOG, tables={name: replace(t, key=("id",)) for name, t in CATALOG.tables.items()}))


def regrouped(wrong: Callable[[str], str]) -> None:
    """Asserts that the referee passes the columns that follow from a key, and not the wrong text."""
    right = splice(KEYED, decided(KEYED, GOVERNED), DIALECT)
    assert right.sql.endswith('GROUP BY customers.id, c.id, c."name"')
    assert referee(GROUPS, right.sql, right.folding) == {}
    changed = wrong(right.sql)
    assert changed != right.sql, "the test changed nothing"
    with pytest.raises(Ungovernable):
        referee(GROUPS, changed, right.folding)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('c."name"', 'c."region"'),
        ('c."name"', 'customers."name"'),
        ('c."name"', 'c."name", c."name"'),
        ('c."name"', 'c."name" || c."name"'),
        ('c."name"', '(c."name")::text'),
        ('id, c."name"', "id, 1"),
        (', c.id, c."name"', ', c."name"'),
        (', c.id, c."name"', ', c."name", c.id'),
        ('c.id, c."name"', 'ROLLUP (c.id, c."name")'),
        ('c."name"', 'c."name" HAVING c."name" > \'x\''),
    ],
)
def test_groups_with_other_columns(old: str, new: str) -> None:
    regrouped(lambda sql: sql[: sql.rindex("GROUP BY")] + sql[sql.rindex("GROUP BY") :].replace(old, new))


# ------------------------------------------------------------------------------------------------------ policy views
def test_dropped_filter() -> None:
    refuses(lambda sql: sql.replace(first_view(sql), first_view(sql).split(" WHERE ")[0], 1))


def test_weakened_filter() -> None:
    refuses(lambda sql: sql.replace(first_view(sql), first_view(sql).split(" WHERE ")[0] + " WHERE TRUE", 1))


def test_filter_with_another_parameter() -> None:
    refuses(in_the_first_view('"region" = $2', '"region" = $1'))


def test_filter_with_a_literal() -> None:
    refuses(in_the_first_view('"region" = $2', "\"region\" = 'US'"))


def test_filter_with_a_way_around_it() -> None:
    refuses(lambda sql: sql.replace(first_view(sql), first_view(sql) + " OR TRUE", 1))


def test_filter_with_or_for_and() -> None:
    refuses(in_the_first_view(" AND ", " OR "))


def test_other_mask() -> None:
    refuses(in_the_first_view("'***'", '"__usher"."region"'))


def test_unmasked_column() -> None:
    refuses(lambda sql: sql.replace(first_view(sql), first_view(sql).replace("'***'", '"__usher"."name"'), 1))


def test_hidden_column_added() -> None:
    refuses(in_the_first_view('"__usher"."id" AS "id"', '"__usher"."id" AS "id", "__usher"."address" AS "address"'))


def test_column_taken_out() -> None:
    refuses(in_the_first_view(', "__usher"."region" AS "region"', ""))


def test_columns_in_another_order() -> None:
    a, b = '"__usher"."seen" AS "seen"', '"__usher"."data" AS "data"'
    refuses(in_the_first_view(f"{a}, {b}", f"{b}, {a}"))


def test_raw_table_inside_a_mask() -> None:
    refuses(in_the_first_view("'***'", '(SELECT max("name") FROM "people"."employees")'))


def test_view_that_reads_another_table() -> None:
    refuses(in_the_first_view('FROM "sales"."customers"', 'FROM "sales"."orders"'))


def test_view_that_reads_its_table_by_a_bare_name() -> None:
    refuses(in_the_first_view('FROM "sales"."customers"', "FROM customers"))


def test_view_with_only() -> None:
    refuses(in_the_first_view("FROM ", "FROM ONLY "))


def test_view_with_a_lock() -> None:
    refuses(lambda sql: sql.replace(first_view(sql), first_view(sql) + " FOR UPDATE", 1))


def test_view_with_a_limit() -> None:
    refuses(lambda sql: sql.replace(first_view(sql), first_view(sql) + " LIMIT 1", 1))


def test_view_with_another_joined() -> None:
    refuses(in_the_first_view(' AS "__usher" WHERE', ' AS "__usher", "people"."employees" WHERE'))


def test_view_with_layout_changed() -> None:
    refuses(in_the_first_view("SELECT ", "SELECT  "))


def test_view_moved_by_one_character() -> None:
    refuses(lambda sql: sql.replace(f"({first_view(sql)})", f" ({first_view(sql)})", 1))


def test_view_in_more_parentheses() -> None:
    refuses(lambda sql: sql.replace(f"({first_view(sql)})", f"(({first_view(sql)}))", 1))


def test_view_made_lateral() -> None:
    refuses(lambda sql: sql.replace(f"({first_view(sql)})", f"LATERAL ({first_view(sql)})", 1))


def test_view_of_another_table() -> None:
    refuses(lambda sql: sql.replace(first_view(sql), text(view(EMPLOYEES)), 1))


def test_raw_table_instead_of_its_view() -> None:
    refuses(lambda sql: sql.replace(f"({first_view(sql)})", '"sales"."customers"', 1))


def test_raw_table_by_its_bare_name() -> None:
    refuses(lambda sql: sql.replace(f"({first_view(sql)})", "customers", 1))


def test_unguarded_view_where_a_guarded_one_belongs() -> None:
    sql = "SELECT id FROM customers WHERE CAST(name AS integer) = 1"
    plain = first_view(spliced("SELECT id FROM customers").sql)
    guarded = first_view(spliced(sql).sql)
    assert plain != guarded
    refuses(lambda text_: text_.replace(guarded, plain, 1), sql)


def test_views_of_two_references_swapped() -> None:
    sql = "SELECT 1 FROM customers a JOIN customers b ON CAST(a.name AS integer) = 1"

    def swap(text_: str) -> str:
        one = first_view(text_)
        other = first_view(text_[text_.index(one) + len(one) :])
        return text_.replace(one, "@").replace(other, one).replace("@", other)

    refuses(swap, sql)


def test_a_view_for_a_table_without_obligations() -> None:
    refuses(lambda sql: sql.replace('"sales"."orders"', f"({text(GOVERNED[1])})"))


def test_folding_that_forgets_a_view() -> None:
    right = spliced(SQL)
    with pytest.raises(Ungovernable) as caught:
        referee(SQL, right.sql, replace(right.folding, splices=right.folding.splices[1:]))
    assert [r.code for r in caught.value.reasons] == [ReasonCode.NOT_PROVEN]


# -------------------------------------------------------------------------------------------------- the user's own text
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<> 'x'", "<> 'y'"),
        ("'Zoë'", "'Zoé'"),
        ("name <> ", "name = "),
        (" AND o.note = 'paid'", ""),
        ("LIMIT 5", "LIMIT 6"),
        ("LIMIT 5", ""),
        ("LIMIT 5", "LIMIT 5 FOR UPDATE"),
        ("ORDER BY 1", "ORDER BY 1 DESC"),
        ('JOIN "sales"', 'LEFT JOIN "sales"'),
        ("AS x", "AS y"),
        ("'Zoë' AS x", "'Zoë' AS x, o.note"),
        ("'Zoë' AS x", "E'Zoë' AS x, 1"),
        ("$1::int AS p", "$2::int AS p"),
        ("$1::int AS p", "'$1'::int AS p"),
        ("$1::int AS p", "$1::bigint AS p"),
        ("t.id = ", "id = "),
        ("SELECT customers.id", "SELECT DISTINCT customers.id"),
        ("SELECT customers.id", "SELECT customers.name"),
        (" ORDER BY", " UNION ALL SELECT id, name, 1 FROM sales.customers ORDER BY"),
        ("o.id <> customers.id", "o.id <> (SELECT max(salary) FROM people.employees)"),
        ("AS o ", "AS p "),
        ('"sales"."orders"', '"people"."orders"'),
        ('"sales"."orders"', '"orders"'),
        ('"sales"."orders"', '"shop"."sales"."orders"'),
        ('"sales"."orders"', 'ONLY "sales"."orders"'),
    ],
)
def test_something_of_the_users_own_changed(old: str, new: str) -> None:
    sql = SQL.replace("orders o", "orders AS o")
    refuses(lambda text_: text_.replace(old, new), sql)


def test_two_names_that_differ_by_case_are_two() -> None:
    refuses(lambda sql: sql.replace('l."Order"', 'l."order"'), 'SELECT l."Order" FROM "Line Items" l')
    refuses(lambda sql: sql.replace('l."Order"', "l.Order_"), 'SELECT l."Order" FROM "Line Items" l')


def test_a_table_that_differs_by_case_is_another() -> None:
    refuses(
        lambda sql: sql.replace('"sales"."line items"', '"sales"."Line Items"'),
        'SELECT 1 FROM "line items" AS x',
    )


def test_other_alias() -> None:
    refuses(lambda sql: sql.replace(" AS c", " AS d"), "SELECT 1 FROM customers AS c")


def test_other_column_alias() -> None:
    refuses(lambda sql: sql.replace("c(a, b)", "c(b, a)"), "SELECT 1 FROM customers AS c(a, b)")


def test_sample_added() -> None:
    refuses(lambda sql: sql + " TABLESAMPLE SYSTEM (1)", "SELECT 1 FROM orders")


def test_second_statement() -> None:
    refuses(lambda sql: sql + "; SELECT 1")


def test_text_that_does_not_parse() -> None:
    refuses(lambda sql: sql + ")")


def test_a_comment_that_hides_the_filter() -> None:
    refuses(lambda sql: sql.replace(" WHERE ((", " -- WHERE ((", 1))


# ------------------------------------------------------------------------------------------------------------ WITH
def test_other_cte_in_scope() -> None:
    refuses(lambda sql: sql.replace('WITH "__usher_cte0_t"', 'WITH customers AS (SELECT 1), "__usher_cte0_t"'))


def test_cte_under_the_users_own_name() -> None:
    refuses(lambda sql: sql.replace('"__usher_cte0_t"', "t"))


def test_cte_with_another_body() -> None:
    refuses(lambda sql: sql.replace("AS (SELECT id FROM", "AS (SELECT id + 1 AS id FROM", 1))


def test_cte_made_materialized() -> None:
    refuses(lambda sql: sql.replace("AS (SELECT id", "AS MATERIALIZED (SELECT id", 1))


def test_cte_made_recursive() -> None:
    refuses(lambda sql: sql.replace("WITH ", "WITH RECURSIVE ", 1))


def test_cte_reference_of_a_schema() -> None:
    refuses(lambda sql: sql.replace('JOIN "__usher_cte0_t"', 'JOIN "sales"."__usher_cte0_t"'))


def test_folding_that_knows_no_cte() -> None:
    right = spliced(SQL)
    with pytest.raises(Ungovernable):
        referee(SQL, right.sql, replace(right.folding, cte_names={}))


# --------------------------------------------------------------------------------------------------------------- rest
def test_texts_that_are_alike_need_no_folding() -> None:
    assert referee("SELECT 1", "SELECT   1 -- same", Folding((), {}, (), {})) == {}


def test_a_table_that_nobody_spliced_is_refused() -> None:
    with pytest.raises(Ungovernable):
        referee("SELECT * FROM t", "SELECT * FROM t", Folding((), {}, (), {}))


def test_an_error_of_the_rewritten_text_is_not_told() -> None:
    with pytest.raises(GatewayError) as caught:
        referee("SELECT 1", "SELECT 'policy text' )", Folding((), {}, (), {}))
    assert "parse" not in str(caught.value)
    assert "policy" not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT FROM customers",
        "SELECT 1 FROM (SELECT FROM customers) q",
        "SELECT 'Ünïcödé', id FROM customers WHERE name = 'ñ' AND id IN (SELECT id FROM customers)",
        "SELECT c.id FROM customers c, customers d, LATERAL (SELECT d.id FROM customers e WHERE e.id = c.id) f",
        "SELECT * FROM (customers JOIN orders ON true) AS j",
        "SELECT 1 FROM shop.sales.customers c(a, b) ORDER BY $3, $1",
        'WITH "T" AS (SELECT 1 AS a), t AS (SELECT 2 AS b) SELECT * FROM "T", t, "Line Items"',
        "WITH RECURSIVE t(n) AS (SELECT id FROM customers UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n FROM t",
        "WITH customers AS (SELECT * FROM customers) SELECT * FROM customers",
        "WITH Mixed AS (SELECT id FROM customers) SELECT MIXED.id FROM mIxEd, Orders",
        'WITH "Mixed" AS (SELECT id FROM customers), mixed AS (SELECT 1 AS x) SELECT * FROM "Mixed", Mixed',
        "VALUES ((SELECT count(*) FROM customers))",
        "SELECT id FROM customers UNION (SELECT id FROM orders ORDER BY id LIMIT 1) ORDER BY 1",
    ],
)
def test_right_rewrites_of_every_shape_are_passed(sql: str) -> None:
    right = spliced(sql)
    assert referee(sql, right.sql, right.folding) == {}


# ------------------------------------------------------------------------------------------------------------- places
@pytest.mark.parametrize("said", ['"location":5', ',"location":5,', '\\"location":5', 'x","location":5', "\\"])
def test_a_text_that_looks_like_a_place_is_no_place(said: str) -> None:
    def spelt(text_: str, blanks: int) -> bytes:
        return _spelt(one_statement(f"SELECT{' ' * blanks} '{text_}' AS x FROM t WHERE a = '{text_}'"))

    assert spelt(said, 1) == spelt(said, 9)
    assert spelt(said, 1) != spelt(said.replace("5", "6").replace("\\", "/"), 1)


def test_a_tree_of_any_depth_is_spelt() -> None:
    deep = "1" + " + 1" * 400
    assert _spelt(one_statement(f"SELECT {deep}")) == _spelt(one_statement(f"SELECT  {deep}"))
    assert _spelt(one_statement(f"SELECT {deep}")) != _spelt(one_statement(f"SELECT {deep} + 2"))


def test_view_moved_by_a_blank() -> None:
    refuses(lambda sql: sql.replace('(SELECT "__usher"', '( SELECT "__usher"', 1))
    refuses(lambda sql: sql.replace('(SELECT "__usher"', '(SELECT  "__usher"', 1))
    refuses(lambda sql: sql.replace('(SELECT "__usher"', ' (SELECT "__usher"', 1))
