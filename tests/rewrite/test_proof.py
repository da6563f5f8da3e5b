"""The proof refuses rewrites that were made wrong on purpose: each a text that a faulty rewriter might hand over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from proxy.errors import Ungovernable
from proxy.rewrite.proof import Held, prove
from proxy.values import Always, Cell, ReasonCode
from proxy.warehouses.duckdb import DIALECT
from tests.rewrite.shop import CUSTOMERS, EMPLOYEES, ORDERS, mask, rewritten, row_filter, text, view

FILTER = row_filter("region = 'EU'")
MASKED = view(rows=FILTER, cells={"email": [Cell(Always(), mask("redact", "email"))]}, without=["credit"])
PLAIN_ORDERS = view(ORDERS)
SQL = (
    "WITH t AS (SELECT id FROM customers) "
    "SELECT c.id, c.email FROM customers c JOIN t ON t.id = c.id JOIN orders o USING (id)"
)
VIEW, _ = text(MASKED)
WHERE = VIEW[VIEW.index(" WHERE ") :]


def refuses(wrong: Callable[[str], str], sql: str = SQL) -> None:
    """Asserts that the right text is proven, and the wrong one is not, whether its views are known or not."""
    query, decision, spliced = rewritten(sql, MASKED, PLAIN_ORDERS)
    known = Held()
    prove(spliced.sql, query, decision, DIALECT, known)
    changed = wrong(spliced.sql)
    assert changed != spliced.sql, "the test changed nothing"
    for held in (None, known):
        with pytest.raises(Ungovernable) as caught:
            prove(changed, query, decision, DIALECT, held)
        assert [r.code for r in caught.value.reasons] == [ReasonCode.NOT_PROVEN]
    prove(spliced.sql, query, decision, DIALECT, known)


def test_dropped_filter() -> None:
    refuses(lambda sql: sql.replace(WHERE, "", 1))


def test_dropped_filter_of_the_last_view() -> None:
    refuses(lambda sql: "".join(sql.rsplit(WHERE, 1)))


def test_extra_union_with_a_raw_table() -> None:
    refuses(lambda sql: sql + ' UNION ALL SELECT id, email FROM "shop"."sales"."customers"')


def test_raw_table_instead_of_its_view() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", '"shop"."sales"."customers"', 1))


def test_raw_table_by_its_bare_name() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", "customers", 1))


def test_raw_table_in_a_sub_query() -> None:
    refuses(lambda sql: sql + ' WHERE EXISTS (SELECT 1 FROM "shop"."sales"."customers")')


def test_raw_table_in_an_order_by() -> None:
    refuses(lambda sql: sql + " ORDER BY (SELECT max(email) FROM shop.sales.customers)")


def test_table_that_nobody_asked_for() -> None:
    refuses(lambda sql: sql + ' UNION ALL SELECT id, NULL FROM "shop"."people"."employees"')


def test_view_of_another_table() -> None:
    other, _ = text(view(EMPLOYEES))
    refuses(lambda sql: sql.replace(VIEW, other, 1))


def test_view_that_reads_another_table() -> None:
    refuses(lambda sql: sql.replace('FROM "shop"."sales"."customers" AS', 'FROM "shop"."people"."employees" AS', 1))


def test_view_that_is_missing() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", "(SELECT 1 AS id, 'x' AS email)", 1))


def test_view_too_many() -> None:
    refuses(lambda sql: sql + f" CROSS JOIN ({VIEW}) AS again")


def test_view_inside_of_a_text() -> None:
    refuses(lambda sql: sql.replace("SELECT c.id", f"SELECT $a$({VIEW})$a$, c.id"))
    refuses(lambda sql: sql.replace(f"({VIEW}) c", f'"a({VIEW})" c'))
    refuses(lambda sql: sql.replace(f"({VIEW})", f"(SELECT 1 AS id, $a$({VIEW})$a$ AS email)", 1))


def test_view_inside_of_a_comment() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", f'/*({VIEW})*/ "shop"."sales"."customers"', 1))
    refuses(lambda sql: sql.replace(f"({VIEW}) c", f'"shop"."sales"."customers" c --({VIEW})\n', 1))


def test_comment_that_ends_a_view_for_the_eye() -> None:
    more = 'UNION ALL SELECT * FROM "shop"."sales"."customers")'
    refuses(lambda sql: sql.replace(f"({VIEW})", f"({VIEW} /*)*/ {more}", 1))
    refuses(lambda sql: sql.replace(f"({VIEW})", f"({VIEW} --)\n {more}", 1))


def test_stand_in_for_a_view_that_is_not_there() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", '(SELECT NULL AS "__usher0")', 1))
    refuses(lambda sql: sql.replace(f"({VIEW})", '(SELECT NULL AS "__usher1")', 1))
    refuses(lambda sql: sql.replace("SELECT c.id", 'SELECT "__usher0", c.id'))
    refuses(lambda sql: sql.replace("SELECT c.id", 'SELECT (SELECT NULL AS "__usher0"), c.id'))


def test_view_with_more_in_its_parentheses() -> None:
    refuses(lambda sql: sql.replace(f"({VIEW})", f"({VIEW} UNION ALL ({VIEW}))", 1))
    refuses(lambda sql: sql.replace(f"({VIEW})", f'({VIEW}; SELECT * FROM "shop"."sales"."customers")', 1))
    refuses(lambda sql: sql.replace(f"({VIEW})", f'(({VIEW}) UNION ALL SELECT * FROM "shop"."sales"."customers")', 1))


def test_unmasked_column() -> None:
    refuses(lambda sql: sql.replace('CASE WHEN NOT "__usher"."email" IS NULL THEN \'***\' END', '"__usher"."email"', 1))


def test_swapped_columns() -> None:
    refuses(lambda sql: sql.replace('"__usher"."name" AS "name"', '"__usher"."credit" AS "name"', 1))


def test_hidden_column_added() -> None:
    refuses(
        lambda sql: sql.replace('"__usher"."id" AS "id"', '"__usher"."id" AS "id", "__usher"."credit" AS "credit"', 1)
    )


def test_star_in_a_view() -> None:
    refuses(lambda sql: sql.replace('"__usher"."id" AS "id"', "*", 1))


def test_join_inside_a_view() -> None:
    refuses(lambda sql: sql.replace(WHERE, ' JOIN "shop"."people"."employees" AS e ON TRUE' + WHERE, 1))


def test_union_behind_a_view() -> None:
    refuses(lambda sql: sql.replace(WHERE, WHERE + ' UNION ALL SELECT * FROM "shop"."sales"."customers"', 1))


def test_limit_inside_a_view() -> None:
    refuses(lambda sql: sql.replace(WHERE, WHERE + " LIMIT 1", 1))


def test_cte_inside_a_view() -> None:
    refuses(lambda sql: sql.replace('(SELECT "__usher"', '(WITH x AS (SELECT 1) SELECT "__usher"', 1))


def test_other_cte_with_the_tables_name() -> None:
    refuses(
        lambda sql: sql.replace("WITH ", "WITH customers AS (SELECT 1 AS id), ", 1).replace(
            f"({VIEW}) c", "customers c"
        )
    )


def test_cte_under_the_users_own_name() -> None:
    refuses(lambda sql: sql.replace('"__usher_cte0_t"', "t"))


def test_the_reserved_alias_outside_of_a_view() -> None:
    refuses(lambda sql: sql.replace("SELECT c.id, c.email", 'SELECT c.id, "__usher"."email"'))


def test_second_statement() -> None:
    refuses(lambda sql: sql + "; SELECT * FROM people.employees")


def test_text_that_does_not_parse() -> None:
    refuses(lambda sql: sql + ")")


def test_empty_text() -> None:
    refuses(lambda sql: "")


def test_a_table_without_obligations_must_be_named_in_full() -> None:
    refuses(lambda sql: sql.replace('"shop"."sales"."orders"', "orders", 1))


def test_a_table_without_obligations_is_no_licence_for_its_view_alias() -> None:
    refuses(
        lambda sql: sql.replace('"shop"."sales"."orders"', '(SELECT * FROM "shop"."sales"."orders" AS "__usher")', 1)
    )


def test_a_filter_of_one_reference_does_not_serve_the_other() -> None:
    narrow = view(rows=row_filter("id = 1"), without=["credit"])
    query, decision, spliced = rewritten("SELECT a.id FROM customers a, customers b", narrow)
    wider = replace(decision, views=(decision.views[0], MASKED))
    with pytest.raises(Ungovernable):
        prove(spliced.sql, query, wider, DIALECT)


def test_a_view_of_a_table_without_columns_left_is_proven() -> None:
    only = view(rows=FILTER, without=[c.name for c in CUSTOMERS.columns if c.name != "id"])
    query, decision, spliced = rewritten("SELECT count(*) FROM customers", only)
    prove(spliced.sql, query, decision, DIALECT)
