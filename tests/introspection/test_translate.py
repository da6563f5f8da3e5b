"""Which statements are for the catalog, and what is told of them."""

from __future__ import annotations

import pytest

from proxy.errors import InvalidSql, Ungovernable
from proxy.introspection.translate import translate
from tests.introspection.answering import translated


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders",
        "SELECT current_user, id FROM orders",
        "SELECT 'pg_class'",
        "SELECT now()",
        "SELECT array_to_string(ARRAY[1], ',')",
        "SELECT * FROM pg_stats",
        "SELECT * FROM main.pg_class",
        "SELECT * FROM other.information_schema.tables",
        "INSERT INTO pg_class VALUES (1)",
        "DELETE FROM pg_class",
        "EXPLAIN SELECT * FROM pg_class",
        "SELECT * FROM pg_class; SELECT 1",
        "SELECT FROM WHERE pg_class",
        "SELECT 'pg_class",
        "",
        "COPY pg_class TO STDOUT",
        "WITH pg_class AS (SELECT 1) SELECT * FROM pg_class",
        "SELECT " + "(" * 100 + "oid" + ")" * 100 + " FROM pg_class",
    ],
)
def test_what_is_not_for_the_catalog_alone_goes_the_ordinary_way(sql: str) -> None:
    """There no relation of the catalog is known, so that what reads one is refused."""
    assert translate(sql, "shop") is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM pg_class",
        "SELECT * FROM PG_CATALOG.PG_CLASS",
        'SELECT * FROM "pg_catalog"."pg_class"',
        "SELECT * FROM shop.pg_catalog.pg_class",
        "SELECT * FROM information_schema.tables",
        "SELECT version()",
        "SELECT pg_catalog.version()",
        "SELECT current_user",
        "SELECT user",
        "SELECT 'a'::regclass",
        "SELECT * FROM pg_get_keywords()",
        "/* dbt */ SELECT current_schema() -- what\n;",
        "(SELECT 1 FROM pg_am) UNION ALL SELECT 2",
    ],
)
def test_what_is_for_the_catalog(sql: str) -> None:
    made = translate(sql, "shop")
    if made is None:  # a query in parentheses at the top is another kind of tree
        pytest.fail(sql)
    assert made.redacted


def test_catalog_and_tables_do_not_mix() -> None:
    for sql in (
        "SELECT * FROM pg_class, orders",
        "SELECT * FROM orders WHERE id IN (SELECT oid FROM pg_class)",
        "WITH a AS (SELECT * FROM orders) SELECT * FROM a, information_schema.tables",
    ):
        with pytest.raises(Ungovernable):
            translate(sql, "shop")


def test_names_of_our_own_are_refused() -> None:
    with pytest.raises(InvalidSql):
        translate("SELECT 1 AS u__oid FROM pg_class", "shop")


def test_what_is_told() -> None:
    made = translated("SELECT c.oid, 'x' FROM pg_class c WHERE relname = $1 AND relkind IN ('r', 'v')")
    assert made.columns == (("oid", "oid"), ("?column?", "text"))
    assert made.parameters == (("1", "name"),)
    assert made.relations == ("pg_catalog.pg_class",)
    assert made.redacted == "SELECT c.oid, ? FROM pg_class c WHERE relname = $? AND relkind IN (?, ..)"


def test_no_comment_of_the_user_reaches_the_engine() -> None:
    made = translated("SELECT /* */ oid -- */ ; DROP\nFROM pg_class /* x */")
    assert "DROP" not in made.sql
    assert "/*" not in made.sql


def test_what_the_library_stumbles_over_is_refused() -> None:
    with pytest.raises(Ungovernable):
        translate("SELECT pg_catalog.lower() FROM pg_class", "shop")


@pytest.mark.parametrize("sign", ["- ", "NOT ", "1 + "])
def test_what_is_nested_without_parentheses_comes_to_nothing(sign: str) -> None:
    """It is refused here, or goes the ordinary way where the parser itself gave up: how deep it may be is up to the
    process."""
    try:
        made = translate("SELECT " + sign * 3000 + "true FROM pg_class", "shop")
    except Ungovernable:
        made = None
    assert made is None


def test_a_long_list_is_read() -> None:
    assert translate(f"SELECT oid FROM pg_class WHERE oid IN ({', '.join(map(str, range(9000)))})", "shop")
