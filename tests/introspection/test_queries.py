"""Queries of a statement about the catalog."""

from __future__ import annotations

import pytest

from proxy.errors import InvalidSql, Ungovernable
from tests.introspection.answering import rows, types, value


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT nspname FROM pg_namespace WHERE oid > 16383 ORDER BY 1 DESC", [("main",), ("Sales Data",)]),
        ("SELECT nspname AS n FROM pg_namespace WHERE oid > 16383 ORDER BY n", [("Sales Data",), ("main",)]),
        ("SELECT DISTINCT relkind FROM pg_class ORDER BY relkind", [("r",), ("v",)]),
        (
            "SELECT DISTINCT ON (relkind) relkind, relname FROM pg_class WHERE oid > 16383 ORDER BY relkind, relname",
            [("r", "orders"), ("v", "v")],
        ),
        (
            "SELECT relkind, count(*) FROM pg_class WHERE oid > 16383 GROUP BY relkind HAVING count(*) > 1",
            [("r", 2)],
        ),
        ("SELECT relkind AS k, count(*) FROM pg_class WHERE oid > 16383 GROUP BY k ORDER BY k", [("r", 2), ("v", 1)]),
        ("SELECT relname FROM pg_class WHERE oid > 16383 ORDER BY relname LIMIT 1 OFFSET 2", [("v",)]),
        ("SELECT 'b' UNION SELECT amname FROM pg_am WHERE amname = 'hash' ORDER BY 1", [("b",), ("hash",)]),
        ("SELECT amname FROM pg_am INTERSECT SELECT 'btree'", [("btree",)]),
        ("SELECT amname FROM pg_am WHERE amname < 'c' EXCEPT ALL SELECT 'btree'", [("brin",)]),
        ("WITH a AS (SELECT amname AS n FROM pg_am) SELECT n FROM a WHERE n = 'gin'", [("gin",)]),
        ("WITH a(x) AS (SELECT amname FROM pg_am), b AS (SELECT x FROM a) SELECT x FROM b WHERE x = 'gin'", [("gin",)]),
        ("WITH pg_am AS (SELECT amname FROM pg_am) SELECT * FROM pg_am WHERE amname = 'gin'", [("gin",)]),
        ("WITH pg_am AS (SELECT 1 AS one FROM pg_class LIMIT 1) SELECT * FROM pg_am", [(1,)]),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
            "SELECT i, amname FROM n, pg_am WHERE amname = 'gin'",
            [(1, "gin"), (2, "gin"), (3, "gin")],
        ),
        (
            "SELECT relname FROM pg_class c WHERE oid > 16383 AND EXISTS "
            "(SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tags')",
            [("orders",)],
        ),
        (
            "SELECT (SELECT nspname FROM pg_namespace WHERE oid = relnamespace) FROM pg_class WHERE relname = 'v'",
            [("main",)],
        ),
        ("(SELECT amname FROM pg_am ORDER BY 1 LIMIT 1) UNION ALL (SELECT 'x')", [("brin",), ("x",)]),
    ],
)
def test_a_query_gives_what_the_server_gives(sql: str, expected: list[tuple[object, ...]]) -> None:
    assert sorted(rows(sql)) == sorted(expected)


def test_order_is_kept() -> None:
    assert rows("SELECT amname FROM pg_am ORDER BY amname DESC LIMIT 2") == [("spgist",), ("heap",)]
    assert rows("SELECT NULL AS a, amname FROM pg_am UNION ALL SELECT 'x', 'a' ORDER BY 2 LIMIT 1") == [("x", "a")]


def test_a_bare_name_in_order_by_means_the_result_and_in_group_by_the_table() -> None:
    assert rows("SELECT a.oid, 1 FROM pg_am a JOIN pg_type t ON t.oid = a.oid + 1 ORDER BY oid") == []
    assert rows("SELECT -oid::int8 AS oid FROM pg_am WHERE oid < 406 ORDER BY oid") == [(-405,), (-403,), (-2,)]
    assert len(rows("SELECT lower(amtype) AS amname, count(*) FROM pg_am GROUP BY amname, amtype")) == 7


def test_a_union_has_the_types_of_its_first_query_that_has_one() -> None:
    assert types("SELECT NULL, oid FROM pg_class UNION SELECT relname, 1 FROM pg_class") == (
        ("?column?", "name"),
        ("oid", "oid"),
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT relname FROM pg_class FOR UPDATE",
        "SELECT relname INTO x FROM pg_class",
        "SELECT relname FROM pg_class TABLESAMPLE bernoulli (10)",
        "SELECT relname FROM pg_class QUALIFY true",
        "SELECT relkind FROM pg_class GROUP BY ROLLUP (relkind)",
        "SELECT * EXCLUDE (oid) FROM pg_class",
        "SELECT relname FROM pg_class WINDOW w AS (ORDER BY oid)",
        "SELECT relname FROM ONLY pg_class",
        "SELECT relname FROM pg_class PIVOT (count(*) FOR relkind IN ('r'))",
        "SELECT relname FROM pg_class FETCH FIRST 1 ROWS WITH TIES",
    ],
)
def test_what_is_not_understood_is_refused(sql: str) -> None:
    with pytest.raises((Ungovernable, AssertionError)):
        rows(sql)


def test_unlike_unions_and_too_many_names_are_refused() -> None:
    with pytest.raises(InvalidSql):
        rows("SELECT oid FROM pg_class UNION SELECT oid, relname FROM pg_class")
    with pytest.raises(InvalidSql):
        rows("SELECT 1 FROM (SELECT oid FROM pg_class) AS t(a, b)")


def test_a_with_query_does_not_reach_out_of_its_query() -> None:
    with pytest.raises(Ungovernable):  # outside of it the name is one of a table
        rows("SELECT * FROM (WITH a AS (SELECT 1 FROM pg_class) SELECT * FROM a) x, a")
    assert value("WITH a AS (SELECT 1 AS v FROM pg_class LIMIT 1) SELECT v FROM a") == 1
