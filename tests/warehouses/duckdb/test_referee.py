"""The referee: DuckDB's own parser refuses every rewrite that is more, less or other than views in place of tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from proxy.dialect import Folding
from proxy.errors import InvalidSql, Ungovernable
from proxy.values import Always, Cell, ReasonCode
from proxy.warehouses.duckdb.referee import referee, without_places
from proxy.warehouses.duckdb.syntax import answer, nodes, only
from tests.rewrite.shop import EMPLOYEES, ORDERS, mask, rewritten, row_filter, text, view

MASKED = view(rows=row_filter("region = 'EU'"), cells={"email": [Cell(Always(), mask("redact", "email"))]})
PLAIN_ORDERS = view(ORDERS)
SQL = (
    "WITH t AS (SELECT id FROM customers) "
    "SELECT sales.customers.id, 'Zoë' AS x, ? AS p FROM customers JOIN t ON t.id = customers.id "
    "JOIN orders o ON o.id <> customers.id WHERE customers.name <> 'x' AND o.status = 'paid' ORDER BY 1 LIMIT 5"
)
VIEW, _ = text(MASKED)
GUARDED, _ = text(MASKED, "name")
WHERE = VIEW[VIEW.index(" WHERE ") :]
MASK = 'CASE WHEN NOT "__usher"."email" IS NULL THEN \'***\' END'


EMPTY = Folding((), {}, (), {})


def refuses(wrong: Callable[[str], str], sql: str = SQL) -> None:
    """Asserts that the referee passes the right text, and not the wrong one."""
    _, _, spliced = rewritten(sql, MASKED, PLAIN_ORDERS)
    referee(sql, spliced.sql, spliced.folding)
    changed = wrong(spliced.sql)
    assert changed != spliced.sql, "the test changed nothing"
    with pytest.raises((Ungovernable, InvalidSql)):
        referee(sql, changed, spliced.folding)


def test_dropped_filter() -> None:
    refuses(lambda sql: sql.replace(WHERE, "", 1))


def test_weakened_filter() -> None:
    refuses(lambda sql: sql.replace(WHERE, " WHERE TRUE", 1))


def test_filter_with_another_literal() -> None:
    refuses(lambda sql: sql.replace("= 'EU'", "= 'US'", 1))


def test_filter_with_a_way_around_it() -> None:
    refuses(lambda sql: sql.replace(WHERE, WHERE + " OR TRUE", 1))


def test_other_mask() -> None:
    refuses(lambda sql: sql.replace(MASK, 'upper("__usher"."email")', 1))


def test_hidden_column_inside_a_mask() -> None:
    refuses(lambda sql: sql.replace(MASK, """"__usher"."credit" || ''""", 1))


def test_raw_table_inside_a_mask() -> None:
    refuses(lambda sql: sql.replace(MASK, "(SELECT max(salary) FROM shop.people.employees)", 1))


def test_extra_union_with_a_raw_table() -> None:
    refuses(lambda sql: sql.replace(" ORDER BY", " UNION ALL SELECT id, email FROM shop.sales.customers ORDER BY"))


def test_raw_table_instead_of_its_view() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", '"shop"."sales"."customers"', 1))


def test_raw_table_by_its_bare_name() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", "customers", 1))


def test_unmasked_column() -> None:
    refuses(lambda sql: sql.replace('CASE WHEN NOT "__usher"."email" IS NULL THEN \'***\' END', '"__usher"."email"', 1))


def test_hidden_column_added() -> None:
    refuses(lambda sql: sql.replace('"__usher"."id" AS "id"', '"__usher"."id" AS "id", 1 AS "salary"', 1))


def test_changed_literal_of_the_user() -> None:
    refuses(lambda sql: sql.replace("'x'", "'y'"))


def test_changed_text_that_is_not_ascii() -> None:
    refuses(lambda sql: sql.replace("'Zoë'", "'Zoé'"))


def test_changed_operator() -> None:
    refuses(lambda sql: sql.replace("name <> ", "name = "))


def test_dropped_condition() -> None:
    refuses(lambda sql: sql.replace(" AND o.status = 'paid'", ""))


def test_changed_limit() -> None:
    refuses(lambda sql: sql.replace("LIMIT 5", "LIMIT 6"))


def test_changed_order() -> None:
    refuses(lambda sql: sql.replace("ORDER BY 1", "ORDER BY 1 DESC"))


def test_changed_join() -> None:
    refuses(lambda sql: sql.replace('JOIN "shop"', 'LEFT JOIN "shop"'))


def test_changed_result_name() -> None:
    refuses(lambda sql: sql.replace("AS x", "AS y"))


def test_result_column_added() -> None:
    refuses(lambda sql: sql.replace("'Zoë' AS x", "'Zoë' AS x, o.status"))


def test_other_parameter() -> None:
    refuses(lambda sql: sql.replace("$1 AS p", "$2 AS p"))


def test_parameters_left_as_the_user_numbered_them() -> None:
    sql = "SELECT $2 AS b, $1 AS a FROM customers"
    refuses(lambda text_: text_.replace("$1 AS b, $2 AS a", "$2 AS b, $1 AS a"), sql)


def test_parameter_of_the_policy_in_place_of_the_users() -> None:
    refuses(lambda sql: sql.replace("= 'EU'", "= $1", 1))


def test_parameter_turned_literal() -> None:
    refuses(lambda sql: sql.replace("$1 AS p", "'$1' AS p"))


def test_view_moved_by_one_character() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", f" ({VIEW})", 1))


def test_view_in_the_place_of_a_query_of_the_users() -> None:
    sql = "SELECT 1 FROM customers c, (SELECT 1) AS d"
    refuses(lambda text_: text_.replace("(SELECT 1)", f"({VIEW})"), sql)
    refuses(lambda text_: text_.replace(f"({VIEW}) c", f"({VIEW}) c, ({VIEW}) e"), sql)


def test_view_in_a_parenthesis_of_its_own() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", f"((SELECT * FROM ({VIEW})))", 1))


def test_a_refused_text_leaves_the_view_as_it_was() -> None:
    test_raw_table_inside_a_mask()
    test_view_of_another_table()
    assert renames(SQL) == {}


def test_view_of_another_table() -> None:
    other, _ = text(view(EMPLOYEES))
    refuses(lambda sql: sql.replace(VIEW, other, 1))


def test_view_that_reads_another_table() -> None:
    refuses(lambda sql: sql.replace('"sales"."customers" AS', '"sales"."orders" AS', 1))


def test_unguarded_view_where_a_guarded_one_belongs() -> None:
    sql = "SELECT id FROM customers WHERE CAST(name AS INTEGER) = 1"
    refuses(lambda text_: text_.replace(GUARDED, VIEW, 1), sql)


def test_views_of_two_references_swapped() -> None:
    sql = "SELECT a.id FROM customers a JOIN customers b ON CAST(a.name AS INTEGER) = 1"

    def swap(text_: str) -> str:
        return text_.replace(GUARDED, "@").replace(VIEW, GUARDED).replace("@", VIEW)

    refuses(swap, sql)


def test_other_cte_in_scope() -> None:
    refuses(lambda sql: sql.replace('WITH "__usher_cte0_t"', 'WITH customers AS (SELECT 1), "__usher_cte0_t"'))


def test_cte_under_the_users_own_name() -> None:
    refuses(lambda sql: sql.replace('"__usher_cte0_t"', "t"))


def test_cte_of_another_name() -> None:
    sql = "WITH t AS (SELECT 1 AS a), u AS (SELECT 2 AS a) SELECT t.a, u.a FROM t, u"
    refuses(lambda text_: text_.replace('FROM "__usher_cte0_t"', 'FROM "__usher_cte1_u"'), sql)
    refuses(lambda text_: text_.replace('u" AS (', 'u" AS MATERIALIZED ('), sql)


def test_cte_reference_that_is_a_table() -> None:
    refuses(lambda sql: sql.replace('JOIN "__usher_cte0_t"', 'JOIN "shop"."sales"."__usher_cte0_t"'))


def test_recursive_cte_under_the_users_own_name() -> None:
    sql = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t"
    refuses(lambda text_: text_.replace('FROM "__usher_cte0_t" AS t WHERE', "FROM t WHERE"), sql)


def test_cte_with_another_body() -> None:
    refuses(lambda sql: sql.replace("AS (SELECT id FROM", "AS (SELECT id + 1 AS id FROM", 1))


def test_other_full_name() -> None:
    refuses(lambda sql: sql.replace('"shop"."sales"."orders"', '"shop"."main"."orders"'))


def test_full_name_made_shorter() -> None:
    refuses(lambda sql: sql.replace('"shop"."sales"."orders"', '"sales"."orders"'))


def test_other_alias() -> None:
    sql = "SELECT 1 FROM customers AS c"
    refuses(lambda text_: text_.replace(" AS c", " AS d"), sql)


def test_sample_added() -> None:
    refuses(lambda text_: text_ + " TABLESAMPLE 10%", "SELECT 1 FROM customers AS c")


def test_prefix_dropped_where_none_was_to_be() -> None:
    refuses(lambda sql: sql.replace("t.id = ", "id = "))


def test_second_statement() -> None:
    refuses(lambda sql: sql + "; SELECT 1")


def test_text_that_does_not_parse() -> None:
    refuses(lambda sql: sql + ")")


def test_a_view_for_a_table_without_obligations() -> None:
    other, _ = text(PLAIN_ORDERS)
    refuses(lambda sql: sql.replace('"shop"."sales"."orders"', f"({other})"))


def test_folding_that_forgets_a_view() -> None:
    _, _, spliced = rewritten(SQL, MASKED, PLAIN_ORDERS)
    forgetful = replace(spliced.folding, splices=spliced.folding.splices[1:])
    with pytest.raises(Ungovernable) as caught:
        referee(SQL, spliced.sql, forgetful)
    assert [r.code for r in caught.value.reasons] == [ReasonCode.NOT_PROVEN]


def test_folding_that_knows_no_cte() -> None:
    _, _, spliced = rewritten(SQL, MASKED, PLAIN_ORDERS)
    with pytest.raises(Ungovernable):
        referee(SQL, spliced.sql, replace(spliced.folding, cte_names={}))


# ------------------------------------------------------------------------------------------------------------- renames
def renames(sql: str) -> dict[str, str]:
    _, _, spliced = rewritten(sql, MASKED, PLAIN_ORDERS)
    return dict(referee(sql, spliced.sql, spliced.folding))


def test_a_name_made_of_a_sub_query_becomes_the_users_own() -> None:
    found = renames("SELECT id, (SELECT max(name) FROM customers) FROM orders")
    ((ours, users),) = found.items()
    assert "__usher" in ours
    assert users == '(SELECT max("name") FROM customers)'


def test_a_name_made_of_a_parameter_becomes_the_users_own() -> None:
    assert renames("SELECT $who, id FROM customers") == {"$1": "$who"}


def test_a_name_made_of_a_prefixed_column_becomes_the_users_own() -> None:
    found = renames("SELECT sum(sales.customers.id), sales.customers.name FROM sales.customers GROUP BY 2")
    assert found == {"sum(customers.id)": "sum(sales.customers.id)"}


def test_names_of_their_own_need_no_change() -> None:
    assert renames("SELECT id AS x, name, upper(name), (SELECT 1) AS y FROM customers") == {}


# --------------------------------------------------------------------------------------------------------------- rest
def test_texts_that_are_alike_need_no_folding() -> None:
    assert referee("SELECT 1", "SELECT   1 -- same", EMPTY) == {}


def test_positions_do_not_count() -> None:
    answered = '{"a":1,"query_location":5,"query_location_length":2,"b":[{"c":"","query_location":6}]}'
    assert without_places(answered) == '{"a":1,"b":[{"c":""}]}'


@pytest.mark.parametrize("said", [',"query_location":7', 'x","query_location":7,"y', '\\","query_location":7', "\\"])
def test_a_text_that_looks_like_a_position_is_kept(said: str) -> None:
    sql = "SELECT '" + said + "' AS x, '" + said + "' = name FROM t"
    found = only(sql, without_places(answer(sql)))
    texts = [node["literal"]["text"] for node in nodes(found) if "literal" in node]
    assert texts == [said, said]
    with pytest.raises(Ungovernable):
        referee(sql.replace(" FROM t", ""), sql.replace("7", "8").replace("\\", "/").replace(" FROM t", ""), EMPTY)
