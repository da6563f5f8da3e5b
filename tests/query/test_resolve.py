"""What is a CTE and what a table, by the engine's own rules; and where result columns come from."""

from __future__ import annotations

import pytest

from proxy.values import Output, ReasonCode
from tests.query.samples import ask, edited, guarded, refusal, tables, touched, uses

CUSTOMERS = "sales.customers"
ORDERS = "sales.orders"


# -------------------------------------------------------------------------------------------------------- CTE scoping
@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("WITH t AS (SELECT id FROM customers) SELECT * FROM t", [CUSTOMERS]),
        # a CTE of a table's name: inside of it the name is the table's, outside its own
        ("WITH customers AS (SELECT * FROM customers) SELECT * FROM customers", [CUSTOMERS]),
        ("WITH customers AS (SELECT id FROM orders) SELECT * FROM customers", [ORDERS]),
        ("WITH customers AS (SELECT id FROM orders) SELECT * FROM sales.customers", [ORDERS, CUSTOMERS]),
        ("WITH customers AS (SELECT id FROM orders) SELECT * FROM shop.sales.customers", [ORDERS, CUSTOMERS]),
        # names differ by case only
        ("WITH Customers AS (SELECT id FROM orders) SELECT * FROM CUSTOMERS", [ORDERS]),
        ('WITH "CUSTOMERS" AS (SELECT id FROM orders) SELECT * FROM "customers"', [ORDERS]),
        # siblings see those before them, never those after
        ("WITH a AS (SELECT id FROM orders), b AS (SELECT * FROM a) SELECT * FROM b", [ORDERS]),
        ("WITH a AS (SELECT * FROM orders), orders AS (SELECT id FROM customers) SELECT * FROM a", [ORDERS, CUSTOMERS]),
        ("WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS x) SELECT * FROM a", ["?"]),
        # nested ones shadow, and end with their query
        (
            "WITH t AS (SELECT id FROM orders) SELECT * FROM (WITH t AS (SELECT id FROM customers) SELECT * FROM t) x",
            [ORDERS, CUSTOMERS],
        ),
        ("SELECT * FROM (WITH t AS (SELECT 1 AS x) SELECT * FROM t) x, t", ["?"]),
        ("SELECT * FROM (WITH orders AS (SELECT 1 AS x) SELECT * FROM orders) x, orders", [ORDERS]),
        ("SELECT (WITH orders AS (SELECT 1 AS x) SELECT x FROM orders), id FROM orders", [ORDERS]),
        ("WITH a AS (WITH b AS (SELECT 1 AS x) SELECT * FROM b) SELECT * FROM b", ["?"]),
        # seen from sub-queries of every kind
        ("WITH t AS (SELECT id FROM orders) SELECT 1 WHERE EXISTS (SELECT 1 FROM t)", [ORDERS]),
        ("WITH t AS (SELECT id FROM orders) SELECT (SELECT max(id) FROM t)", [ORDERS]),
        ("WITH t AS (SELECT id FROM orders) SELECT 1 UNION ALL SELECT id FROM t", [ORDERS]),
        ("WITH t AS (SELECT id FROM orders) SELECT 1 FROM (VALUES (1)) v, LATERAL (SELECT id FROM t) l", [ORDERS]),
        ("WITH t AS (SELECT id FROM orders) (SELECT * FROM t)", [ORDERS]),
        ("WITH t AS MATERIALIZED (SELECT id FROM orders) SELECT * FROM t", [ORDERS]),
        # recursion: without RECURSIVE the name inside is the table's
        (
            "WITH orders AS (SELECT id FROM orders UNION ALL SELECT id FROM orders) SELECT * FROM orders",
            [ORDERS, ORDERS],
        ),
        ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r", []),
        (
            "WITH RECURSIVE orders AS (SELECT id FROM orders UNION ALL SELECT id FROM orders) SELECT * FROM orders",
            [ORDERS],
        ),
        ("WITH RECURSIVE orders AS (SELECT id FROM orders) SELECT * FROM orders", [ORDERS]),
    ],
)
def test_what_is_a_cte_and_what_a_table(sql: str, read: list[str]) -> None:
    assert tables(ask(sql)) == read


def test_a_cte_cannot_be_reached_through_a_schema() -> None:
    assert tables(ask("WITH t AS (SELECT id FROM orders) SELECT * FROM sales.t")) == [ORDERS, "?"]


def test_two_ctes_of_one_name_are_refused_by_the_engine() -> None:
    refusal("WITH t AS (SELECT 1), T AS (SELECT 2) SELECT * FROM t", "invalid-sql", ReasonCode.SYNTAX)


def test_every_cte_and_every_reference_to_it_gets_a_reserved_name() -> None:
    query = ask('WITH a AS (SELECT 1 AS x), "B c" AS (SELECT x FROM a) SELECT x FROM "B c" z, a')
    assert edited(query) == (
        'WITH "__usher_cte0_a" AS (SELECT 1 AS x), "__usher_cte1_Bc" AS (SELECT x FROM "__usher_cte0_a" AS a) '
        'SELECT x FROM "__usher_cte1_Bc" z, "__usher_cte0_a" AS a'
    )
    assert query.cte_names == {"__usher_cte0_a": "a", "__usher_cte1_Bc": "B c"}


def test_shadowing_ctes_get_names_of_their_own() -> None:
    query = ask("WITH t AS (SELECT 1 AS x) SELECT * FROM (WITH t AS (SELECT 2 AS x) SELECT * FROM t) y, t")
    assert edited(query) == (
        'WITH "__usher_cte0_t" AS (SELECT 1 AS x) SELECT * FROM (WITH "__usher_cte1_t" AS (SELECT 2 AS x) '
        'SELECT * FROM "__usher_cte1_t" AS t) y, "__usher_cte0_t" AS t'
    )


def test_a_ctes_column_list_stays() -> None:
    query = ask("WITH t(a, b) AS (SELECT id, name FROM customers) SELECT b FROM t")
    assert (
        edited(query)
        == 'WITH "__usher_cte0_t"(a, b) AS (SELECT id, name FROM customers) SELECT b FROM "__usher_cte0_t" AS t'
    )
    assert uses(query)[-1] == ("b", ["customers.name"], False)


def test_the_recursive_part_guards_and_touches_all_that_flows_round() -> None:
    sql = (
        "WITH RECURSIVE up AS (SELECT id, boss FROM people.employees WHERE name = 'x' UNION ALL "
        "SELECT e.id, e.boss FROM people.employees e JOIN up ON e.id = up.boss) SELECT id FROM up"
    )
    assert {"employees.id", "employees.boss"} <= set(touched(ask(sql)))
    assert guarded(sql) == ["employees.boss", "employees.boss", "employees.id", "employees.id", "employees.name"]


# ------------------------------------------------------------------------------------------------------------ lineage
def outputs(sql: str) -> list[tuple[str | None, list[str], bool]] | None:
    query = ask(sql)
    if query.outputs is None:
        return None
    names = [r.table.name for r in query.references]
    return [(o.name, sorted(f"{names[i]}.{c}" for i, c in o.sources), o.plain) for o in query.outputs]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id FROM customers", [("id", ["customers.id"], True)]),
        ("SELECT id AS x FROM customers", [("x", ["customers.id"], True)]),
        ("SELECT x: id FROM customers", [("x", ["customers.id"], True)]),
        ("SELECT lower(name) FROM customers", [(None, ["customers.name"], False)]),
        ("SELECT id + 1 AS x FROM customers", [("x", ["customers.id"], False)]),
        ("SELECT count(*) AS n, max(name) AS m FROM customers", [("n", [], False), ("m", ["customers.name"], False)]),
        ("SELECT 1 AS x", [("x", [], False)]),
        ("SELECT address.city FROM customers", [("city", ["customers.address"], False)]),
        ("SELECT d.n FROM (SELECT name AS n FROM customers) d", [("n", ["customers.name"], True)]),
        (
            "SELECT * FROM (SELECT name AS n, id FROM customers) d",
            [("n", ["customers.name"], True), ("id", ["customers.id"], True)],
        ),
        ("SELECT x FROM (SELECT id, name FROM customers) d(w, x)", [("x", ["customers.name"], True)]),
        ("WITH t AS (SELECT name FROM customers) SELECT name FROM t", [("name", ["customers.name"], True)]),
        (
            "SELECT name FROM customers UNION SELECT note FROM orders",
            [("name", ["customers.name", "orders.note"], False)],
        ),
        ("SELECT id FROM customers EXCEPT SELECT id FROM orders", [("id", ["customers.id", "orders.id"], False)]),
        ("SELECT (SELECT note FROM orders LIMIT 1) AS n FROM customers", [("n", ["orders.note"], False)]),
        (
            "SELECT c.id, o.note FROM customers c, orders o",
            [("id", ["customers.id"], True), ("note", ["orders.note"], True)],
        ),
        ("SELECT id FROM customers JOIN orders USING (id)", [("id", ["customers.id", "orders.id"], False)]),
        ("SELECT l.n FROM customers c, LATERAL (SELECT c.name AS n) l", [("n", ["customers.name"], True)]),
        (
            "SELECT name AS a, lower(a) AS b FROM customers",
            [("a", ["customers.name"], True), ("b", ["customers.name"], False)],
        ),
        ("SELECT nothing FROM customers", [("nothing", [], False)]),
    ],
)
def test_where_a_result_column_comes_from(sql: str, expected: list[tuple[str | None, list[str], bool]]) -> None:
    assert outputs(sql) == expected


def test_a_star_stands_for_all_columns_of_its_reference() -> None:
    query = ask("SELECT o.*, c.id FROM customers c, orders o")
    assert query.outputs is not None
    assert [o.star for o in query.outputs] == [1, None]
    assert {c for _, c in query.outputs[0].sources} == {"id", "customer_id", "amount", "placed", "note"}
    assert query.outputs[1] == Output("id", ((0, "id"),), True)


@pytest.mark.parametrize("sql", ["SELECT * FROM customers, orders", "FROM customers, orders"])
def test_a_bare_star_stands_for_every_reference_in_order(sql: str) -> None:
    outs = ask(sql).outputs
    assert outs is not None
    assert [o.star for o in outs] == [0, 1]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM customers JOIN orders USING (id)",
        "SELECT * FROM customers NATURAL JOIN orders",
        "SELECT * FROM customers SEMI JOIN orders ON customers.id = orders.id",
        "SELECT * EXCLUDE (id) FROM customers",
        "SELECT * REPLACE (1 AS id) FROM customers",
        "SELECT * RENAME (id AS x) FROM customers",
        "SELECT * LIKE 'n%' FROM customers",
        "SELECT COLUMNS('n.*') FROM customers",
        "SELECT max(COLUMNS('n.*')) FROM customers",
        "SELECT address.* FROM customers",
        "SELECT * FROM range(3)",
        "SELECT * FROM customers, unnest(marks) u(x)",
        "SELECT * FROM nowhere",
        "SELECT id FROM customers UNION ALL BY NAME SELECT id FROM orders",
        "SELECT * FROM customers UNION SELECT * FROM customers",
        "SELECT * FROM customers PIVOT (count(*) FOR region IN ('a'))",
        "SELECT * FROM customers AS c(a, b)",
    ],
)
def test_where_the_order_of_columns_is_not_known_nothing_is_claimed(sql: str) -> None:
    assert ask(sql).outputs is None
