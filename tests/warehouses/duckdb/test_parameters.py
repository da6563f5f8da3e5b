"""Types of parameters, told by what stands beside them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from proxy.warehouses.duckdb.parameters import types


@pytest.fixture
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER, name VARCHAR, d DATE, p DECIMAL(10, 2), u UUID, b BIGINT)")
        yield connection


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT * FROM t WHERE id = $1 AND $2 < p", {"1": "INTEGER", "2": "DECIMAL(10,2)"}),
        ("SELECT * FROM t WHERE d BETWEEN $1 AND $2", {"1": "DATE", "2": "DATE"}),
        ("SELECT * FROM t WHERE u IN ($1 , $2 )", {"1": "UUID", "2": "UUID"}),
        ("SELECT * FROM t WHERE name LIKE $1 LIMIT $2 OFFSET $3", {"1": "VARCHAR", "2": "BIGINT", "3": "BIGINT"}),
        ("SELECT $1 ::DATE, CAST($2 AS DECIMAL(4, 1))", {"1": "DATE", "2": "DECIMAL(4, 1)"}),
        ("SELECT id + $1, d + $2 FROM t", {"1": "INTEGER"}),
        ("SELECT coalesce(name, $1 ), CASE WHEN id = 1 THEN $2 ELSE b END FROM t", {"1": "VARCHAR", "2": "BIGINT"}),
        ("SELECT * FROM (SELECT id AS n FROM t WHERE b = $2) x WHERE x.n = $1", {"1": "INTEGER", "2": "BIGINT"}),
        ("WITH c AS (SELECT b FROM t) SELECT * FROM c WHERE c.b = $1", {"1": "BIGINT"}),
        ("SELECT name FROM t GROUP BY name HAVING count(*) > $1", {"1": "BIGINT"}),
        ("SELECT * FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.id = t.id AND t.d = $1)", {"1": "DATE"}),
        ("SELECT $1", {}),
        ("SELECT abs($1 )", {}),
        ("SELECT * FROM t WHERE $1 = $2", {}),
        ("SELECT * FROM nowhere WHERE id = $1", {}),
        ("SELECT ((", {}),
    ],
)
def test_types_are_those_of_the_neighbours(cursor: duckdb.DuckDBPyConnection, sql: str, found: dict[str, str]) -> None:
    assert types(cursor, sql, frozenset({"1", "2", "3"})) == found


def test_nothing_is_run_to_tell(cursor: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT * FROM range(100000000000) r(i) WHERE i % 7 + (SELECT sum(i) FROM range(10000000000) s(i)) = $1"
    assert types(cursor, sql, frozenset({"1"})) == {"1": "HUGEINT"}


def test_without_parameters_nobody_is_asked(cursor: duckdb.DuckDBPyConnection) -> None:
    assert types(cursor, "SELECT 1", frozenset()) == {}
