"""The items of FROM."""

from __future__ import annotations

import pytest

from proxy.errors import InvalidSql, Ungovernable
from tests.introspection.answering import rows, types, value


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE nspname = 'Sales Data'",
            ["orders"],
        ),
        (
            "SELECT relname FROM pg_catalog.pg_class, pg_namespace n WHERE n.oid = relnamespace "
            "AND nspname = 'Sales Data'",
            ["orders"],
        ),
        ("SELECT pg_class.relname FROM shop.pg_catalog.pg_class WHERE pg_catalog.pg_class.relname = 'v'", ["v"]),
        ("SELECT x FROM pg_am AS a(o, x) WHERE x = 'gin'", ["gin"]),
        ("SELECT q.n FROM (SELECT amname AS n FROM pg_am) q WHERE n = 'gin'", ["gin"]),
        ("SELECT n FROM (SELECT amname FROM pg_am) AS q(n) WHERE n = 'gin'", ["gin"]),
        (
            "SELECT amname FROM (pg_am a JOIN pg_class c ON c.relam = a.oid) WHERE c.relname = 'orders' LIMIT 1",
            ["heap"],
        ),
        (
            "SELECT n.nspname FROM ((SELECT oid AS o FROM pg_class WHERE relname = 'v') c "
            "JOIN pg_class d ON d.oid = c.o) JOIN pg_namespace n ON n.oid = d.relnamespace",
            ["main"],
        ),
        ("SELECT amname FROM pg_am a JOIN (SELECT oid FROM pg_am WHERE amname = 'gin') b USING (oid)", ["gin"]),
        ("SELECT oid FROM pg_am a NATURAL JOIN (SELECT 403::oid AS oid, 'btree'::name AS amname) b", [403]),
        (
            "SELECT x.relname FROM pg_namespace n, LATERAL (SELECT relname FROM pg_class WHERE relnamespace = n.oid) x "
            "WHERE nspname = 'Sales Data'",
            ["orders"],
        ),
        ("SELECT a FROM (VALUES ('b'), ('c')) v(a), pg_am WHERE amname = 'gin' ORDER BY a", ["b", "c"]),
        ("SELECT s FROM generate_series(1, 2) s, pg_am WHERE amname = 'gin'", [1, 2]),
        ("SELECT s.i FROM pg_am, generate_series(1, 2) AS s(i) WHERE amname = 'gin'", [1, 2]),
        ("SELECT u FROM pg_proc, unnest(proargtypes) u WHERE proname = 'array_in'", [2275, 26, 23]),
        (
            "SELECT word FROM pg_get_keywords() WHERE catcode = 'R' AND word < 'an' ORDER BY 1",
            ["all", "analyse", "analyze"][:1],
        ),
        ("SELECT current_schemas FROM current_schemas(false)", [["main"]]),
        ("SELECT version FROM version()", ["PostgreSQL 15.18 (Usher)"]),
        ("SELECT relid FROM pg_partition_ancestors(1)", []),
        ("SELECT privilege_type FROM pg_class, aclexplode(relacl)", []),
    ],
)
def test_an_item_gives_what_the_server_gives(sql: str, expected: list[object]) -> None:
    assert sorted(row[0] for row in rows(sql)) == sorted(expected)


def test_an_ordinality_counts() -> None:
    sql = (
        "SELECT o, t FROM pg_proc, unnest(proargtypes) WITH ORDINALITY AS u(t, o) WHERE proname = 'array_in' ORDER BY o"
    )
    assert rows(sql) == [(1, 2275), (2, 26), (3, 23)]


def test_a_star_gives_every_column_once_and_in_order() -> None:
    sql = "SELECT *, b.* FROM pg_am a JOIN (SELECT oid, 1 AS x FROM pg_am) b USING (oid)"
    assert [name for name, _ in types(sql)] == ["oid", "amname", "amhandler", "amtype", "x", "oid", "x"]
    assert len(rows(sql)) == 7


def test_outer_joins_stay_outer() -> None:
    assert value("SELECT count(*) FROM pg_am a LEFT JOIN pg_class c ON c.relam = a.oid AND c.relname = 'orders'") == 8


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM pg_class c, sales.orders",
        "SELECT * FROM pg_class, pg_stats",
        "SELECT * FROM pg_class, duckdb_tables",
        "SELECT * FROM pg_class, other.pg_catalog.pg_am",
        "SELECT * FROM pg_class, pgc._named",
    ],
)
def test_what_is_no_relation_of_the_catalog_does_not_mix_with_one(sql: str) -> None:
    with pytest.raises(Ungovernable) as caught:
        rows(sql)
    assert "not both" in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM pg_class, read_csv('a')",
        "SELECT * FROM pg_class, duckdb_settings()",
        "SELECT * FROM pg_class, main.version()",
        "SELECT * FROM pg_class, json_to_record('{}') AS x(a int)",
        "SELECT * FROM pg_class, ROWS FROM (unnest(ARRAY[1]), unnest(ARRAY[2])) x",
    ],
)
def test_functions_that_are_not_listed_are_refused(sql: str) -> None:
    with pytest.raises((Ungovernable, InvalidSql, AssertionError)):
        rows(sql)
