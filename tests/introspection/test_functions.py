"""The functions that statements about the catalog may call."""

from __future__ import annotations

import pytest

from proxy.introspection import functions
from proxy.introspection.builtin import types
from tests.introspection.answering import ORDERS, rows, value

CALLS = (
    ("version()", "PostgreSQL 15.18 (Usher)"),
    ("current_user", "ana"),
    ("session_user", "ana"),
    ("user", "ana"),
    ("current_role", "ana"),
    ("current_catalog", "shop"),
    ("current_database()", "shop"),
    ("current_schema()", "main"),
    ("current_schema", "main"),
    ("current_schemas(false)", ["main"]),
    ("current_schemas(true)", ["pg_catalog", "main"]),
    ("pg_backend_pid()", 7),
    ("pg_catalog.pg_get_userbyid(10)", "usher"),
    ("pg_get_userbyid(4711)", "unknown (OID=4711)"),
    ("format_type(1700, 655366)", "numeric(10,2)"),
    ("format_type(1043, 24)", "character varying(20)"),
    ("format_type(1042, NULL)", "character"),
    ("format_type(1042, -1)", "bpchar"),
    ("format_type(1114, 3)", "timestamp(3) without time zone"),
    ("format_type(18, NULL)", '"char"'),
    ("format_type(1231, 655366)", "numeric(10,2)[]"),
    ("format_type(16, 5)", "boolean"),
    ("format_type(4711, NULL)", "???"),
    ("format_type(NULL, NULL)", None),
    (f"obj_description({ORDERS})", "row filters: own"),
    (f"obj_description({ORDERS}, 'pg_class')", "row filters: own"),
    (f"col_description({ORDERS}, 2)", "masked: hash"),
    (f"col_description({ORDERS}, 1)", None),
    (f"pg_table_is_visible({ORDERS})", True),
    ("pg_table_is_visible('\"Sales Data\".orders'::regclass)", False),
    ("pg_type_is_visible(25)", True),
    ("to_regclass('main.orders')::oid", ORDERS),
    ("to_regclass('main.nothing')", None),
    ("to_regtype('integer')::oid", 23),
    ("has_table_privilege('orders', 'SELECT')", True),
    (f"has_table_privilege('ana', {ORDERS}, 'SELECT, INSERT')", True),
    ("has_table_privilege('orders', 'INSERT')", False),
    ("has_table_privilege('bo', 'orders', 'SELECT')", False),
    ("has_table_privilege('nothing', 'SELECT')", None),
    ("has_column_privilege('orders', 'name', 'SELECT')", True),
    ("has_column_privilege('orders', 'secret', 'SELECT')", None),
    ("has_column_privilege('orders', 2, 'UPDATE')", False),
    ("has_any_column_privilege('orders', 'SELECT')", True),
    ("has_schema_privilege('main', 'USAGE')", True),
    ("has_schema_privilege('main', 'CREATE')", False),
    ("has_schema_privilege('hidden', 'USAGE')", None),
    ("has_database_privilege('shop', 'CONNECT')", True),
    ("pg_has_role('ana', 'MEMBER')", True),
    ("pg_has_role('usher', 'MEMBER')", False),
    ("pg_encoding_to_char(6)", "UTF8"),
    ("pg_get_viewdef(1, true)", None),
    ("pg_get_indexdef(1, 0, true)", None),
    ("current_setting('max_index_keys')", "32"),
    ("current_setting('nothing', true)", None),
    ("current_setting('search_path')", "main"),
    ("current_setting('server_version_num')::int / 100", 1500),
    ("set_config('jit', 'off', false)", "off"),
    ("pg_is_in_recovery()", False),
    ("pg_get_function_arguments('array_in'::regproc)", "cstring, oid, integer"),
    ("pg_get_function_result('array_in'::regproc)", "anyarray"),
    ("pg_advisory_unlock_all()", None),
)


@pytest.mark.parametrize(("call", "expected"), CALLS)
def test_a_function_answers_as_the_server_does(call: str, expected: object) -> None:
    assert value(f"SELECT {call}") == expected


def test_settings_are_those_of_the_session() -> None:
    assert value("SELECT current_setting('application_name')", settings={"application_name": "report"}) == "report"
    sql = "SELECT name, setting FROM pg_settings WHERE name = 'TimeZone'"
    assert rows(sql, settings={"TimeZone": "UTC"}) == [("TimeZone", "UTC")]


def test_every_function_says_what_it_gives() -> None:
    kinds = {*types(), "same", "table", "regclass", "regtype", "regproc", "regnamespace", "regrole"}
    assert not {name for name, it in functions.functions().items() if it.returns not in kinds}


def test_every_function_can_be_called_by_name() -> None:
    assert not set(functions.ORDINARY) & set(functions.functions())
    assert functions.is_catalog_function("pg_get_expr")
    assert not functions.is_catalog_function("lower")
    assert not functions.is_catalog_function("array_to_string")
