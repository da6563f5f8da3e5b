"""Which sqlglot node classes may occur: classes that exist, and none that writes, locks or reads files."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from proxy.warehouses.postgres.nodes import NODES

WRONG = (
    "Command",
    "Insert",
    "Update",
    "Delete",
    "Merge",
    "Create",
    "Drop",
    "Alter",
    "Copy",
    "Set",
    "Describe",
    "Show",
    "Into",
    "Lock",
    "Transaction",
    "Commit",
    "Rollback",
    "Kill",
    "TableSample",
    "XMLTable",
    "JSONTable",
    "SessionParameter",
    "Introducer",
    "Hint",
    "Predict",
    "Nextval",
    "TryCast",
    "Pivot",
    "Qualify",
    "Columns",
    "HistoricalData",
    "ReadCSV",
    "ReadParquet",
)


def classes(sql: str) -> set[str]:
    return {type(node).__name__ for node in sqlglot.parse_one(sql, read="postgres").walk()}


def test_every_listed_class_exists() -> None:
    assert {name for name in NODES if not isinstance(getattr(exp, name, None), type)} == set()


@pytest.mark.parametrize("name", WRONG)
def test_nothing_that_writes_locks_or_reads_elsewhere_is_listed(name: str) -> None:
    assert name not in NODES


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * INTO t FROM u",
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM t TABLESAMPLE SYSTEM (10)",
        "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
        "INSERT INTO t SELECT 1",
        "CREATE TABLE t AS SELECT 1",
        "COPY t TO 'x'",
        "SET x = 1",
        "DO 'x'",
        "EXPLAIN SELECT 1",
        "SELECT * FROM XMLTABLE('/a' PASSING a COLUMNS b int)",
    ],
)
def test_a_statement_that_must_not_run_has_a_class_that_is_not_listed(sql: str) -> None:
    tree = sqlglot.parse_one(sql, read="postgres")
    queries = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
    assert classes(sql) - NODES or not isinstance(tree, queries), classes(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT anything(1)",
        "SELECT a -> 'x', a ->> 'x', a #> '{x}', a @> b, a ? 'x', a ?| b, a && b, a ~* 'x', a -|- b FROM t",
        "SELECT a::int[], a[1:2], ARRAY[1], (a).b, (a).*, ROW(1, 2), a OPERATOR(pg_catalog.+) b FROM t",
        "SELECT make_interval(days => 3), f(VARIADIC a), E'x', B'1', $$x$$ FROM t",
        "SELECT DISTINCT ON (a) b FROM t ORDER BY a FETCH FIRST 3 ROWS WITH TIES",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SEARCH DEPTH FIRST BY n SET o SELECT * FROM t",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) CYCLE n SET c USING p SELECT * FROM t",
        "SELECT a FROM t GROUP BY GROUPING SETS ((a), ()), CUBE (a), ROLLUP (a)",
        "SELECT * FROM unnest(ARRAY[1]) WITH ORDINALITY AS u(x, n), LATERAL jsonb_to_recordset('[]') AS r(a int)",
    ],
)
def test_what_honest_statements_are_made_of_is_listed(sql: str) -> None:
    assert classes(sql) <= NODES
