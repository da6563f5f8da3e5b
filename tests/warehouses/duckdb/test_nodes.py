"""Which sqlglot node classes may occur: classes that exist, and none that writes, locks or reads files."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from proxy.warehouses.duckdb.nodes import NODES

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
    "Attach",
    "Detach",
    "Set",
    "Pragma",
    "Use",
    "Describe",
    "Summarize",
    "Show",
    "Into",
    "Lock",
    "Transaction",
    "Commit",
    "Rollback",
    "Kill",
    "ReadCSV",
    "ReadParquet",
    "HistoricalData",
    "SessionParameter",
    "Introducer",
    "Hint",
    "Predict",
    "Nextval",
)


def classes(sql: str) -> set[str]:
    return {type(node).__name__ for node in sqlglot.parse_one(sql, read="duckdb").walk()}


def test_every_listed_class_exists() -> None:
    assert {name for name in NODES if not isinstance(getattr(exp, name, None), type)} == set()


@pytest.mark.parametrize(
    "name",
    WRONG,
)
def test_nothing_that_writes_locks_or_reads_elsewhere_is_listed(name: str) -> None:
    assert name not in NODES


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('x')",
        "SELECT * FROM read_parquet('x')",
        "SELECT * INTO t FROM u",
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM t AT (VERSION => 1)",
        "SUMMARIZE t",
        "DESCRIBE t",
        "PIVOT t ON x",
        "ATTACH 'x'",
        "INSERT INTO t SELECT 1",
        "CREATE TABLE t AS SELECT 1",
        "COPY t TO 'x'",
    ],
)
def test_a_statement_that_must_not_run_has_a_class_that_is_not_listed(sql: str) -> None:
    tree = sqlglot.parse_one(sql, read="duckdb")
    queries = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
    assert classes(sql) - NODES or not isinstance(tree, queries), classes(sql)


def test_an_unknown_call_is_listed_as_a_call_and_decided_by_name_elsewhere() -> None:
    assert classes("SELECT anything(1)") <= NODES
