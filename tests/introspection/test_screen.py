"""The first test of a statement."""

from __future__ import annotations

import pytest

from proxy.introspection.builtin import CATALOG, relations
from proxy.introspection.functions import functions, is_catalog_function
from proxy.introspection.screen import mentions
from tests.introspection import corpus


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT id, name FROM customers WHERE region = 'EU' ORDER BY 1",
        "SELECT current_date, now(), current_timestamp FROM orders",
        "SELECT count(*) FROM versions",
        "SELECT users.id FROM users",
    ],
)
def test_an_ordinary_statement_is_passed_by(sql: str) -> None:
    assert not mentions(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT version()",
        "select current_user",
        "SELECT user",
        "SELECT * FROM PG_CLASS",
        "SELECT * FROM Information_Schema.tables",
        "SELECT 'a'::regclass",
        "SELECT CAST('a' AS regtype)",
        "SELECT current_schemas(true)",
        "SELECT has_schema_privilege('a', 'usage')",
    ],
)
def test_a_statement_that_may_be_about_the_catalog_is_looked_at(sql: str) -> None:
    assert mentions(sql)


def test_no_captured_statement_is_passed_by() -> None:
    assert all(mentions(captured.sql) for captured in corpus.statements())


def test_no_function_of_the_catalog_is_passed_by() -> None:
    called = [name for name in functions() if is_catalog_function(name)]
    assert len(called) > 80
    assert not [name for name in called if not mentions(f"SELECT {name}()") and name != "session_user"]
    assert not [name for schema, name in relations() if not mentions(f"SELECT * FROM {schema}.{name}")]
    assert not [name for schema, name in relations() if schema == CATALOG and not mentions(f"SELECT * FROM {name}")]
