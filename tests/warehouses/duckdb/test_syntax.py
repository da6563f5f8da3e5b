"""DuckDB's own parser as the authority: what is one query, which functions it calls, what it binds."""

from __future__ import annotations

import pytest

from proxy.errors import InvalidSql, Ungovernable
from proxy.values import ReasonCode
from proxy.warehouses.duckdb.syntax import NODE_TYPES, cursor, nodes, one_statement, serialized, syntax


def reason(sql: str) -> ReasonCode:
    with pytest.raises((InvalidSql, Ungovernable)) as caught:
        syntax(sql)
    (found,) = caught.value.reasons
    return found.code


def test_functions_and_operators_by_lower_case_name() -> None:
    found = syntax("SELECT UPPER(a), sum(b + 1) OVER (), a || 'x', a LIKE 'b' FROM t WHERE starts_with(a, 'c')")
    assert found.functions >= {"upper", "sum", "+", "||", "~~", "starts_with"}
    assert found.tables == frozenset()


def test_table_functions_are_told_apart() -> None:
    found = syntax("SELECT * FROM range(3) r(i), (SELECT length('x'))")
    assert found.tables == {"range"}
    assert {"range", "length"} <= found.functions


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT (SELECT hidden(1))",
        "SELECT 1 WHERE EXISTS (SELECT hidden(1))",
        "SELECT 1 ORDER BY hidden(1)",
        "SELECT 1 LIMIT hidden(1)",
        "SELECT 1 GROUP BY hidden(1)",
        "SELECT 1 HAVING hidden(1)",
        "SELECT 1 QUALIFY hidden(1)",
        "WITH t AS (SELECT hidden(1)) SELECT 1",
        "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT hidden(1) FROM t) SELECT 1",
        "SELECT 1 UNION SELECT hidden(1)",
        "SELECT * FROM a JOIN b ON hidden(1)",
        "SELECT * FROM (VALUES (hidden(1)))",
        "SELECT * FROM hidden(1)",
        "SELECT * FROM a, LATERAL (SELECT hidden(a.x))",
        "SELECT list_transform([1], lambda x: hidden(x))",
        "SELECT [hidden(x) FOR x IN [1]]",
        "SELECT sum(1) FILTER (WHERE hidden(1))",
        "SELECT sum(1 ORDER BY hidden(1))",
        "SELECT sum(1) OVER (PARTITION BY hidden(1))",
        "SELECT sum(1) OVER (ROWS hidden(1) PRECEDING)",
        "SELECT CASE WHEN TRUE THEN hidden(1) END",
        "SELECT {'a': hidden(1)}, MAP {'a': hidden(1)}",
        "SELECT * REPLACE (hidden(1) AS a) FROM t",
        "SELECT COLUMNS(lambda c: hidden(c)) FROM t",
        "SELECT DISTINCT ON (hidden(1)) 1",
        "FROM t PIVOT (sum(hidden(1)) FOR x IN (1))",
        "SELECT t.x.hidden() FROM t",
        'SELECT "HIDDEN"(1)',
        "SELECT 'a'::VARCHAR.hidden()",
    ],
)
def test_a_function_is_found_in_every_place(sql: str) -> None:
    try:
        found = syntax(sql)
    except InvalidSql:
        pytest.fail("the engine does not parse it: the case tests nothing")
    except Ungovernable:
        return
    assert "hidden" in found.functions


def test_parameters_in_order_each_once() -> None:
    assert syntax("SELECT $b, $a, $b").parameters == ("b", "a")
    assert syntax("SELECT ?, ?").parameters == ("1", "2")
    assert syntax("SELECT $2, $1, $2").parameters == ("2", "1")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELEC 1", ReasonCode.SYNTAX),
        ("SELECT (1", ReasonCode.SYNTAX),
        ("SELECT 1; SELECT 2", ReasonCode.MULTIPLE_STATEMENTS),
        ("", ReasonCode.MULTIPLE_STATEMENTS),
        ("INSERT INTO t VALUES (1)", ReasonCode.STATEMENT_KIND),
        ("DELETE FROM t", ReasonCode.STATEMENT_KIND),
        ("CREATE TABLE t AS SELECT 1", ReasonCode.STATEMENT_KIND),
        ("COPY t TO 'x.csv'", ReasonCode.STATEMENT_KIND),
        ("ATTACH 'x.duckdb'", ReasonCode.STATEMENT_KIND),
        ("INSTALL httpfs", ReasonCode.STATEMENT_KIND),
        ("SET threads = 1", ReasonCode.STATEMENT_KIND),
        ("PRAGMA database_list", ReasonCode.STATEMENT_KIND),
        ("CALL pragma_version()", ReasonCode.STATEMENT_KIND),
        ("EXPLAIN SELECT 1", ReasonCode.STATEMENT_KIND),
        ("PREPARE p AS SELECT 1", ReasonCode.STATEMENT_KIND),
        ("SHOW TABLES", ReasonCode.STATEMENT_KIND),
        ("DESCRIBE t", ReasonCode.STATEMENT_KIND),
        ("SUMMARIZE t", ReasonCode.STATEMENT_KIND),
        ("SELECT * FROM (DESCRIBE t)", ReasonCode.STATEMENT_KIND),
        ("SELECT * FROM (SUMMARIZE t)", ReasonCode.STATEMENT_KIND),
        ("SELECT * FROM (SHOW TABLES)", ReasonCode.STATEMENT_KIND),
        ("SELECT NULL::sales.mood", ReasonCode.CONSTRUCT),
        ("SELECT TRY_CAST(NULL AS shop.sales.mood)", ReasonCode.CONSTRUCT),
        ("SELECT sales.shout('x')", ReasonCode.FUNCTION),
        ("SELECT * FROM sales.rows_of(1)", ReasonCode.FUNCTION),
        ("SELECT shop.sales.shout('x')", ReasonCode.FUNCTION),
    ],
)
def test_what_is_not_one_plain_query_is_refused(sql: str, code: ReasonCode) -> None:
    assert reason(sql) is code


def test_where_the_text_goes_wrong_is_told_in_characters() -> None:
    sql = "SELECT '🚲ñ' FROM t WHERE )"
    with pytest.raises(InvalidSql) as caught:
        syntax(sql)
    assert caught.value.span is not None
    assert sql[caught.value.span.start : caught.value.span.end] == ")"


def test_an_error_does_not_quote_the_text() -> None:
    with pytest.raises(InvalidSql) as caught:
        syntax("SELECT 'my secret' FROM t WHERE )")
    assert "my secret" not in str(caught.value)


def test_built_in_functions_may_say_that_they_are() -> None:
    assert syntax("SELECT system.main.upper('x'), pg_catalog.version()").functions == {"upper", "version"}


def test_every_node_of_a_tree_is_visited() -> None:
    tree = {"a": [{"b": {"c": 1}}, [{"d": []}]], "e": {"f": None}}
    assert [sorted(n) for n in nodes(tree)] == [["a", "e"], ["b"], ["c"], ["d"], ["f"]]


def test_every_statement_of_a_text_is_serialized() -> None:
    assert len(serialized("SELECT 1; SELECT 2;")) == 2
    assert one_statement("SELECT 1;")["node"]["type"] == "SELECT_NODE"


def test_node_types_that_show_the_warehouse_are_not_listed() -> None:
    assert not NODE_TYPES & {"SHOW_REF", "DELIM_GET", "COLUMN_DATA", "BOUND_TABLE_REF", "INVALID", "BOUND_REF"}


def test_the_parser_reaches_nothing() -> None:
    assert cursor().execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
    for sql in ("SELECT * FROM read_csv('/etc/passwd')", "SET lock_configuration = false", "ATTACH '/tmp/x.duckdb'"):
        with pytest.raises(Exception, match=r"(?i)permission|locked|disabled"):
            cursor().execute(sql)
