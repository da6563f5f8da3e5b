"""Expressions of a statement about the catalog."""

from __future__ import annotations

import pytest

from proxy.errors import GatewayError, InvalidSql, Ungovernable
from tests.introspection.answering import ORDERS, rows, translated, types, value

ONE = "FROM pg_am LIMIT 1"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'abc' OPERATOR(pg_catalog.~) '^(abc)$' COLLATE pg_catalog.default", True),
        ("'abc' !~ '^b'", True),
        ("'aXc' ~* 'x'", True),
        (r"'a_c' LIKE 'a\_c'", True),
        (r"'abc' LIKE 'a\_c'", False),
        ("'a%c' LIKE 'a!%c' ESCAPE '!'", True),
        ("7 / 2", 3),
        ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"),
        ("coalesce(NULL, 'x')", "x"),
        ("nullif('a', 'a')", None),
        ("(ARRAY['a', 'b'])[2]", "b"),
        ("array_to_string(ARRAY['a', NULL, 'b'], '-')", "a-b"),
        ("array_length(ARRAY[1, 2], 1)", 2),
        ("'b' = ANY(ARRAY['a', 'b'])", True),
        ("'b' <> ALL ('{a,c}')", True),
        ("pg_catalog.lower('A')", "a"),
        ("substring('abc' from 2 for 1)", "b"),
        ("position('b' in 'abc')", 2),
        ("split_part('a.b', '.', 2)", "b"),
        ("quote_ident('Sales Data') || quote_ident('select') || quote_ident('a')", '"Sales Data""select"a'),
        ("quote_literal('it''s')", "'it''s'"),
        ("ARRAY(SELECT nspname FROM pg_namespace WHERE nspname = 'main')", ["main"]),
        ("EXISTS (SELECT 1 FROM pg_class WHERE relname = 'nothing')", False),
        ("pg_typeof(1)", "int4"),
        ("format('%I.%I (%s) %L 100%%', 'Sales Data', 'a', 1, NULL)", '"Sales Data".a (1) NULL 100%'),
        ("parse_ident('main.\"Orders\"')", ["main", "Orders"]),
        ("array_to_json(ARRAY['a'])", '["a"]'),
    ],
)
def test_a_value_is_that_of_the_server(expression: str, expected: object) -> None:
    assert value(f"SELECT {expression} {ONE}") == expected


def test_vectors_count_from_nought_and_arrays_from_one() -> None:
    sql = (
        "SELECT proargtypes[0], (string_to_array('a,b', ','))[1], proargtypes[pronargs - 1], "
        "(string_to_array('a,b', ','))[pronargs - 1] FROM pg_proc WHERE proname = 'array_in'"
    )
    assert rows(sql) == [(2275, "a", 23, "b")]
    assert rows(
        "SELECT unnest(proargtypes), generate_subscripts(proargtypes, 1) FROM pg_proc WHERE proname = 'array_in'"
    ) == [
        (2275, 0),
        (26, 1),
        (23, 2),
    ]


def test_an_expanded_array_has_its_items_and_their_places() -> None:
    sql = "SELECT (information_schema._pg_expandarray(proargtypes)).{} FROM pg_proc WHERE proname = 'array_in'"
    assert rows(sql.format("n")) == [(1,), (2,), (3,)]
    assert rows(sql.format("x")) == [(2275,), (26,), (23,)]


def test_a_function_takes_a_column_of_any_name() -> None:
    """The functions look things up in tables of their own, whose columns must not be meant by the argument."""
    assert rows("SELECT t.oid, format_type(oid, NULL) FROM pg_type t WHERE typname IN ('text', 'bool') ORDER BY 1") == [
        (16, "boolean"),
        (25, "text"),
    ]
    assert rows(
        "SELECT relname FROM pg_class oid WHERE pg_table_is_visible(oid.oid) AND relkind = 'v' AND relname = 'v'"
    )
    assert value("SELECT pg_get_userbyid(r.oid) FROM pg_roles r WHERE r.rolname = 'ana'") == "ana"


@pytest.mark.parametrize(
    ("sql", "values", "expected"),
    [
        ("SELECT relname FROM pg_class WHERE oid = $1", [ORDERS], [("orders",)]),
        ("SELECT relname FROM pg_class WHERE oid = $1", [str(ORDERS)], [("orders",)]),
        ("SELECT relname FROM pg_class WHERE oid = $1::regclass", ["main.orders"], [("orders",)]),
        ("SELECT relname FROM pg_class WHERE oid = ANY($1::oid[])", [[ORDERS]], [("orders",)]),
        ("SELECT relname FROM pg_class WHERE oid = ANY($1::oid[])", [f"{{{ORDERS}}}"], [("orders",)]),
        ("SELECT nspname FROM pg_namespace WHERE nspname LIKE $1 LIMIT $2", ["mai%", 5], [("main",)]),
        ("SELECT $1::text, $2 FROM pg_am LIMIT 1", ["a", "b"], [("a", "b")]),
        ("SELECT nspname FROM pg_namespace WHERE nspname IN ($1, $2)", ["main", "x"], [("main",)]),
        ("SELECT relispartition FROM pg_class WHERE oid = $1 AND relispartition = $2", [ORDERS, False], [(False,)]),
    ],
)
def test_parameters(sql: str, values: list[object], expected: list[tuple[object, ...]]) -> None:
    assert rows(sql, *values) == expected


def test_a_parameter_is_what_it_is_compared_with() -> None:
    sql = "SELECT 1 FROM pg_class WHERE oid = $1 AND relname = $2 AND relkind = ANY($3) AND $4 = relispartition"
    assert translated(sql).parameters == (("1", "oid"), ("2", "name"), ("3", "_char"), ("4", "bool"))
    assert translated("SELECT $1::regclass, format_type($2, $3)").parameters == (
        ("1", "regclass"),
        ("2", "oid"),
        ("3", "int4"),
    )


def test_types_of_values() -> None:
    sql = (
        "SELECT oid, relname, relkind, relname::text, count(*), 'a', reltuples, oid::regclass, NULL, "
        "array_agg(relname), relname || 'x', max(relnatts), relacl FROM pg_class GROUP BY 1, 2, 3, 7, 13"
    )
    assert [kind for _, kind in types(sql)] == (
        [
            "oid",
            "name",
            "char",
            "text",
            "int8",
            "text",
            "float4",
            "regclass",
            "text",
            "_name",
            "text",
            "int2",
            "_aclitem",
        ]
    )


@pytest.mark.parametrize(
    "expression",
    [
        "pg_read_file('a')",
        "query_to_xml('SELECT 1', true, true, '')",
        "relname COLLATE main.x",
        "pg_sleep(1)",
        "main.lower(relname)",
        "relname::vault",
        "relname SIMILAR TO 'a'",
        "format(relname, 'a')",
        "format('%s')",
        "EXTRACT(epoch FROM relname)",
        "relname ->> 'a'",
        "(relname).x",
        "ROW(relname)",
        "INTERVAL '1 day'",
        "COLUMNS('.*')",
        "relname AT TIME ZONE 'utc'",
        "relname OPERATOR(main.+) 'a'",
        "list_aggregate([1], 'sum')",
        "getvariable('usher_user')",
        "?",
        ":a",
    ],
)
def test_what_is_not_listed_is_refused(expression: str) -> None:
    if expression == "relname COLLATE main.x":  # a collation says how texts are ordered, and reads nothing
        assert rows(f"SELECT {expression} FROM pg_class LIMIT 1")
        return
    with pytest.raises((Ungovernable, AssertionError)):
        rows(f"SELECT {expression} FROM pg_class")


@pytest.mark.parametrize("column", ["nothing", "c.nothing", "x.relname", "c", "ctid", "c.xmin"])
def test_a_column_that_is_not_there_is_refused(column: str) -> None:
    with pytest.raises(InvalidSql) as caught:
        rows(f"SELECT {column} FROM pg_class c")
    assert caught.value.sqlstate == "42703"


def test_a_column_of_two_tables_needs_its_table() -> None:
    with pytest.raises(GatewayError) as caught:
        rows("SELECT oid FROM pg_class, pg_type")
    assert caught.value.sqlstate == "42702"


def test_a_relations_own_number() -> None:
    assert value("SELECT d.tableoid FROM pg_type d WHERE typname = 'text'") == 1247
