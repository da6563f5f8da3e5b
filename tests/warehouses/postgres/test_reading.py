"""PostgreSQL statements read against a catalog: which name denotes which table, column, CTE or function."""

from __future__ import annotations

import pytest

from proxy.errors import GatewayError
from proxy.values import ReasonCode
from tests.warehouses.postgres.shop import ask, guarded, names, refusal, tables, touched, unknown


# ------------------------------------------------------------------------------------------------------------- folding
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT ID FROM Customers", ["sales.customers"]),
        ('SELECT id FROM "customers"', ["sales.customers"]),
        ('SELECT id FROM "Customers"', ["?"]),
        ('SELECT x FROM "line items"', ["sales.line items"]),
        ('SELECT "Item" FROM "Line Items"', ["sales.Line Items"]),
        ("SELECT id FROM SALES.CUSTOMERS", ["sales.customers"]),
        ('SELECT id FROM "Sales".customers', ["?"]),
        ("SELECT id FROM Shop.Sales.Customers", ["sales.customers"]),
        ('SELECT id FROM "Shop".sales.customers', ["?"]),
        ("SELECT id FROM other.sales.customers", ["?"]),
        ("SELECT id FROM shop.customers", ["sales.customers"]),
        ("SELECT id FROM people.employees", ["people.employees"]),
        ("SELECT id FROM employees", ["?"]),
        ("SELECT 1 FROM pg_class", ["?"]),
        ("SELECT 1 FROM pg_catalog.pg_class", ["?"]),
        ("SELECT 1 FROM information_schema.tables", ["?"]),
        ("SELECT 1 FROM pg_temp.customers", ["?"]),
        ("SELECT 1 FROM Café", ["?"]),
    ],
)
def test_a_tables_name_is_folded_unless_it_is_quoted(sql: str, expected: list[str]) -> None:
    assert tables(sql) == expected


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT NAME, Region FROM customers", ["customers.name", "customers.region"]),
        ('SELECT "name" FROM customers', ["customers.name"]),
        ('SELECT "Name" FROM customers', []),
        ('SELECT "Order" FROM "Line Items"', ["Line Items.Order"]),
        ('SELECT "order" FROM "Line Items"', ["Line Items.order"]),
        ('SELECT L."Order" FROM "Line Items" l', ["Line Items.Order"]),
        ('SELECT "L"."Order" FROM "Line Items" l', []),
        ('SELECT l."Order" FROM "Line Items" "L"', []),
        (
            'SELECT q."A" FROM (SELECT name AS "A", region AS a FROM customers) q',
            ["customers.name", "customers.region"],
        ),
    ],
)
def test_a_columns_name_is_folded_unless_it_is_quoted(sql: str, columns: list[str]) -> None:
    assert touched(sql) == columns


def test_two_names_that_differ_by_case_are_two() -> None:
    assert unknown('SELECT "ORDER" FROM "Line Items"') == ['"ORDER"']
    assert unknown('SELECT Item FROM "Line Items"') == ["Item"]
    assert names('SELECT "Order", "order", ID AS "Id", id AS Id FROM "Line Items", customers') == [
        "Order",
        "order",
        "Id",
        "id",
    ]


def test_a_with_query_whose_name_differs_by_case_is_another() -> None:
    assert tables('WITH "Customers" AS (SELECT 1 AS id) SELECT id FROM customers') == ["sales.customers"]
    assert tables('WITH "Customers" AS (SELECT 1 AS id) SELECT id FROM "Customers"') == []
    assert tables("WITH CUSTOMERS AS (SELECT 1 AS id) SELECT id FROM Customers") == []


def test_a_long_name_is_refused_as_the_engine_would_cut_it() -> None:
    refusal(f"SELECT {'a' * 64} FROM customers", "invalid-sql", ReasonCode.CONSTRUCT)
    refusal(f'SELECT 1 AS "{"é" * 32}" FROM customers', "invalid-sql", ReasonCode.CONSTRUCT)
    assert names(f'SELECT 1 AS "{"é" * 31}a"') == ["é" * 31 + "a"]


# -------------------------------------------------------------------------------------------------------------- scopes
@pytest.mark.parametrize(
    ("sql", "missing"),
    [
        ("SELECT 1 FROM customers c, (SELECT c.id) q", ["c.id"]),
        ("SELECT 1 FROM customers c JOIN (SELECT c.id) q ON true", ["c.id"]),
        ("SELECT 1 FROM customers c, (VALUES (c.id)) q", ["c.id"]),
        ("SELECT 1 FROM customers c, LATERAL (SELECT c.id) q", []),
        ("SELECT 1 FROM customers c, unnest(c.marks) q", []),
        ("SELECT 1 FROM customers c LEFT JOIN LATERAL (SELECT c.id) q ON true", []),
        ("SELECT 1 FROM customers c, orders o JOIN people.employees e ON e.id = c.id", ["c.id"]),
        ("SELECT 1 FROM customers c CROSS JOIN orders o JOIN people.employees e ON e.id = c.id", []),
        ("SELECT 1 FROM customers c, (orders o JOIN people.employees e ON e.id = c.id)", ["c.id"]),
        ("SELECT id AS x FROM customers WHERE x = 1", ["x"]),
        ("SELECT id AS x, x + 1 FROM customers", ["x"]),
        ("SELECT id AS x FROM customers GROUP BY id HAVING x > 1", ["x"]),
        ("SELECT id AS x FROM customers GROUP BY x ORDER BY x", []),
        ("SELECT DISTINCT ON (x) id AS x FROM customers", []),
        ("SELECT id AS x FROM customers WHERE id IN (SELECT x)", ["x"]),
        ("SELECT customers.address.city FROM customers", ["customers.address.city"]),
        ("SELECT address.city FROM customers", ["address.city"]),
        ("SELECT (address).city, (customers.address).zip FROM customers", []),
        ("SELECT sales.customers.id FROM customers", []),
        ("SELECT sales.customers.*, shop.sales.customers.* FROM customers", []),
        ("SELECT sales.customers.id FROM customers c", ["sales.customers.id"]),
        ("SELECT people.customers.id FROM customers", ["people.customers.id"]),
        ("SELECT q.column1 FROM (VALUES (1)) q", []),
        ("SELECT q.col0 FROM (VALUES (1)) q", ["q.col0"]),
        ("SELECT id FROM customers ORDER BY Region", []),
    ],
)
def test_what_a_name_can_see(sql: str, missing: list[str]) -> None:
    assert unknown(sql) == missing


@pytest.mark.parametrize("name", ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"])
def test_system_columns_are_unknown(name: str) -> None:
    assert unknown(f"SELECT {name}, c.{name} FROM customers c") == [name, f"c.{name}"]
    assert unknown(f"SELECT 1 FROM customers WHERE {name} IS NOT NULL ORDER BY {name}") == [name, name]


def test_a_name_in_a_plain_sub_query_of_from_is_the_outer_blocks_never_a_siblings() -> None:
    sql = "SELECT (SELECT 1 FROM orders o, (SELECT 1 WHERE CAST(region AS integer) = 1) q) FROM customers"
    assert guarded(sql) == ["customers.region"]


def test_a_name_in_a_join_condition_is_not_one_before_the_comma() -> None:
    sql = "SELECT (SELECT 1 FROM customers d, orders o JOIN people.employees e ON region::int = 1) FROM customers"
    assert "customers.region" in guarded(sql)
    assert [r.alias for r in ask(sql).references if "region" in r.guarded] == [None]


# ---------------------------------------------------------------------------------------------------------------- WITH
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("WITH customers AS (SELECT * FROM customers) SELECT * FROM customers", ["sales.customers"]),
        ("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", ["?"]),
        (
            "SELECT * FROM customers WHERE id IN (WITH customers AS (SELECT 2 AS id) SELECT id FROM customers)",
            ["sales.customers"],
        ),
        ("WITH orders AS (SELECT 1 AS id) SELECT * FROM sales.orders, orders", ["sales.orders"]),
        (
            "WITH RECURSIVE t(n) AS (SELECT id FROM customers UNION ALL SELECT n + 1 FROM t) SELECT n FROM t",
            ["sales.customers"],
        ),
        ("WITH RECURSIVE a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM b", []),
        ("WITH a AS (WITH b AS (SELECT * FROM orders) SELECT * FROM b) SELECT * FROM a, b", ["sales.orders", "?"]),
    ],
)
def test_which_tables_are_with_queries(sql: str, expected: list[str]) -> None:
    assert tables(sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE a AS (SELECT * FROM customers), customers AS (SELECT 1) SELECT * FROM a",
        "WITH RECURSIVE customers AS (SELECT * FROM customers) SELECT * FROM customers",
        "WITH RECURSIVE orders AS (SELECT * FROM orders UNION ALL SELECT * FROM orders) SELECT * FROM orders",
        "WITH RECURSIVE a AS (SELECT 1 WHERE EXISTS (SELECT 1 FROM b)), b AS (SELECT 1) SELECT * FROM a",
    ],
)
def test_under_with_recursive_a_name_means_the_query_that_is_still_to_come(sql: str) -> None:
    error = refusal(sql, "ungovernable", ReasonCode.CONSTRUCT)
    assert "order in which they build on each other" in str(error)


def test_an_inner_with_query_of_the_same_name_is_nearer_than_one_to_come() -> None:
    sql = "WITH RECURSIVE a AS (WITH b AS (SELECT 1 AS x) SELECT x FROM b), b AS (SELECT 2) SELECT x FROM a"
    assert tables(sql) == []


def test_the_names_of_with_queries_stay_within_the_engines_length() -> None:
    query = ask(f'WITH "{"ü" * 31}" AS (SELECT 1 AS x) SELECT x FROM "{"ü" * 31}"')
    assert all(len(name.encode()) <= 63 for name in query.cte_names)


# -------------------------------------------------------------------------------------------- functions by another name
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x.pg_sleep FROM generate_series(1, 3) x",
        "SELECT x.pg_sleep FROM unnest(ARRAY[1]) AS x",
        "SELECT x.PG_SLEEP FROM generate_series(1, 3) x",
        "SELECT 1 FROM generate_series(1, 3) x WHERE x.pg_sleep IS NULL",
        "SELECT 1 FROM generate_series(1, 3) x ORDER BY x.pg_sleep",
        "SELECT x.pg_read_file FROM jsonb_array_elements_text('[\"/etc/passwd\"]') x",
        "SELECT x.query_to_xml FROM regexp_split_to_table('select 1', ',') x",
        "SELECT customers.x.pg_sleep FROM customers, generate_series(1, 2) x WHERE x.pg_sleep IS NULL",
        "SELECT (x).pg_sleep FROM generate_series(1, 3) x",
        "SELECT (1).pg_sleep",
        "SELECT ('/etc/passwd'::text).pg_read_file",
        "SELECT (c.name).pg_read_file FROM customers c",
        "SELECT ((c.name)).pg_read_file.x FROM customers c",
        "SELECT (ARRAY['x'])[1].pg_read_file",
        "SELECT ((SELECT name FROM customers LIMIT 1)).pg_read_file",
        "SELECT q.pg_sleep FROM (SELECT * FROM customers JOIN orders USING (id)) q",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n FROM t) SELECT t.pg_sleep FROM t",
        "SELECT x.lo_get FROM generate_series(1, 3) x",
        "SELECT x.pg_terminate_backend FROM generate_series(1, 3) x",
        "SELECT x.current_setting FROM unnest(ARRAY['x']) x",
    ],
)
def test_a_field_that_calls_a_function_nobody_may_call_is_refused(sql: str) -> None:
    refusal(sql, "ungovernable", ReasonCode.FUNCTION)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT customers.pg_sleep FROM customers",
        "SELECT c.upper FROM customers c",
        "SELECT q.version FROM (SELECT id FROM customers) q",
        "SELECT q.pg_sleep FROM (VALUES (1)) q",
        "SELECT q.pg_sleep FROM (VALUES (1)) q(a)",
    ],
)
def test_a_field_of_what_has_only_known_columns_is_an_unknown_column(sql: str) -> None:
    assert len(unknown(sql)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ('vault'::text).regclass",
        "SELECT (c.name).regrole FROM customers c",
        "SELECT 'vault'::regclass",
        "SELECT NULL::sales.customers",
        "SELECT NULL::customers",
        "SELECT jsonb_populate_record(NULL::people.employees, '{}')",
    ],
)
def test_a_cast_that_names_a_table_is_refused(sql: str) -> None:
    refusal(sql, "ungovernable", ReasonCode.CONSTRUCT)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT q.count, q.sum FROM (SELECT count(*), sum(id) FROM customers) q",
        "SELECT e.key, e.value FROM customers, jsonb_each(data) e",
        "SELECT r.a, r.b FROM jsonb_to_recordset('[]') AS r(a int, b text)",
        "SELECT g FROM generate_series(1, 3) g",
        "SELECT g.g FROM generate_series(1, 3) g",
        "SELECT generate_series.generate_series FROM generate_series(1, 3)",
        "SELECT u.x, u.n FROM customers, unnest(marks) WITH ORDINALITY AS u(x, n)",
        "SELECT (address).city FROM customers",
        "SELECT q.name FROM (SELECT * FROM customers JOIN orders USING (id)) q",
        "SELECT c, c.*, (c).name, count(c) FROM customers c GROUP BY 1",
    ],
)
def test_fields_that_are_columns_are_read(sql: str) -> None:
    assert unknown(sql) == []


# --------------------------------------------------------------------------------------------- two parsers, one meaning
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT date_trunc(region, seen) FROM customers",  # sqlglot makes a text of the column
        "SELECT @ id FROM customers",  # sqlglot makes a parameter of the column
        "SELECT id FROM customers WHERE data -> region = '1' ORDER BY date_trunc(name, seen)",
    ],
)
def test_a_column_that_only_the_engine_sees_is_refused(sql: str) -> None:
    error = refusal(sql, "ungovernable", ReasonCode.CONSTRUCT)
    assert error.span is not None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT data #>> , id FROM customers",
        "SELECT data ? , id FROM customers",
        "SELECT data #>",
    ],
)
def test_a_text_on_which_a_parser_stumbles_is_refused_with_its_place(sql: str) -> None:
    assert refusal(sql, "invalid-sql", ReasonCode.SYNTAX).span is not None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name\u00a0x FROM customers",  # a blank to sqlglot, a letter to the engine
        "SELECT c.name\u00a0x FROM customers c",
        "SELECT name\u2003x FROM customers",
        "SELECT id -- \r, name FROM customers\n FROM customers",
    ],
)
def test_a_column_that_the_two_parsers_read_by_different_names_is_refused(sql: str) -> None:
    with pytest.raises(GatewayError) as caught:
        ask(sql)
    assert caught.value.code in ("ungovernable", "invalid-sql")


def test_every_column_in_every_clause_is_understood() -> None:
    sql = (
        "WITH w AS (SELECT id AS a FROM orders) "
        "SELECT DISTINCT ON (c.region) sum(credit) FILTER (WHERE marks[c.id] = 1) OVER ("
        "PARTITION BY c.name ORDER BY c.born RANGE BETWEEN '1 day' PRECEDING AND CURRENT ROW), "
        "CASE c.name WHEN 'x' THEN email ELSE data ->> region END, ARRAY[c.id], ROW(c.id, c.*), c.*, (c).id, "
        '(SELECT w.a FROM w WHERE w.a = c.id LIMIT 1), c.name COLLATE "C", c.seen AT TIME ZONE region '
        "FROM customers c JOIN w ON w.a = c.id AND c.id BETWEEN w.a AND 3, LATERAL unnest(c.marks) AS u(m) "
        "WHERE (c.id, m) IN (SELECT a, a FROM w) AND c.id = ANY (c.marks) "
        "GROUP BY c.region, GROUPING SETS ((c.id), ()) HAVING max(c.id) > 1 ORDER BY c.region, c.born DESC"
    )
    assert unknown(sql) == []


def test_two_texts_that_both_parsers_read_alike() -> None:
    assert touched("SELECT E'\\'', name, $$ ' $$, 'a\\', region FROM customers -- ' , email") == [
        "customers.name",
        "customers.region",
    ]


# ---------------------------------------------------------------------------------------------------------- parameters
def test_parameters_keep_their_order() -> None:
    query = ask("SELECT $2::int, $1::int, $2::int")
    assert query.parameters == ("1", "2")


def test_parameters_with_gaps_move_up() -> None:
    query = ask("SELECT $7::int, $3::int")
    assert query.parameters == ("3", "7")
    assert sorted(e.text for e in query.edits) == ["$1", "$2"]


@pytest.mark.parametrize("sql", ["SELECT ?", "SELECT :name", "SELECT $name", "SELECT %s", "SELECT @name", "SELECT #1"])
def test_other_forms_of_parameters_do_not_parse(sql: str) -> None:
    error_codes = {"invalid-sql", "ungovernable"}
    with pytest.raises(Exception) as caught:  # noqa: PT011
        ask(sql)
    assert getattr(caught.value, "code", "") in error_codes


def test_a_question_mark_is_an_operator() -> None:
    query = ask("SELECT data ? 'a', data ?| ARRAY['a'] FROM customers WHERE id = $1")
    assert query.parameters == ("1",)
    assert [e.text for e in query.edits] == ["$1"]


# ------------------------------------------------------------------------------------------------------------- results
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*), max(id), id::text, name AS Who FROM customers GROUP BY 3, 4", ["count", "max", "id", "who"]),
        ("SELECT (SELECT max(amount) FROM orders), EXISTS (SELECT 1), 1 FROM customers", ["max", "exists", None]),
        ("VALUES (1, 2)", ["column1", "column2"]),
        ("SELECT q.* FROM (SELECT count(*), 'x' AS X FROM orders) q", ["count", "x"]),
    ],
)
def test_result_names_are_those_of_the_engine(sql: str, expected: list[str | None]) -> None:
    assert names(sql) == expected
