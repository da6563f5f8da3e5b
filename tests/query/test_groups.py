"""GROUP BY of a whole key: which columns follow from it, and where they can be added."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxy.values import Catalog, Column, Table, TypeKind
from tests.query.samples import CATALOG as OTHER_ENGINE
from tests.query.samples import ask
from tests.query.test_raising_on_postgres import CATALOG as WITHOUT_KEYS


def _keyed(table: Table) -> Table:
    if table.id.name == "t":
        return replace(table, key=("id",))
    more = (Column("a", "integer", TypeKind.INTEGER), Column("note", "text", TypeKind.TEXT))
    return replace(table, columns=(*table.columns, *more), key=("id", "a"))


CATALOG = replace(WITHOUT_KEYS, tables={name: _keyed(table) for name, table in WITHOUT_KEYS.tables.items()})


def added(sql: str, catalog: Catalog = CATALOG) -> list[tuple[str, ...]]:
    """What could be added to the statement's GROUP BYs."""
    return [(g.alias, *g.columns, *("*" * g.star)) for g in ask(sql, catalog).groups]


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT id, name FROM t GROUP BY id", [("t", "name")]),
        ("SELECT x.name FROM t AS x GROUP BY x.id", [("x", "name")]),
        ('SELECT "X".name FROM t AS "X" GROUP BY "X"."id"', [("X", "name")]),
        ("SELECT name FROM t GROUP BY id, region HAVING credit > 1 ORDER BY born", [("t", "born", "credit", "name")]),
        ("SELECT id AS k, name FROM t GROUP BY k", [("t", "name")]),
        ("SELECT name FROM t GROUP BY (id)", [("t", "name")]),
        ("SELECT * FROM t GROUP BY id", [("t", "*")]),
        ("SELECT t.* FROM t GROUP BY id", [("t", "*")]),
        ("SELECT max(name) FROM t GROUP BY id", []),
        ("SELECT count(*) FILTER (WHERE name = 'x'), string_agg(region, ',') FROM t GROUP BY id", []),
        ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY credit) FROM t GROUP BY id", []),
        ("SELECT count(*) FILTER (WHERE name = 'x') OVER () FROM t GROUP BY id", [("t", "name")]),
        ("SELECT max(name) OVER () FROM t GROUP BY id", [("t", "name")]),
        ("SELECT max(max(name)) OVER (PARTITION BY region) FROM t GROUP BY id", [("t", "region")]),
        ("SELECT (SELECT max(o.a) FROM o WHERE o.id = t.big) FROM t GROUP BY id", [("t", "big")]),
        ("SELECT id, count(*) FROM t GROUP BY id", []),
    ],
)
def test_columns_beside_aggregates(sql: str, columns: list[tuple[str, ...]]) -> None:
    assert added(sql) == columns


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM t GROUP BY region",
        "SELECT name FROM t GROUP BY id + 0",
        "SELECT name FROM t GROUP BY 1",
        "SELECT name FROM t GROUP BY ROLLUP (id)",
        "SELECT name FROM t GROUP BY GROUPING SETS ((id))",
        "SELECT name FROM t GROUP BY (id, region)",
        "SELECT name FROM t GROUP BY (id -- (\n)",
        "SELECT q.name FROM (SELECT * FROM t) q GROUP BY q.id",
        "SELECT x.name FROM t AS x (id, name) GROUP BY x.id",
        "SELECT name FROM t JOIN o USING (id) GROUP BY id",
        "WITH t AS (SELECT 1 AS id, 2 AS name) SELECT name FROM t GROUP BY id",
    ],
)
def test_nothing_is_added_where_the_key_is_not_plain_to_see(sql: str) -> None:
    assert added(sql) == []


def test_a_key_of_several_columns_must_be_whole() -> None:
    assert added("SELECT note FROM o GROUP BY id") == []
    assert added("SELECT note FROM o GROUP BY a, id") == [("o", "note")]


def test_a_table_without_a_key_has_nothing_that_follows() -> None:
    assert added("SELECT name FROM t GROUP BY id", WITHOUT_KEYS) == []


def test_other_engines_have_no_such_rule() -> None:
    tables = {name: replace(table, key=("id",)) for name, table in OTHER_ENGINE.tables.items()}
    assert added("SELECT name FROM customers GROUP BY id", replace(OTHER_ENGINE, tables=tables)) == []
