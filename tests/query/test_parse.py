"""What is no query, and what of a query cannot be governed: each refusal has its class, its reason and a way out."""

from __future__ import annotations

import pytest

from proxy.errors import GatewayError
from proxy.query.bind import read
from proxy.query.text import Caps
from proxy.values import ReasonCode
from proxy.warehouses.duckdb import DIALECT
from tests.query.samples import CATALOG, ask, refusal

READ_ONLY = "read-only"
OTHER_STATEMENTS = {
    "SHOW TABLES": "/v1/catalog",
    "SHOW ALL TABLES": "/v1/catalog",
    "DESCRIBE customers": "/v1/catalog",
    "DESC customers": "/v1/catalog",
    "DESCRIBE SELECT 1": "/v1/catalog",
    "SUMMARIZE customers": "SELECT min(x)",
    "EXPLAIN SELECT 1": "/v1/plan",
    "EXPLAIN ANALYZE SELECT 1": "/v1/plan",
    "PRAGMA version": "Settings",
    "SET threads = 1": "Settings",
    "RESET threads": "Settings",
    "USE sales": "schema before the table",
    "ATTACH 'x.db' AS y": "gateway's settings",
    "DETACH y": "gateway's settings",
    "COPY customers TO 'x.csv'": "query alone",
    "COPY (SELECT 1) TO 'x.csv'": "query alone",
    "INSERT INTO customers VALUES (1)": READ_ONLY,
    "UPDATE customers SET id = 1": READ_ONLY,
    "DELETE FROM customers": READ_ONLY,
    "MERGE INTO customers USING orders ON true WHEN MATCHED THEN DELETE": READ_ONLY,
    "TRUNCATE customers": READ_ONLY,
    "CREATE TABLE x (a INTEGER)": READ_ONLY,
    "CREATE TABLE x AS SELECT 1": READ_ONLY,
    "CREATE VIEW x AS SELECT 1": READ_ONLY,
    "CREATE MACRO m() AS 1": READ_ONLY,
    "CREATE OR REPLACE TEMP TABLE x AS SELECT 1": READ_ONLY,
    "DROP TABLE customers": READ_ONLY,
    "ALTER TABLE customers ADD COLUMN x INTEGER": READ_ONLY,
    "CALL pragma_version()": "FROM the function",
    "INSTALL httpfs": "Extensions",
    "LOAD httpfs": "Extensions",
    "CHECKPOINT": "leave it out",
    "VACUUM": "leave it out",
    "BEGIN": "transactions",
    "COMMIT": "transactions",
    "ROLLBACK": "transactions",
    "PREPARE p AS SELECT 1": "parameters",
    "EXECUTE p": "parameters",
    "EXPORT DATABASE 'x'": "Only queries",
    "PIVOT customers ON region USING sum(id)": "count(*) FILTER",
}


# ------------------------------------------------------------------------------------------------ kinds of statement
@pytest.mark.parametrize(("sql", "instead"), OTHER_STATEMENTS.items())
def test_another_kind_of_statement_is_refused_and_told_what_to_do(sql: str, instead: str) -> None:
    for text in (sql, sql.lower(), f"  {sql} ;", f"/* x */ {sql} -- y"):
        error = refusal(text, "ungovernable", ReasonCode.STATEMENT_KIND)
        assert instead in str(error)


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE customers", "SELECT 1;;SELECT 2;"])
def test_several_statements_are_refused(sql: str) -> None:
    assert "one statement" in str(refusal(sql, "ungovernable", ReasonCode.MULTIPLE_STATEMENTS))


@pytest.mark.parametrize("sql", ["SELECT 1;", "SELECT 1; ;", "SELECT 1 ; -- c", ";SELECT 1"])
def test_empty_statements_beside_the_one_do_not_count(sql: str) -> None:
    assert ask(sql).kind == "select"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM customers",
        "FROM customers",
        "FROM customers SELECT id",
        "VALUES (1), (2)",
        "(SELECT id FROM customers)",
        "((SELECT 1) UNION (SELECT 2))",
        "WITH t AS (SELECT 1) SELECT * FROM t",
        "SELECT id FROM customers EXCEPT ALL SELECT id FROM orders ORDER BY 1 LIMIT 3",
    ],
)
def test_every_form_of_query_is_read(sql: str) -> None:
    assert ask(sql).kind == "select"


@pytest.mark.parametrize(
    "sql", ["SELEC id", "SELECT FROM", "SELECT id FROM", "SELECT (1", "SELECT 1)", "jane", "1", ")"]
)
def test_what_does_not_parse_is_invalid(sql: str) -> None:
    assert "parse" in str(refusal(sql, "invalid-sql", ReasonCode.SYNTAX))


def test_a_mistake_is_pointed_at_in_characters() -> None:
    error = refusal("SELECT 'éé' FROM FROM x", "invalid-sql", ReasonCode.SYNTAX)
    assert error.span is not None
    assert error.span.start == "SELECT 'éé' FROM FROM x".rindex("FROM")


# -------------------------------------------------------------------------------------------------------- constructs
@pytest.mark.parametrize(
    ("sql", "instead"),
    [
        ("SELECT id INTO x FROM customers", "leave INTO out"),
        ("SELECT id FROM customers FOR UPDATE", "leave FOR UPDATE"),
        ("SELECT id FROM customers FOR SHARE", "leave FOR UPDATE"),
        ("SELECT id FROM customers AT (VERSION => 1)", "Older versions"),
        ("SELECT id FROM customers AT (TIMESTAMP => now())", "Older versions"),
        ("WITH t AS (INSERT INTO customers VALUES (1) RETURNING id) SELECT * FROM t", READ_ONLY),
        ("SELECT * FROM (DESCRIBE customers)", "/v1/catalog"),
        ("SELECT * FROM (SUMMARIZE customers)", "SELECT min(x)"),
        ("SELECT * FROM read_csv('x')", "Files cannot be read"),
        ("SELECT * FROM read_parquet('x')", "Files cannot be read"),
        ("SELECT marks[:id] FROM customers", "both ends of a slice"),
        ("SELECT marks[:id], $id FROM customers", "both ends of a slice"),
        ("SELECT marks[:-:id] FROM customers WHERE marks[:id] = marks", "both ends of a slice"),
        ("TABLE customers", "SELECT * FROM"),
    ],
)
def test_a_construct_that_cannot_be_governed_is_refused_and_told_what_to_do(sql: str, instead: str) -> None:
    assert instead in str(refusal(sql, "ungovernable", ReasonCode.CONSTRUCT))


def test_show_in_from_is_refused() -> None:
    error = refusal("SELECT * FROM (SHOW TABLES)", "ungovernable", ReasonCode.STATEMENT_KIND)
    assert "/v1/catalog" in str(error)


@pytest.mark.parametrize(
    "sql",
    ["SELECT NULL::sales.customers", "SELECT CAST(NULL AS shop.sales.customers)", "SELECT NULL::people.customers[]"],
)
def test_a_cast_cannot_name_what_is_in_a_schema(sql: str) -> None:
    assert "built-in types" in str(refusal(sql, "ungovernable", ReasonCode.CONSTRUCT))


# --------------------------------------------------------------------------------------------------------- functions
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT * FROM query('SELECT * FROM customers')", "query"),
        ("SELECT * FROM query_table('customers')", "query_table"),
        ("SELECT * FROM read_csv_auto('x')", "read_csv_auto"),
        ("SELECT * FROM read_text('/etc/passwd')", "read_text"),
        ("SELECT * FROM read_blob('x')", "read_blob"),
        ("SELECT * FROM glob('*')", "glob"),
        ("SELECT stats(id) FROM customers", "stats"),
        ("SELECT * FROM duckdb_tables()", "duckdb_tables"),
        ("SELECT * FROM DUCKDB_SETTINGS()", "duckdb_settings"),
        ("SELECT * FROM pragma_table_info('customers')", "pragma_table_info"),
        ("SELECT * FROM pragma_storage_info('customers')", "pragma_storage_info"),
        ("SELECT current_setting('threads')", "current_setting"),
        ("SELECT error('x')", "error"),
        ("SELECT id FROM customers WHERE error(name) IS NULL", "error"),
    ],
)
def test_a_refused_function_is_told_with_the_reason_of_the_table(sql: str, name: str) -> None:
    error = refusal(sql, "ungovernable", ReasonCode.FUNCTION)
    assert error.reasons[0].about == name
    assert DIALECT.refused[name] in str(error)


@pytest.mark.parametrize("name", ["getenv", "nosuch", "no_such_either"])
def test_a_function_that_is_not_listed_is_refused(name: str) -> None:
    error = refusal(f"SELECT {name}(id) FROM customers", "ungovernable", ReasonCode.FUNCTION)
    assert "list of functions known to be safe" in str(error)


def test_no_refused_function_can_be_called() -> None:
    for name in DIALECT.refused:
        with pytest.raises(GatewayError) as caught:
            ask(f'SELECT "{name}"(id) FROM customers')
        assert caught.value.code in ("ungovernable", "invalid-sql"), name


@pytest.mark.parametrize("sql", ["SELECT * FROM histogram('customers', 'id')", "SELECT * FROM lower('x')"])
def test_a_function_of_values_cannot_stand_in_from(sql: str) -> None:
    assert "cannot stand in FROM" in str(refusal(sql, "ungovernable", ReasonCode.FUNCTION))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT main.lower(name) FROM customers",
        "SELECT sales.f(name) FROM customers",
        "SELECT shop.sales.f(name) FROM customers",
        "SELECT * FROM sales.f(1)",
    ],
)
def test_a_function_of_a_schema_is_refused_as_it_may_be_a_macro(sql: str) -> None:
    with pytest.raises(GatewayError) as caught:
        ask(sql)
    assert caught.value.code == "ungovernable"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM range(3) r(i), generate_series(1, 3), unnest([1, 2]) u(x)",
        "SELECT histogram(id), count(*), sum(id), upper(max(name)) FROM customers",
        "SELECT row_number() OVER (ORDER BY id), lag(name) OVER w FROM customers WINDOW w AS (ORDER BY id)",
    ],
)
def test_listed_functions_are_read(sql: str) -> None:
    assert ask(sql).kind == "select"


# -------------------------------------------------------------------------------------------------------- parameters
@pytest.mark.parametrize("sql", ["SELECT ?, $1", "SELECT $1, ?", "SELECT $1, $name", "SELECT ?, $name", "SELECT $a, ?"])
def test_parameters_of_several_forms_are_refused(sql: str) -> None:
    assert "one form" in str(refusal(sql, "invalid-sql", ReasonCode.PARAMETERS))


@pytest.mark.parametrize("sql", ["SELECT :name", "SELECT ?1", "SELECT %s", "SELECT $1$2"])
def test_other_forms_of_parameters_are_refused(sql: str) -> None:
    with pytest.raises(GatewayError) as caught:
        ask(sql)
    assert caught.value.code in ("invalid-sql", "ungovernable")


# -------------------------------------------------------------------------------------------------------------- caps
@pytest.mark.parametrize(
    ("caps", "sql", "fits"),
    [
        (Caps(max_ctes=1), "WITH a AS (SELECT 1), b AS (SELECT 2) SELECT 1", "WITH a AS (SELECT 1) SELECT 1"),
        (Caps(max_set_operations=1), "SELECT 1 UNION SELECT 2 UNION SELECT 3", "SELECT 1 UNION SELECT 2"),
        (Caps(max_references=1), "SELECT 1 FROM customers, orders", "SELECT 1 FROM customers"),
        (Caps(max_nodes=12), "SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13", "SELECT 1, 2"),
        (Caps(max_height=8), "SELECT 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9", "SELECT 1 + 2"),
    ],
)
def test_each_count_has_a_limit(caps: Caps, sql: str, fits: str) -> None:
    assert read(fits, CATALOG, caps).kind == "select"
    with pytest.raises(GatewayError) as caught:
        read(sql, CATALOG, caps)
    assert (caught.value.code, [r.code for r in caught.value.reasons]) == ("too-large", [ReasonCode.TOO_COMPLEX])
