"""PostgreSQL's own parser as the authority: what is one query, which functions it calls, what it binds."""

from __future__ import annotations

import pytest

from proxy.errors import InvalidSql, TooLarge, Ungovernable
from proxy.values import ReasonCode
from proxy.warehouses.postgres.syntax import (
    NODES,
    TYPES,
    characters,
    constants,
    nodes,
    one_statement,
    statements,
    syntax,
)


def reason(sql: str) -> ReasonCode:
    with pytest.raises((InvalidSql, Ungovernable)) as caught:
        syntax(sql)
    (found,) = caught.value.reasons
    return found.code


# ----------------------------------------------------------------------------------------------------------- functions
def test_functions_and_operators_by_their_names() -> None:
    found = syntax("SELECT UPPER(a), sum(b + 1) OVER (), a || 'x', a LIKE 'b' FROM t WHERE starts_with(a, 'c')")
    assert found.functions == {"upper", "sum", "+", "||", "~~", "starts_with"}
    assert found.tables == frozenset()


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT a NOT LIKE 'b'", "!~~"),
        ("SELECT a ILIKE 'b'", "~~*"),
        ("SELECT a SIMILAR TO 'b'", "similar_to_escape"),
        ("SELECT a LIKE 'b' ESCAPE 'c'", "like_escape"),
        ("SELECT extract(year FROM a)", "extract"),
        ("SELECT a AT TIME ZONE 'UTC'", "timezone"),
        ("SELECT trim(BOTH 'x' FROM a)", "btrim"),
        ("SELECT substring(a FROM 1 FOR 2)", "substring"),
        ("SELECT position('a' IN b)", "position"),
        ("SELECT overlay(a PLACING 'b' FROM 1)", "overlay"),
        ("SELECT COLLATION FOR (a)", "pg_collation_for"),
        ("SELECT (a, b) OVERLAPS (c, d)", "overlaps"),
        ("SELECT a IN (1, 2)", "="),
        ("SELECT a NOT IN (1, 2)", "<>"),
        ("SELECT a = ANY (SELECT 1)", "="),
        ("SELECT a < ALL (ARRAY[1])", "<"),
        ("SELECT a IS DISTINCT FROM b", "="),
        ("SELECT NULLIF(a, b)", "="),
        ("SELECT -a", "-"),
        ("SELECT a OPERATOR(pg_catalog.+) b", "+"),
        ("SELECT a ? 'b'", "?"),
    ],
)
def test_syntax_that_is_a_call_is_known_by_the_function_or_operator_that_it_calls(sql: str, name: str) -> None:
    assert name in syntax(sql).functions


def test_table_functions_are_told_apart() -> None:
    found = syntax(
        "SELECT * FROM generate_series(1, 3) g(i), LATERAL unnest(g.i) WITH ORDINALITY, (SELECT upper('x')) s"
    )
    assert found.tables == {"generate_series", "unnest"}
    assert found.functions == {"generate_series", "unnest", "upper"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT (SELECT hidden(1))",
        "SELECT 1 WHERE EXISTS (SELECT hidden(1))",
        "SELECT 1 ORDER BY hidden(1)",
        "SELECT 1 LIMIT hidden(1)",
        "SELECT 1 OFFSET hidden(1)",
        "SELECT 1 FETCH FIRST (hidden(1)) ROWS ONLY",
        "SELECT 1 GROUP BY hidden(1)",
        "SELECT 1 GROUP BY GROUPING SETS ((hidden(1)), CUBE (hidden(1)))",
        "SELECT 1 HAVING hidden(1)",
        "WITH t AS (SELECT hidden(1)) SELECT 1",
        "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT hidden(1) FROM t) SELECT 1",
        "SELECT 1 UNION SELECT hidden(1)",
        "SELECT * FROM a JOIN b ON hidden(1)",
        "SELECT * FROM (VALUES (hidden(1))) v",
        "VALUES (hidden(1))",
        "SELECT * FROM hidden(1)",
        "SELECT * FROM a, LATERAL hidden(a.x) h",
        "SELECT * FROM a, LATERAL (SELECT hidden(a.x)) h",
        "SELECT sum(1) FILTER (WHERE hidden(1))",
        "SELECT sum(1 ORDER BY hidden(1))",
        "SELECT sum(1) OVER (PARTITION BY hidden(1))",
        "SELECT sum(1) OVER (ORDER BY hidden(1))",
        "SELECT sum(1) OVER (ROWS hidden(1) PRECEDING)",
        "SELECT sum(1) OVER w WINDOW w AS (PARTITION BY hidden(1))",
        "SELECT percentile_cont(hidden(1)) WITHIN GROUP (ORDER BY 1)",
        "SELECT percentile_cont(1) WITHIN GROUP (ORDER BY hidden(1))",
        "SELECT CASE hidden(1) WHEN 1 THEN 1 END",
        "SELECT CASE WHEN TRUE THEN hidden(1) END",
        "SELECT CASE WHEN TRUE THEN 1 ELSE hidden(1) END",
        "SELECT ARRAY[hidden(1)], ROW(hidden(1))",
        "SELECT ARRAY(SELECT hidden(1))",
        "SELECT (hidden(1)).x",
        "SELECT a[hidden(1)] FROM t",
        "SELECT a[1:hidden(1)] FROM t",
        "SELECT DISTINCT ON (hidden(1)) 1",
        "SELECT COALESCE(hidden(1)), GREATEST(hidden(1)), NULLIF(hidden(1), 1)",
        "SELECT hidden(1)::text",
        'SELECT hidden(1) COLLATE "C"',
        "SELECT hidden(1) IS NULL, hidden(1) IS TRUE, NOT hidden(1)",
        "SELECT upper(VARIADIC hidden(1))",
        "SELECT make_interval(days => hidden(1))",
        "SELECT 1 = ANY (hidden(1))",
        "SELECT hidden(1) BETWEEN 1 AND 2",
        "SELECT 1 BETWEEN hidden(1) AND 2",
        'SELECT "hidden"(1)',
        "SELECT pg_catalog.hidden(1)",
    ],
)
def test_a_function_is_found_in_every_place(sql: str) -> None:
    assert "hidden" in syntax(sql).functions


def test_a_field_may_be_a_function() -> None:
    found = syntax("SELECT (a).pg_sleep, (a.b).c[1].d, (a).*, x.y FROM a")
    assert found.fields == {"pg_sleep", "c", "d"}


@pytest.mark.parametrize(
    "name", ["regclass", "regproc", "regprocedure", "regrole", "regtype", "regnamespace", "regconfig", "regoper"]
)
def test_a_field_that_would_look_up_an_object_is_refused(name: str) -> None:
    assert reason(f"SELECT ('vault'::text).{name}") is ReasonCode.CONSTRUCT
    assert reason(f"SELECT 'vault'::{name}") is ReasonCode.CONSTRUCT


# ---------------------------------------------------------------------------------------------------------- parameters
def test_parameters_by_number_each_once() -> None:
    assert syntax("SELECT $2, $1, $2").parameters == ("1", "2")
    assert syntax("SELECT $10, $9").parameters == ("9", "10")
    assert syntax("SELECT '$1', $$ $2 $$").parameters == ()


def test_there_is_no_parameter_nought() -> None:
    assert reason("SELECT $0") is ReasonCode.PARAMETERS


# ------------------------------------------------------------------------------------------------------------- columns
def test_columns_are_where_they_start_in_characters() -> None:
    sql = "SELECT 'é', a, \"ñ\".b, t.*, * FROM t WHERE c = $1 AND (d).e"
    assert syntax(sql).columns == {
        sql.index("a,"): ("a",),
        sql.index('"ñ"'): ("ñ", "b"),
        sql.index("t.*"): ("t", "*"),
        sql.index("c ="): ("c",),
        sql.index("d)"): ("d",),
    }


def test_bytes_become_characters() -> None:
    assert characters("aéb", [0, 1, 3]) == [0, 1, 2]
    assert characters("abc", [2, 0]) == [0, 2]


# ----------------------------------------------------------------------------------------------------------- constants
def test_constants_are_found_everywhere_letter_case_and_blanks_aside() -> None:
    found = constants("SELECT 'A  b', 1, 2.50, B'1', '', (SELECT INTERVAL '3 Days' WHERE x = $1 AND TRUE), 0 LIMIT 4")
    assert found == sorted(["a b", "1", "2.50", "b1", "", "3 days", "0", "4"])


# ----------------------------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELEC 1", ReasonCode.SYNTAX),
        ("SELECT (1", ReasonCode.SYNTAX),
        ("SELECT ?", ReasonCode.SYNTAX),
        ("SELECT :name", ReasonCode.SYNTAX),
        ("SELECT 1; SELECT 2", ReasonCode.MULTIPLE_STATEMENTS),
        ("SELECT 1; COMMIT; SELECT 2", ReasonCode.MULTIPLE_STATEMENTS),
        ("", ReasonCode.MULTIPLE_STATEMENTS),
        (";", ReasonCode.MULTIPLE_STATEMENTS),
        ("INSERT INTO t VALUES (1)", ReasonCode.STATEMENT_KIND),
        ("UPDATE t SET a = 1", ReasonCode.STATEMENT_KIND),
        ("DELETE FROM t", ReasonCode.STATEMENT_KIND),
        ("MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", ReasonCode.STATEMENT_KIND),
        ("TRUNCATE t", ReasonCode.STATEMENT_KIND),
        ("CREATE TABLE t AS SELECT 1", ReasonCode.STATEMENT_KIND),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", ReasonCode.STATEMENT_KIND),
        ("COPY t TO '/tmp/x'", ReasonCode.STATEMENT_KIND),
        ("COPY (SELECT 1) TO PROGRAM 'cat'", ReasonCode.STATEMENT_KIND),
        ("SET standard_conforming_strings = off", ReasonCode.STATEMENT_KIND),
        ("RESET ALL", ReasonCode.STATEMENT_KIND),
        ("SHOW search_path", ReasonCode.STATEMENT_KIND),
        ("EXPLAIN SELECT 1", ReasonCode.STATEMENT_KIND),
        ("EXPLAIN ANALYZE SELECT 1", ReasonCode.STATEMENT_KIND),
        ("PREPARE p AS SELECT 1", ReasonCode.STATEMENT_KIND),
        ("EXECUTE p", ReasonCode.STATEMENT_KIND),
        ("DECLARE c CURSOR FOR SELECT 1", ReasonCode.STATEMENT_KIND),
        ("FETCH ALL FROM c", ReasonCode.STATEMENT_KIND),
        ("DO 'BEGIN END'", ReasonCode.STATEMENT_KIND),
        ("CALL p()", ReasonCode.STATEMENT_KIND),
        ("LISTEN x", ReasonCode.STATEMENT_KIND),
        ("LOCK t", ReasonCode.STATEMENT_KIND),
        ("VACUUM t", ReasonCode.STATEMENT_KIND),
        ("BEGIN", ReasonCode.STATEMENT_KIND),
        ("SELECT * INTO x FROM t", ReasonCode.CONSTRUCT),
        ("SELECT * INTO TEMP x FROM t", ReasonCode.CONSTRUCT),
        ("SELECT * FROM t FOR UPDATE", ReasonCode.CONSTRUCT),
        ("SELECT * FROM t FOR SHARE OF t NOWAIT", ReasonCode.CONSTRUCT),
        ("SELECT * FROM (SELECT * FROM t FOR KEY SHARE) s", ReasonCode.CONSTRUCT),
        ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", ReasonCode.CONSTRUCT),
        ("WITH d AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM d", ReasonCode.CONSTRUCT),
        ("WITH d AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM d", ReasonCode.CONSTRUCT),
        (
            "WITH d AS (MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE RETURNING *) SELECT 1",
            ReasonCode.CONSTRUCT,
        ),
        ("SELECT * FROM t TABLESAMPLE SYSTEM (10)", ReasonCode.CONSTRUCT),
        ("SELECT * FROM t TABLESAMPLE BERNOULLI (10) REPEATABLE (1)", ReasonCode.CONSTRUCT),
        ("SELECT * FROM ROWS FROM (f(1), g(2))", ReasonCode.CONSTRUCT),
        ("SELECT * FROM COALESCE(1, 2)", ReasonCode.CONSTRUCT),
        ("SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS b int)", ReasonCode.CONSTRUCT),
        ("SELECT * FROM JSON_TABLE('{}', '$' COLUMNS (a int)) j", ReasonCode.CONSTRUCT),
        ("SELECT * FROM a JOIN b USING (x) AS j", ReasonCode.CONSTRUCT),
        ("SELECT a FROM t ORDER BY a USING >", ReasonCode.CONSTRUCT),
        ("SELECT XMLELEMENT(NAME a, 'x')", ReasonCode.CONSTRUCT),
        ("SELECT XMLPARSE(CONTENT 'x')", ReasonCode.CONSTRUCT),
        ("SELECT JSON_VALUE(a, '$' RETURNING vault) FROM t", ReasonCode.CONSTRUCT),
        ("SELECT JSON_VALUE(a, '$' RETURNING regclass) FROM t", ReasonCode.CONSTRUCT),
        ("SELECT JSON_VALUE(a, '$' PASSING 1 AS x) FROM t", ReasonCode.CONSTRUCT),
        ("SELECT JSON_QUERY(a, '$') FROM t", ReasonCode.CONSTRUCT),
        ("SELECT JSON_EXISTS(a, '$') FROM t", ReasonCode.CONSTRUCT),
        ("SELECT NULL::vault", ReasonCode.CONSTRUCT),
        ("SELECT NULL::sales.vault", ReasonCode.CONSTRUCT),
        ("SELECT NULL::sales.vault.a%TYPE", ReasonCode.CONSTRUCT),
        ("SELECT NULL::vault[]", ReasonCode.CONSTRUCT),
        ("SELECT NULL::pg_authid", ReasonCode.CONSTRUCT),
        ("SELECT NULL::record", ReasonCode.CONSTRUCT),
        ("SELECT 1::oid", ReasonCode.CONSTRUCT),
        ("SELECT '1'::xid", ReasonCode.CONSTRUCT),
        ("SELECT '<a/>'::xml", ReasonCode.CONSTRUCT),
        ("SELECT regclass 'vault'", ReasonCode.CONSTRUCT),
        ("SELECT CAST('vault' AS regclass)", ReasonCode.CONSTRUCT),
        ("SELECT '{vault}'::regclass[]", ReasonCode.CONSTRUCT),
        ("SELECT '{vault}'::_regclass", ReasonCode.CONSTRUCT),
        ("SELECT '1'::\"INT4\"", ReasonCode.CONSTRUCT),
        ("SELECT '1'::public.int4", ReasonCode.CONSTRUCT),
        ("SELECT * FROM jsonb_to_record('{}') AS (a vault)", ReasonCode.CONSTRUCT),
        ("SELECT sales.shout('x')", ReasonCode.FUNCTION),
        ("SELECT shop.sales.shout('x')", ReasonCode.FUNCTION),
        ("SELECT pg_temp.shout('x')", ReasonCode.FUNCTION),
        ("SELECT information_schema._pg_expandarray(a) FROM t", ReasonCode.FUNCTION),
        ("SELECT * FROM sales.rows_of(1)", ReasonCode.FUNCTION),
        ("SELECT a OPERATOR(sales.+) b FROM t", ReasonCode.FUNCTION),
        ("SELECT a OPERATOR(sales.+) ANY (SELECT 1) FROM t", ReasonCode.FUNCTION),
        ('SELECT a COLLATE sales."x" FROM t', ReasonCode.FUNCTION),
        ("SELECT current_user", ReasonCode.FUNCTION),
        ("SELECT session_user", ReasonCode.FUNCTION),
        ("SELECT user", ReasonCode.FUNCTION),
        ("SELECT current_role", ReasonCode.FUNCTION),
        ("SELECT current_catalog", ReasonCode.FUNCTION),
        ("SELECT current_schema", ReasonCode.FUNCTION),
        ("SELECT * FROM current_user", ReasonCode.FUNCTION),
        ('SELECT U&"v\\0061ult" FROM t', ReasonCode.CONSTRUCT),
        ("SELECT u&\"x\" UESCAPE '!'", ReasonCode.CONSTRUCT),
        ("SELECT 1_000", ReasonCode.CONSTRUCT),
        ("SELECT -1_000.5", ReasonCode.CONSTRUCT),
        ("SELECT 0x1F", ReasonCode.CONSTRUCT),
        ("SELECT 0o17", ReasonCode.CONSTRUCT),
        ("SELECT 0b11", ReasonCode.CONSTRUCT),
    ],
)
def test_what_is_not_one_plain_query_is_refused(sql: str, code: ReasonCode) -> None:
    assert reason(sql) is code


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT current_date, current_time, current_time(3), current_timestamp, localtime, localtimestamp(2)",
        "SELECT a FROM t GROUP BY GROUPING SETS ((a), ()), CUBE (a), ROLLUP (a) HAVING GROUPING(a) = 0",
        "SELECT 1::int, 1::smallint, 1::numeric(10, 2), 'a'::varchar(3), 'a'::char(2), 'x'::\"char\", 'a'::bpchar",
        "SELECT '1'::int[], '1'::_int4, '1'::int ARRAY[3], NULL::timestamptz(3), INTERVAL '1' DAY, DATE '2020-01-01'",
        "SELECT '1'::pg_catalog.int4, '{}'::jsonb, '(1,2)'::point, '[1,2)'::int4range, 'a'::tsvector, '::1'::inet",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SEARCH BREADTH FIRST BY n SET o SELECT 1",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) CYCLE n SET c USING p SELECT * FROM t",
        "WITH a AS MATERIALIZED (SELECT 1), b AS NOT MATERIALIZED (VALUES (1)) TABLE a",
        "SELECT E'a\\nb', 'a\\b', $$it's$$",
        'SELECT a COLLATE "C", a COLLATE pg_catalog."default" FROM t',
        "SELECT DISTINCT ON (a) b FROM t ORDER BY a DESC NULLS LAST FETCH FIRST 3 ROWS WITH TIES",
        "SELECT count(*) OVER (ORDER BY b RANGE BETWEEN '1 day' PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM t",
        "SELECT * FROM a NATURAL JOIN b LEFT JOIN c USING (x) FULL JOIN (d CROSS JOIN e) AS f ON true",
        "SELECT * FROM jsonb_to_recordset('[]') AS x(a int, b text), LATERAL (SELECT x.a) y",
        "(SELECT 1) UNION ALL (SELECT 2 LIMIT 1) EXCEPT SELECT 3 INTERSECT ALL SELECT 4 ORDER BY 1",
        "SELECT FROM t",
        "SELECT 'text with U & \"quotes\"'",
        "SELECT 1.5e10, .5, 5., 123456789012345678901234567890",
    ],
)
def test_an_honest_query_is_read(sql: str) -> None:
    assert "SelectStmt" in syntax(sql).tree


def test_where_the_text_goes_wrong_is_told_in_characters() -> None:
    sql = "SELECT '🚲ñ' FROM t WHERE )"
    with pytest.raises(InvalidSql) as caught:
        syntax(sql)
    assert caught.value.span is not None
    assert sql[caught.value.span.start : caught.value.span.end] == ")"


@pytest.mark.parametrize(
    "sql", ["SELECT 'my secret' FROM t WHERE 'my secret' )", "SELECT 'my secret", "SELECT my.secret.a.b.c.d FROM t )"]
)
def test_an_error_does_not_quote_the_text(sql: str) -> None:
    with pytest.raises(InvalidSql) as caught:
        syntax(sql)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "advice"),
    [
        ("SELECT * INTO x FROM t", "leave INTO out"),
        ("SELECT * FROM t FOR UPDATE", "leave FOR UPDATE"),
        ("SELECT * FROM t TABLESAMPLE SYSTEM (10)", "ORDER BY random() LIMIT n"),
        ("SELECT * FROM ROWS FROM (f(1))", "join the functions"),
        ("SELECT * FROM JSON_TABLE('{}', '$' COLUMNS (a int)) j", "jsonb_to_recordset"),
        ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", "read-only"),
        ("SELECT 0x1F", "plain digits"),
        ('SELECT U&"a" FROM t', "the characters themselves"),
    ],
)
def test_a_refusal_says_what_to_write(sql: str, advice: str) -> None:
    with pytest.raises(Ungovernable) as caught:
        syntax(sql)
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
        "SELECT " + "1+" * 20_000 + "1",
        "SELECT " + "NOT " * 30_000 + "true",
        "SELECT " + "- " * 30_000 + "1",
        "SELECT 1" + "::int" * 29_000,
        " UNION ALL ".join(["SELECT 1"] * 14_000),
        "SELECT 1 FROM a" + " NATURAL JOIN a" * 19_000,
    ],
    ids=["parentheses", "sum", "not", "minus", "casts", "union", "joins"],
)
def test_what_nests_very_deep_is_too_large(sql: str) -> None:
    with pytest.raises(TooLarge):
        syntax(sql)


# ---------------------------------------------------------------------------------------------------------------- tree
def test_every_node_of_a_tree_is_visited_with_its_kind() -> None:
    kinds = [kind for kind, _ in nodes(one_statement("WITH a AS (SELECT 1 UNION SELECT b.c) SELECT * FROM a AS x(y)"))]
    assert kinds[0] == "SelectStmt"
    assert kinds.count("SelectStmt") == 4
    assert {"WithClause", "CommonTableExpr", "ColumnRef", "String", "RangeVar", "Alias", "A_Star"} <= set(kinds)


def test_every_statement_of_a_text_is_parsed() -> None:
    assert len(statements("SELECT 1; SELECT 2;")) == 2
    assert "SelectStmt" in one_statement("SELECT 1;")


def test_nodes_that_write_lock_or_read_elsewhere_are_not_listed() -> None:
    assert not {kind for kind in NODES if kind.endswith("Stmt")} - {"SelectStmt"}
    assert not NODES["SelectStmt"] & {"intoClause", "lockingClause"}
    assert not NODES.keys() & {"RangeTableSample", "RangeTableFunc", "JsonTable", "CurrentOfExpr", "SetToDefault"}


def test_types_that_name_objects_are_not_listed() -> None:
    assert not {name for name in TYPES if name.startswith(("reg", "pg_", "any", "xml"))}
    assert not TYPES & {"oid", "xid", "cid", "tid", "record", "cstring", "unknown", "refcursor"}
